"""What becomes of people whose media lives on different workers of the server."""

import re

from claims import check, check_speed, first_frames, flow, meet, open_curtain


def _ports(person):
    """The server's media ports that this browser was offered, in the order of the offers; the last is in use."""
    offered = person.js("tidegate.pc.remoteDescription.sdp")
    return sorted(set(map(int, re.findall(r"a=candidate:\S+ 1 udp \d+ \S+ (\d+) typ host", offered, re.IGNORECASE))))


def other_worker(house):
    """two people whose legs are on different workers meet: one gets a later offer, and the picture flows"""
    first, second, third = house.persons(3)
    with house.server(media_more="workers = 2\nlegs_per_worker = 2") as server:
        meet(server, first, second)
        first_frames((first, second), open_curtain(first, second))
        usual = min(rate for rate, _ in flow(first, second, 3))
        third.visit(server)
        third.start()
        third.browser.wait("tidegate.pc?.connectionState === 'connected'", why="the third leg")
        third.attest("adult")
        near, far = _ports(first), _ports(third)
        check(not set(near) & set(far), f"the third person is on port {far}, as the first, so this shows nothing")

        second.browser.open("about:blank")
        first.wait_state("ended")
        first.browser.click("ended-next")
        for person in (first, third):
            person.wait_state("matched")
        check(first.pair == third.pair, "the two were matched with others")
        offers = [person.offers() for person in (first, third)]
        check(offers == [1, 2], f"offers: {offers}")
        check(_ports(third) == near, f"after the move the third person is on port {_ports(third)}, not on {near}")
        times = first_frames((first, third), open_curtain(first, third, attested=True))
        rates = flow(first, third, 3)
        check_speed(
            min(rate for rate, _ in rates) >= usual / 2,
            f"pictures a second after the move: {rates}; on a leg that was not moved: {usual}")
        check(min(sound for _, sound in rates) > 0, f"sound packets a second after the move: {rates}")
        workers = server.admin("/v1/status")["per_worker"]
        check([each["legs"] for each in workers] == [2, 0], f"legs that are left: {workers}")
        return {
            "offers": offers, "ports": {"from": far, "to": near}, "first picture, ms": [round(t) for t in times],
            "pictures and sound packets a second": rates, "pictures a second without a move": usual,
        }
