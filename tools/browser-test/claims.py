"""What the server promises two people, each promise one test: PROTOCOL.md and the issue's list, with its bounds."""

import time

from person import Person
from processors import Watch

# The bounds. A timed measurement may be repeated, for the machine is shared: the best of TRIES counts, all are told.
FIRST_FRAME = 1_000  # ms from both proofs and both agreements to the first picture
HELD_SECONDS = 30
HELD_ESTIMATE = 250_000  # bit/s that a sender still believes in after HELD_SECONDS behind a shut gate
LEAST_RATE = 20  # decoded pictures a second
NEXT_FRAME = 300  # ms from both agreements to the new partner's first picture
RELEASED_FRAME = 300  # ms from the acknowledged release to the next picture
TRIES = 3
MOST_STOLEN = 0.1  # of the processors by the host: beyond that speeds are told and not judged

watch = Watch()


class Failed(Exception):
    """A promise was not kept."""


def check(holds, sentence):
    if not holds:
        raise Failed(sentence)


def check_speed(holds, sentence):
    """As check, but of how fast something was: told and not judged while the host keeps the processors from us."""
    stolen = watch.stolen()
    if not holds and stolen > MOST_STOLEN:
        print(f"not judged, the host kept {stolen:.0%} of the processors: {sentence}", flush=True)
        return
    check(holds, sentence)


def begin():
    """A test begins."""
    global watch
    watch = Watch()


def best(attempt, bound):
    """Repeats a measurement of several persons' times until all are within the bound, at most TRIES times."""
    values = []
    for number in range(TRIES):
        values.append([round(value, 1) for value in attempt(number)])
        if max(values[-1]) <= bound:
            break
    return values, min(max(value) for value in values) <= bound


def meet(server, first, second, force_send=False):
    """Brings two persons behind one curtain."""
    for person in (first, second):
        person.visit(server, force_send)
    for person in (first, second):
        person.start()
    for person in (first, second):
        person.wait_state("age", "matched")
        person.browser.wait("tidegate.pc.connectionState === 'connected'", why="the leg")
    check(first.pair == second.pair, "the two were matched with others")
    return first.pair


def open_curtain(first, second, attested=False):
    """Proofs and agreements of both. Gives the instant at which all was there, in ms since 1970."""
    if not attested:
        first.attest("adult")
        second.attest("adult")
        for person in (first, second):
            person.wait_state("matched")
    for person in (first, second):
        seen = person.frames_since_match()
        check(seen == 0, f"{person.name} got {seen} pictures from behind the curtain")
    first.accept()
    second.accept()
    return max(first.accepted_at(), second.accepted_at())


def first_frames(persons, after):
    times = []
    for person in persons:
        shown = person.first_frame(after)
        check(shown is not None, f"{person.name} saw no picture within 5 s")
        times.append(shown - after)
    return times


def held_before_proof(house):
    """before proof both send and nothing arrives"""
    first, second = house.persons(2)
    with house.server() as server:
        pair = meet(server, first, second, force_send=True)
        sent_before = [person.sent() for person in (first, second)]
        time.sleep(5)
        figures = {}
        for person, before in zip((first, second), sent_before):
            sent = {kind: count - before[kind] for kind, count in person.sent().items()}
            received = person.received()
            check(min(sent.values()) > 30, f"{person.name} did not send, so this shows nothing: {sent}")
            check(received == {"audio": 0, "video": 0}, f"{person.name} received {received}")
            figures[person.name] = {"sent in 5 s": sent, "received": received}
        report = server.pair(pair)
        forwarded = [peer["forwarded"]["packets"] for peer in report["peers"]]
        held = [peer["dropped"].get("held", 0) for peer in report["peers"]]
        check(forwarded == [0, 0], f"the server says that it forwarded {forwarded}")
        check(min(held) > 50, f"the server says that it held {held}")
        return figures | {"server forwarded": forwarded, "server held": held}


def quiet_while_held(house):
    """the page sends nothing while every gate is shut"""
    first, second = house.persons(2)
    with house.server() as server:
        meet(server, first, second)
        before = [person.sent() for person in (first, second)]
        time.sleep(3)
        grown = [sum(person.sent().values()) - sum(old.values()) for person, old in zip((first, second), before)]
        check(grown == [0, 0], f"sent {grown} packets while held")
        return {"sent in 3 s": grown}


def alive_while_held(house):
    """a sender that nobody receives keeps its estimate, and starts well after the release"""
    first, second = house.persons(2)
    with house.server() as server:
        meet(server, first, second, force_send=True)
        time.sleep(HELD_SECONDS)
        estimates = [person.estimate() for person in (first, second)]
        check(min(estimates) > HELD_ESTIMATE, f"after {HELD_SECONDS} s of hold the estimates are {estimates} bit/s")
        received = [person.received() for person in (first, second)]
        check(all(counts == {"audio": 0, "video": 0} for counts in received), f"received {received}")
        times = first_frames((first, second), open_curtain(first, second))
        rates = flow(first, second, 3)
        check_speed(min(rate for rate, _ in rates) >= LEAST_RATE, f"pictures a second after the release: {rates}")
        return {
            "estimates after 30 s of hold, kbit/s": [round(value / 1_000) for value in estimates],
            "first picture, ms": [round(value, 1) for value in times],
            "estimates 3 s after the release, kbit/s": [
                round(person.estimate() / 1_000) for person in (first, second)],
        }


def open_after_proof(house):
    """after both proofs and agreements there are picture and sound, both ways"""
    first, second = house.persons(2)
    with house.server() as server:
        def attempt(_):
            meet(server, first, second)
            return first_frames((first, second), open_curtain(first, second))
        values, kept = best(attempt, FIRST_FRAME)
        check_speed(kept, f"the first picture took {values} ms, more than {FIRST_FRAME}")
        rates = [flow(first, second, 10)]
        while len(rates) < TRIES and min(rate for rate, _ in rates[-1]) < LEAST_RATE:
            rates.append(flow(first, second, 10))
        best_rates = max(rates, key=lambda round_: min(rate for rate, _ in round_))
        check_speed(min(rate for rate, _ in best_rates) >= LEAST_RATE, f"pictures a second: {rates}")
        check_speed(min(sound for _, sound in best_rates) >= 40, f"sound packets a second: {rates}")
        for person in (first, second):
            energy = person.stats()["inbound"]["audio"]["totalAudioEnergy"]
            check(energy > 0, f"{person.name} heard silence")
            check(person.offers() == 1, f"{person.name} got {person.offers()} offers")
        return {"first picture, ms": values, "pictures and sound packets a second, both": rates}


def flow(first, second, seconds):
    """Decoded pictures and sound packets a second at both, over some seconds."""
    def look(person):
        return person.js(
            "tidegate.stats().then((s) => [performance.now(), s.inbound.video.framesDecoded,"
            " s.inbound.audio.packetsReceived])")
    before = [look(person) for person in (first, second)]
    time.sleep(seconds)
    after = [look(person) for person in (first, second)]
    rates = []
    for old, new in zip(before, after):
        took = (new[0] - old[0]) / 1_000
        rates.append((round((new[1] - old[1]) / took, 1), round((new[2] - old[2]) / took, 1)))
    return rates


def bands_apart(house):
    """an adult and a teen are parted before anything has flowed"""
    first, second = house.persons(2)
    with house.server() as server:
        pair = meet(server, first, second, force_send=True)
        first.attest("adult")
        report = server.pair(pair)
        forwarded = [peer["forwarded"]["packets"] for peer in report["peers"]]
        check(forwarded == [0, 0], f"forwarded {forwarded} before the second proof")
        began = time.monotonic()
        second.attest("teen")
        for person in (first, second):
            person.wait_state("ended")
        took = time.monotonic() - began
        for person in (first, second):
            check(person.received() == {"audio": 0, "video": 0}, f"{person.name} received {person.received()}")
            check(person.messages().count("in partner_left") == 1, f"{person.name} was not told once")
            check("in cut" not in person.messages(), f"{person.name} was told that it was a cut")
        check(took < 6, f"parting took {took:.1f} s")
        return {"parted after, s": round(took, 2), "received": [0, 0]}


def report_cuts(house):
    """a report cuts at once, tells both, and survives kill -9 once it is confirmed"""
    first, second = house.persons(2)
    with house.server() as server:
        pair = meet(server, first, second, force_send=True)
        after = open_curtain(first, second)
        first_frames((first, second), after)
        second.browser.click("report")
        second.js("(() => { probe.clicks = []; document.getElementById('reason-list').addEventListener("
                  "'click', () => probe.clicks.push(probe.now()), true); })()")
        second.browser.click_first("#reason-list [data-reason=threat]")
        clicked = second.js("probe.clicks[0]")
        first.wait_state("ended")
        second.wait_state("ended")
        time.sleep(0.2)
        told = {person.name: [each for each in person.messages() if each in (
            "in cut", "in partner_left", "in report_received")] for person in (first, second)}
        check(told[first.name] == ["in cut"], f"the reported was told {told[first.name]}")
        check(told[second.name] == ["in partner_left", "in report_received"],
              f"the reporter was told {told[second.name]}")
        before = [person.received() for person in (first, second)]
        sent_before = first.sent()
        time.sleep(2)
        check(first.sent() != sent_before, "the reported stopped sending, so this shows nothing")
        check([person.received() for person in (first, second)] == before, "packets came after the cut")
        last = [person.js("probe.frames.at(-1)[1]") - clicked for person in (first, second)]
        check(max(last) < 500, f"the last picture arrived {last} ms after the tap")
        check([row["reason"] for row in server.reports()] == ["threat"], f"the database has {server.reports()}")

        # Once more, and the server dies as soon as the page knows that the report is safe.
        pair = meet(server, first, second)
        first_frames((first, second), open_curtain(first, second))
        second.browser.click("report")
        second.browser.click_first("#reason-list [data-reason=nudity]")
        second.js("new Promise((resolve) => { const look = () => tidegate.messages.includes('in report_received')"
                  " ? resolve(true) : setTimeout(look, 1); look(); })")
        server.kill()
        found = [row for row in server.reports() if row["pair"] == pair]
        check([row["reason"] for row in found] == ["nudity"], f"after kill -9 the database has {found}")
        return {"last picture after the tap, ms": [round(value, 1) for value in last],
                "packets after the cut": 0, "reports after kill -9": len(found)}


def next_partner(house):
    """three people and next: no second offer, the new partner's picture at once"""
    first, second, third = house.persons(3)
    # Three people must be able to meet more than once for a repeated measurement.
    with house.server(avoid_recent=0) as server:
        meet(server, first, second)
        first_frames((first, second), open_curtain(first, second))
        third.visit(server)
        third.start()
        third.attest("adult")  # Who has a proof is matched only with others who have one.
        third.browser.wait("tidegate.pc?.connectionState === 'connected'", why="the third leg")
        streams = {kind: value["ssrc"] for kind, value in first.stats()["inbound"].items()}
        here, free = second, third

        def attempt(number):
            nonlocal here, free
            if number > 0:
                free.browser.click("ended-next")
                free.wait_state("waiting")
            first.browser.click("next")
            here.wait_state("ended")
            here, free = free, here
            for person in (first, here):
                person.wait_state("matched")
            check(first.pair == here.pair, "next found somebody else")
            return first_frames((first, here), open_curtain(first, here, attested=True))

        values, kept = best(attempt, NEXT_FRAME)
        for person in (first, second, third):
            check(person.offers() == 1, f"{person.name} got {person.offers()} offers")
        check({kind: value["ssrc"] for kind, value in first.stats()["inbound"].items()} == streams,
              "the streams changed their SSRC")
        check_speed(kept, f"the new partner's first picture took {values} ms, more than {NEXT_FRAME}")
        return {"first picture of the new partner, ms": values, "offers": 1}


def operator_holds(house):
    """an operator's hold lets not one packet more through; its release moves again at once"""
    first, second = house.persons(2)
    with house.server() as server:
        pair = meet(server, first, second, force_send=True)
        first_frames((first, second), open_curtain(first, second))
        time.sleep(1)
        ahead = [person.clock_ahead() for person in (first, second)]
        in_force = []

        def forwarded():
            return [peer["forwarded"]["packets"] for peer in server.pair(pair)["peers"]]

        def attempt(_):
            in_force.append(server.ctl("pair", "hold", pair, "--reason", "test")["in_force_us"])
            acknowledged = forwarded()
            time.sleep(0.15)  # What the server had sent before is counted by the browsers by now.
            before = [person.received() for person in (first, second)]
            sent_before = [sum(person.sent().values()) for person in (first, second)]
            time.sleep(2)
            check(forwarded() == acknowledged, f"forwarded {acknowledged}, then {forwarded()}, after the hold")
            check([person.received() for person in (first, second)] == before, "packets came after the hold")
            grown = [sum(person.sent().values()) - old for person, old in zip((first, second), sent_before)]
            check(min(grown) > 50, f"they stopped sending, so this shows nothing: {grown}")
            for person in (first, second):
                check(person.state == "matched", f"{person.name} is {person.state}: the curtain did not fall")
            began = time.time() * 1_000
            server.ctl("pair", "release", pair, "--reason", "test")
            acknowledged = time.time() * 1_000
            times = []
            for person, offset in zip((first, second), ahead):
                shown = person.first_frame(began + offset)
                check(shown is not None, f"{person.name} saw no picture within 5 s of the release")
                times.append(shown - offset - acknowledged)
            return times

        values, kept = best(attempt, RELEASED_FRAME)
        check_speed(kept, f"the first picture after the release took {values} ms, more than {RELEASED_FRAME}")
        return {"packets after the hold": 0, "hold in force, us": in_force,
                "first picture after the release, ms": values}


def resumed(house):
    """a lost WebSocket comes back to the same pair, and media does not notice"""
    first, second = house.persons(2)
    with house.server() as server:
        pair = meet(server, first, second)
        first_frames((first, second), open_curtain(first, second))
        lost = first.js("(() => { tidegate.drop(); return probe.now(); })()")
        first.wait_state("open", seconds=8)
        first.browser.wait("tidegate.link === 'up'")
        check(first.pair == pair and second.pair == pair, "the pair did not survive")
        check(first.offers() == 1, "there was a second offer")
        shown = first.first_frame(lost + 1_000)
        check(shown is not None, "no picture came after the loss")
        longest = first.js(
            f"Math.max(...probe.frames.filter(([t]) => t >= {lost}).map(([t], i, all) => i ? t - all[i - 1][0] : 0))")
        # Who wants to go on while the connection is lost never sees that partner again.
        first.js("(() => { tidegate.drop(); document.getElementById('next').click(); })()")
        second.wait_state("ended")
        check(first.state in ("waiting", "reconnecting") and first.pair is None, f"next was lost: {first.state}")
        return {"longest gap between pictures, ms": round(longest, 1)}


def firefox_with_chromium(house):
    """Firefox and Chromium see and hear each other"""
    chromium = house.persons(1)[0]
    with house.firefox() as browser, house.server() as server:
        firefox = Person(browser, "Fay")
        meet(server, chromium, firefox)
        check(sum(firefox.sent().values()) == 0, "Firefox sent while every gate was shut")
        times = first_frames((chromium, firefox), open_curtain(chromium, firefox))
        rates = flow(chromium, firefox, 5)
        check_speed(min(rate for rate, _ in rates) >= 10, f"pictures a second: {rates}")
        check_speed(min(sound for _, sound in rates) >= 40, f"sound packets a second: {rates}")
        for person in (chromium, firefox):
            check(person.stats()["inbound"]["audio"]["totalAudioEnergy"] > 0, f"{person} heard silence")
        house.picture(firefox, "firefox-open")
        version = "navigator.userAgent.match(/(Chrome|Firefox).[0-9.]+/)[0]"
        return {"versions": [person.js(version) for person in (chromium, firefox)],
                "first picture, ms": [round(value, 1) for value in times],
                "pictures and sound packets a second, Chromium and Firefox": rates}
