"""Every state of the page as a picture, at the width of a desk and of a phone, light and dark; and the keyboard."""

import json
import time

from claims import check, first_frames, meet, open_curtain

SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
NARROWEST = 360

# The service has no way to ban yet. So this one message is not the server's: the page is told it had come.
_KEEP_SOCKETS = """
const Real = WebSocket;
window.sockets = [];
window.WebSocket = class extends Real { constructor(...all) { super(...all); sockets.push(this); } };
"""
_BANNED = {
    "type": "banned", "until": "2030-01-01T00:00:00.000Z", "decision": "D-17",
    "statement": {
        "ground": "Terms of use, section 4: no threats", "automated": False,
        "facts": "You threatened another person in the chat on 3 May.",
        "redress": "You can complain within six months; give the number of the decision.",
    },
}


class Album:
    """Takes the pictures, and looks for what must never be: sideways scrolling, forbidden loads."""

    def __init__(self, house):
        self._house = house
        self.names = []
        self.wide = []

    def take(self, person, name):
        browser = person.browser
        for scheme in ("light", "dark"):
            browser.scheme(scheme)
            for size, (width, height) in SIZES.items():
                browser.size(width, height)
                time.sleep(0.1)
                self._house.picture(person, f"{name}-{size}-{scheme}")
        browser.size(NARROWEST, 740)
        widths = person.js("[document.documentElement.scrollWidth, innerWidth]")
        if widths[0] > NARROWEST:
            self.wide.append((name, widths))
        browser.scheme("light")
        browser.size(*SIZES["desktop"])
        self.names.append(name)


def every_state(house):
    """every state of the page, at desktop and phone width, with no sideways scroll and no forbidden load"""
    album = Album(house)
    first, second = house.persons(2)
    with house.server() as server:
        first.visit(server)
        album.take(first, "01-start")
        second.visit(server)
        first.start()
        album.take(first, "02-waiting")
        second.start()
        first.wait_state("age")
        second.wait_state("age")
        album.take(first, "03-age")
        first.browser.click("age-open")
        first.browser.picture_popup(house.path("04-development-age"))
        first.attest("adult")
        first.wait_state("matched")
        album.take(first, "05-partner-age")
        second.attest("adult")
        second.wait_state("matched")
        first.browser.wait("tidegate.pair.outbound.audio.length === 0")
        album.take(first, "06-matched")
        first.accept()
        first.browser.wait("!tidegate.pair.outbound.video.includes('consent_self')")
        album.take(first, "07-agreed")
        second.accept()
        for person in (first, second):
            person.browser.wait("document.getElementById('stage').dataset.curtain === 'up'", why="the curtain")
        chat(first, second)
        album.take(first, "08-open")
        first.browser.click("report")
        album.take(first, "09-reasons")
        first.browser.click("reasons-close")
        server.ctl("pair", "hold", first.pair, "--reason", "test")
        first.wait_state("matched")
        album.take(first, "10-on-hold")
        server.ctl("pair", "release", first.pair, "--reason", "test")
        first.wait_state("open")
        first.browser.click("report")
        first.browser.click_first("#reason-list [data-reason=spam]")
        first.browser.wait("tidegate.messages.includes('in report_received')")
        album.take(first, "11-reported")
        second.wait_state("ended")
        album.take(second, "12-cut")
        meet(server, first, second)
        second.browser.click("next")
        first.wait_state("ended")
        album.take(first, "13-partner-left")
        refused(album, first, server)
        text_only(album, first, second, server)
        banned(album, first, server)
        first.visit(server)
        first.start()
        server.kill()
        first.wait_state("reconnecting")
        album.take(first, "18-reconnecting")
    check(not album.wide, f"wider than {NARROWEST} px: {album.wide}")
    problems = [line for person in (first, second) for line in person.browser.problems()
                if "/v1/signal" not in line]  # The killed server's WebSocket is meant to fail.
    check(not problems, f"the console says: {problems}")
    return {"states": len(album.names), "pictures": len(album.names) * 4 + 1}


def chat(first, second):
    for person, text in ((first, "Hello! Where are you from?"), (second, "Hello, from Lisbon. And you?")):
        person.js(f"document.getElementById('chat-text').value = {json.dumps(text)}")
        person.browser.click("chat-send")
        person.browser.wait("tidegate.messages.includes('in chat_sent')", why="chat_sent")
    first.browser.wait("tidegate.messages.includes('in chat')", why="the answer in the chat")


def refused(album, person, server):
    person.browser.open(server.url)
    person.wait_state("start")
    person.js("(() => { navigator.mediaDevices.getUserMedia = () =>"
              " Promise.reject(new DOMException('no', 'NotAllowedError')); })()")
    person.browser.click("camera-on")
    person.wait_state("refused")
    album.take(person, "14-camera-refused")
    person.browser.click("camera-skip")
    person.wait_state("start")
    album.take(person, "15-text-only")


def text_only(album, first, second, server):
    for person in (first, second):
        person.browser.open(server.url)
        person.wait_state("start")
        person.browser.click_first("input[name=media][value=text]")
        person.start()
    for person in (first, second):
        person.wait_state("age")
        person.attest("teen")
    for person in (first, second):
        person.wait_state("open")
    chat(first, second)
    album.take(first, "16-text-open")


def banned(album, person, server):
    with person.browser.script_before_page(_KEEP_SOCKETS):
        person.browser.open(server.url)
        person.wait_state("start")
        person.js(f"sockets.at(-1).onmessage({{ data: {json.dumps(json.dumps(_BANNED))} }})")
        person.wait_state("banned")
        album.take(person, "17-banned")


def keyboard(house):
    """everything can be done from the keyboard, and the focus can be seen"""
    first, second = house.persons(2)
    with house.server() as server:
        meet(server, first, second)
        browser = first.browser
        reached = browser.tab_through(25)
        for wanted in ("age-open", "accept", "next", "report", "microphone", "camera", "block", "leave"):
            check(wanted in reached, f"Tab does not reach {wanted}: {reached}")
        invisible = [name for name, outline in reached.items() if not outline]
        check(not invisible, f"no visible focus on {invisible}")
        first_frames((first, second), open_curtain(first, second))
        browser.keys("alt+r")
        check(first.js("!document.getElementById('reasons').hidden"), "Alt+R did not open the reasons")
        browser.keys("escape")
        check(first.js("document.getElementById('reasons').hidden"), "Escape did not close the reasons")
        check(first.state == "open", "Escape left the conversation while it should have closed the reasons")
        browser.keys("escape")
        first.wait_state("waiting")
        second.wait_state("ended")
        return {"reached by Tab": len(reached)}
