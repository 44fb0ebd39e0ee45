"""What two people get through the server, compared with the same two pages connected directly in the same run."""

import time

import direct
import namespace
from bad_path import BadPath
from claims import HELD_ESTIMATE, HELD_SECONDS, TRIES, check, first_frames, meet, open_curtain

LEAST_AFTER_HOLD = 0.8  # of a direct pair's pictures and estimate in the third second after its start

LOSS = 0.05  # of the datagrams of each direction
JITTER = 0.05  # s that a datagram may come later than it would have
# How many datagrams come late: of all, it is the path that was promised; of a tenth, it is a kinder one.
LATE = {"a tenth comes late": 0.1, "all come late": 1.0}
LEAST_ON_BAD_PATH = 0.9  # of a direct pair's pictures and bit rate over the same path
# Width, height and pictures a second: four encoders and four decoders share the machine with the server.
PICTURE = (320, 240, 15)
SETTLE = 8  # s for both congestion controls to get to know the path
MEASURE = 20  # s


def alive_as_direct(house):
    """a sender that nobody receives keeps its estimate, and starts after the release as well as a direct pair"""
    first, second = house.persons(2)
    with house.server() as server:
        meet(server, first, second, force_send=True)
        direct.watch(first, second)
        time.sleep(HELD_SECONDS)
        estimates = [person.estimate() for person in (first, second)]
        check(min(estimates) > HELD_ESTIMATE, f"after {HELD_SECONDS} s of hold the estimates are {estimates} bit/s")
        received = [person.received() for person in (first, second)]
        check(all(counts == {"audio": 0, "video": 0} for counts in received), f"received {received}")
        released = open_curtain(first, second)
        times = first_frames((first, second), released)
        relayed = third_second(first, second, "relayed", released)
        estimates_after = [person.estimate() for person in (first, second)]
        # One after the other: each page encodes one picture and decodes one, with the server and without.
        straight = third_second(first, second, "direct", direct.connect(first, second, alone=True))
        house.picture(first, "direct-pair")
        estimates_direct = [person.estimate("direct") for person in (first, second)]
        # Of both together: one estimate alone wanders by a factor of two, without a server too. Bits are shown and not
        # judged: a picture that has run for 30 s needs fewer than one that is still being sharpened.
        shares = [ratio(sum(person[0] for person in relayed), sum(person[0] for person in straight)),
                  ratio(sum(estimates_after), sum(estimates_direct))]
        check(min(shares) >= LEAST_AFTER_HOLD,
              f"third second: {relayed} pictures and bit/s, estimates {estimates_after} after the release, {straight},"
              f" {estimates_direct} of a direct pair")
        return {
            "estimates after 30 s of hold, kbit/s": [round(value / 1_000) for value in estimates],
            "first picture, ms": [round(value, 1) for value in times],
            "estimates 3 s after the release, kbit/s": [round(value / 1_000) for value in estimates_after],
            "pictures and bit/s in the third second after the release": relayed,
            "the same of a direct pair after it connected": straight,
            "estimates of the direct pair then, kbit/s": [round(value / 1_000) for value in estimates_direct],
            "shares of a direct pair, pictures and estimate": shares,
        }


def third_second(first, second, connection, began):
    """Pictures a second and bit/s that each received from 2 s to 3 s after the beginning."""
    for person in (first, second):
        person.browser.wait(f"watched.{connection}.at(-1)?.[0] > {began + 3_100}", 10, f"{connection} media")
    return [[round(value) for value in direct.rates(person, connection, began + 2_000, began + 3_000)]
            for person in (first, second)]


def bad_path_as_direct(house):
    """on a path that loses, delays and reorders, two see each other as well as without the server"""
    first, second = house.persons(2)
    with BadPath() as path, house.server(proxy=path) as server:
        meet(server, first, second)
        first_frames((first, second), open_curtain(first, second))
        for person in (first, second):
            direct.shrink(person, *PICTURE)
        addresses, across = path.between(namespace.ADDRESS)
        direct.connect(first, second, addresses)
        direct.watch(first, second)
        # One leg is as bad as the direct path and the other is clean, so that end to end both are the same: what
        # the first sends is lost before the server, and what the second sends after it. Both run at the same time,
        # so that whatever else the machine does hits both.
        ways = {"relayed": path.leg(first.outer_port()), "direct": across}
        figures = {}
        for name, late in LATE.items():
            for each in ways.values():
                path.impair(each, LOSS, late, JITTER)
            time.sleep(SETTLE)
            figures[name] = compared((first, second))
            figures[name]["lost and overtaken"] = {connection: losses(each) for connection, each in ways.items()}
        house.picture(first, "bad-path")
        for name, found in figures.items():
            for connection, (lost, overtaken) in found["lost and overtaken"].items():
                check(abs(lost - LOSS) < 0.02 and overtaken > 0.02, f"{name}: {connection} {lost=} {overtaken=}")
            check(min(found["shares"][-1]) >= LEAST_ON_BAD_PATH, f"{name}: of a direct pair's {found}")
        return figures


def compared(persons):
    """What all receive through the server, as a share of what they receive directly at the same time.

    Congestion control wanders by itself, so a round too few is followed by another; the mean of all rounds counts.
    """
    began, shares = persons[0].js("probe.now()"), []
    while len(shares) < TRIES and (not shares or min(shares[-1]) < LEAST_ON_BAD_PATH):
        time.sleep(MEASURE)
        ended = persons[0].js("probe.now()")
        relayed, straight = (
            [round(sum(each)) for each in zip(*(direct.rates(person, connection, began, ended) for person in persons))]
            for connection in ("relayed", "direct"))
        shares.append([ratio(*each) for each in zip(relayed, straight)])
    return {"relayed pictures and bit/s, sum of both": relayed, "direct": straight, "shares": shares}


def losses(ways):
    """Which share of the datagrams was lost, and which came after a later one."""
    came = sum(way.came for way in ways)
    return [round(sum(counts) / came, 3) for counts in zip(*((way.lost, way.overtaken) for way in ways))]


def ratio(relayed, straight):
    return round(relayed / straight, 3) if straight else 0.0
