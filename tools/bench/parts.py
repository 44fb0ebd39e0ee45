"""What is measured. Each part takes the bench and puts what it saw into its results."""

import pathlib
import statistics
import time

from machine import PLAYER_CORE, RELAY_CORE, Share, number, rss, say
from play import WINDOW, Play, play
from relays import Absent, Coturn, Floor, RTPEngine
from tidegate import Failed, People, Server, Tidegate

GCM, CM = "SRTP_AEAD_AES_128_GCM", "SRTP_AES128_CM_SHA1_80"
FLOOR, OURS = "C, mmsg, EVP AES-GCM", "Tidegate, GCM"
SLOW_RATE = 20_000
MOST_LOSS = 0.001


def _stream(payload):
    return "audio" if payload < 500 else "video"


def _contenders(bench):
    tools, scratch = bench.tools, bench.scratch
    if bench.quick:
        return [Floor(tools, scratch, FLOOR, "gcm"), Tidegate(bench.programs, scratch, OURS)]
    return [
        Floor(tools, scratch, "C, mmsg, no cipher", "none"),
        Floor(tools, scratch, FLOOR, "gcm"),
        Floor(tools, scratch, "C, GRO + GSO, no cipher", "none", runs=True),
        Floor(tools, scratch, "C, GRO + GSO, EVP AES-GCM", "gcm", runs=True),
        Tidegate(bench.programs, scratch, OURS),
        Tidegate(bench.programs, scratch, "Tidegate, AES-CM", CM),
        Coturn(tools, scratch),
        RTPEngine(tools, scratch),
    ]


def cost(bench):
    """ns of CPU for each forwarded packet, everybody in turn, median of the rounds."""
    running = []
    for relay in _contenders(bench):
        try:
            relay.begin()
            running.append(relay)
        except (Absent, OSError, StopIteration) as problem:
            bench.missing(relay.name, problem)
            relay.end()
    shapes = [(1200, 1, "saturation"), (1200, 4, "saturation"), (1200, 1, "slow"), (1200, 4, "slow"),
              (160, 1, "saturation"), (160, 1, "slow")]
    if bench.shapes:
        shapes = shapes[:bench.shapes]
    seen = {}
    for turn in range(bench.rounds):
        for payload, burst, load in shapes:
            for relay in list(running):
                say(f"cost, round {turn + 1} of {bench.rounds}: {payload} bytes, bursts of {burst}, {load}: {relay.name}")
                try:
                    if load == "saturation":
                        result = play(bench.tools, relay, payload, burst, packets=bench.packets, window=WINDOW,
                                      stream=_stream(payload))
                    else:
                        result = play(bench.tools, relay, payload, burst, rates=[(SLOW_RATE, bench.slow_seconds)],
                                      stream=_stream(payload))
                except (Failed, RuntimeError) as problem:
                    bench.missing(relay.name, problem)
                    running.remove(relay)
                    continue
                seen.setdefault((relay.name, payload, burst, load), []).append(result)
    for relay in running:
        relay.end()
    rows = []
    for (name, payload, burst, load), results in seen.items():
        middle = [result["middle"] for result in results if "cpu_ns" in result["middle"]]
        if not middle:
            bench.missing(name, f"nothing came back: {payload} bytes, bursts of {burst}, {load}")
            continue
        rows.append({"name": name, "payload": payload, "burst": burst, "load": load, "rounds": len(middle)} | {
            key: statistics.median(one[key] for one in middle)
            for key in ("cpu_ns", "user_ns", "system_ns", "rate", "busy")}
            | {"loss": statistics.median(result["lost"] / max(1, result["sent"]) for result in results),
               "spread": [min(one["cpu_ns"] for one in middle), max(one["cpu_ns"] for one in middle)]})
    bench.results["cost"] = rows


def _loss(result):
    return result["lost"] / max(1, result["sent"])


def _highest(bench, relay, payload, burst):
    """The highest open-loop rate with under 0.1 % loss: steps of 6 % down from what a closed loop reaches."""
    closed = play(bench.tools, relay, payload, burst, packets=bench.packets, window=WINDOW, stream=_stream(payload))
    rate = closed["middle"]["rate"] * 1.02
    for _ in range(12):
        result = play(bench.tools, relay, payload, burst, rates=[(rate, 2)], stream=_stream(payload))
        if _loss(result) < MOST_LOSS:
            return min(rate, result["send_rate"])
        rate *= 0.94
    return 0


def rate(bench):
    """Highest rate with under 0.1 % loss on one core, and added delay at half of it."""
    rows = []
    relays = [Floor(bench.tools, bench.scratch, FLOOR, "gcm"), Tidegate(bench.programs, bench.scratch, OURS),
              Tidegate(bench.programs, bench.scratch, "Tidegate, AES-CM", CM)]
    for relay in relays:
        relay.begin()
        for payload, burst in [(1200, 1), (1200, 4), (160, 1)]:
            say(f"highest rate: {payload} bytes, bursts of {burst}: {relay.name}")
            highest = _highest(bench, relay, payload, burst)
            row = {"name": relay.name, "payload": payload, "burst": burst, "rate": highest}
            if highest:
                samples = bench.scratch / "samples"
                half = play(bench.tools, relay, payload, burst, rates=[(highest / 2, 3)], stream=_stream(payload),
                            stamps=True, samples=samples)
                row |= half["delay_us"] | {"loss": _loss(half)}
                if isinstance(relay, Tidegate):
                    row["samples"] = relay.check(samples, half["made"])
                    if row["samples"]["wrong"] or row["samples"]["undecipherable"]:
                        bench.fail(f"{relay.name}: what arrived is not what was sent: {row['samples']}")
                samples.unlink()
            rows.append(row)
        relay.end()
    bench.results["rate"] = rows


def overload(bench):
    """Twice the highest rate for 5 s, then half of it: how long until loss is under 0.1 % again.

    The generator does not reach twice of what a whole core carries, so the server has half a core here.
    """
    relay = Tidegate(bench.programs, bench.scratch, OURS)
    relay.begin()
    share = Share(relay.server.process)
    try:
        highest = _highest(bench, relay, 1200, 1)
        if not highest:
            return bench.missing("overload", "no rate was found at which under 0.1 % is lost")
        say(f"overload: {2 * highest:,.0f} packets a second for 5 s, then {highest / 2:,.0f}")
        result = play(bench.tools, relay, 1200, rates=[(2 * highest, 5), (highest / 2, 5)])
    finally:
        share.end()
        relay.end()
    series, width = result["series"], result["bucket_ms"] / 1000
    start = round(5 / width)
    bad = [index for index in range(start, len(series)) if series[index][1] > MOST_LOSS * series[index][0]]
    recovered = ((bad[-1] + 1 - start) * width) if bad else 0
    if bad and bad[-1] >= len(series) - 5:
        recovered = None  # Not by the end.
    sent = sum(one[0] for one in series[:start])
    bench.results["overload"] = {
        "core": share.fraction, "highest": highest, "sent_rate": sent / 5,
        "loss_in_overload": sum(one[1] for one in series[:start]) / max(1, sent), "recovered_after_s": recovered}


def _resident(bench, command, legs):
    """What each of so many peers costs a server, resident and held by its media thread, and how long they take to come."""
    server = Server(bench.programs[0], bench.scratch / f"memory-{command}", legs=legs + 100,
                    allocations=(bench.tools / "allocations.so", bench.scratch / f"held-{command}"))
    people = People(bench.programs[1], server, number("127.60.0.0"))
    try:
        people.tell("connect", count=20)  # What is made once is not a leg's.
        time.sleep(1)
        before, held = rss(server.pid), server.held()
        started = time.monotonic()
        people.tell(command, count=legs)
        seconds = time.monotonic() - started
        # For what is given back a moment later, or has only just begun: an answer is sent before its handshake.
        time.sleep(2)
        return (rss(server.pid) - before) / legs, (server.held() - held) / legs, seconds
    finally:
        people.end()
        server.end()


def memory(bench):
    """Resident bytes of the server for each connected peer, and for each whose handshake is half done."""
    # A handshake that leads nowhere is given up after 15 s, so there are fewer of these.
    halfway = min(1000, bench.legs)
    say(f"memory: {bench.legs} connected peers, {halfway} half-done handshakes")
    connected, leg, seconds = _resident(bench, "connect", bench.legs)
    handshaking, half, _ = _resident(bench, "knock", halfway)
    bench.results["memory"] = {"legs": bench.legs, "peer_bytes": connected, "leg_bytes": leg, "connect_seconds": seconds,
                               "handshake_legs": halfway, "handshake_peer_bytes": handshaking,
                               "handshake_leg_bytes": half}


def handshakes(bench):
    """p99 added delay of running pairs while 200 browsers a second come, shake hands and go."""
    relay = Tidegate(bench.programs, bench.scratch, OURS, legs=4000)
    relay.begin()
    seconds, rows = 4, {}
    visitors = People(bench.programs[1], relay.server, number("127.70.0.0"))
    for name in ("alone", "with handshakes"):
        say(f"handshakes: running pairs {name}")
        made = relay.make(1200, SLOW_RATE * seconds, 1)
        if name != "alone":
            visitors.send("churn", rate=200, seconds=seconds)
        rows[name] = Play(bench.tools, relay, made, rates=[(SLOW_RATE, seconds)], stamps=True, sleeps=True).result()
        if name != "alone":
            rows["connected"] = visitors.answer("churn")["connected"]
    visitors.end()
    relay.end()
    bench.results["handshakes"] = {
        "wanted": 200 * seconds, "connected": rows["connected"],
        "alone": rows["alone"]["delay_us"], "with": rows["with handshakes"]["delay_us"],
        "loss": _loss(rows["with handshakes"])}


def workers(bench):
    """What a packet costs with two workers on one core, against one worker, in turn."""
    # With room for those who are moved to their partner's worker.
    relays = {1: Tidegate(bench.programs, bench.scratch, "one worker"),
              2: Tidegate(bench.programs, bench.scratch, "two workers", workers=2, legs=300)}
    seen = {1: [], 2: []}
    for relay in relays.values():
        relay.begin()
    for count, relay in relays.items():
        ports = relay.ports()
        if len(ports) != count:
            bench.missing("workers", f"{relay.name}: the legs are on ports {sorted(ports)}")
            for one in relays.values():
                one.end()
            return
    for turn in range(bench.rounds):
        for count, relay in relays.items():
            say(f"workers, round {turn + 1} of {bench.rounds}: {relay.name}")
            seen[count].append(play(bench.tools, relay, 1200, packets=bench.packets, window=WINDOW)["middle"]["cpu_ns"])
    for relay in relays.values():
        relay.end()
    bench.results["workers"] = {str(count): statistics.median(values) for count, values in seen.items()}


def safety(bench):
    """What must be so, whatever it costs: no allocation while media runs, nothing through a gate that is shut."""
    counts = bench.scratch / "allocations"
    relay = Tidegate(bench.programs, bench.scratch, OURS, flows=bench.safety_legs, accepted=False,
                     allocations=(bench.tools / "allocations.so", counts))
    relay.begin()
    say("safety: nobody has accepted")
    rows = {}
    for stream, payload in (("audio", 160), ("video", 1200)):
        before = play(bench.tools, relay, payload, rates=[(SLOW_RATE, 1)], stream=stream)
        rows[f"{stream} before consent"] = before["received"] + before["misplaced"] + before["strangers"]
    relay.open()
    say("safety: allocations while media runs")
    play(bench.tools, relay, 1200, packets=bench.packets // 4, window=WINDOW)
    grown, packets = {}, 0
    for stream, payload in (("video", 1200), ("audio", 160)):
        made = relay.make(payload, bench.counted_packets // 2, 1, stream)
        # A STUN check is not media: libnice allocates for its HMAC. Now, and not while packets are counted.
        relay.people.tell("consent")
        time.sleep(0.5)
        first = relay.server.allocated()
        result = Play(bench.tools, relay, made, window=WINDOW).result()
        last = relay.server.allocated()
        for name in last:
            grown[name] = grown.get(name, 0) + last[name] - first.get(name, 0)
        packets += result["received"]
        if result["received"] < 0.99 * result["sent"]:
            bench.fail(f"open gates: {result['lost']} of {result['sent']} packets were lost at a closed loop")
    bench.results["allocations"] = {"packets": packets, "by_thread": grown}
    if not grown:
        bench.fail("allocations: no worker thread was seen")
    if any(grown.values()):
        bench.fail(f"allocations while {packets:,} packets ran: {grown}")

    say("safety: half of the pairs are held while media runs")
    pairs = relay.people.tell("pairs")["pairs"]
    held = sorted(set(pairs))[::2]
    report = bench.scratch / "report"
    made = relay.make(1200, SLOW_RATE * 3, 1)
    playing = Play(bench.tools, relay, made, rates=[(SLOW_RATE, 3)], stamps=True, flow_report=report)
    time.sleep(1)
    in_force = {}
    for pair in held:
        relay.server.admin(f"/v1/pairs/{pair}/hold", {"reason": "bench"})
        in_force[pair] = time.clock_gettime_ns(time.CLOCK_REALTIME)
    playing.result()
    leaks, heard = 0, 0
    for flow, line in enumerate(report.read_text().splitlines()):
        received, last_arrival = (int(word) for word in line.split())
        if pairs[flow] in in_force:
            leaks += last_arrival > in_force[pairs[flow]]
            heard += received > 0
    rows["flows heard after their hold was acknowledged"] = leaks
    relay.end()
    bench.results["leaks"] = rows
    bench.results["held_flows"] = 2 * len(held)
    if not heard:
        bench.fail("leaks: nothing was heard before the holds, so nothing is proved")
    if any(rows.values()):
        bench.fail(f"media came through a gate that is shut: {rows}")


def profile(bench):
    """Where the time goes: kernel, cipher, our own code; by perf."""
    from profile_share import share
    relay = Tidegate(bench.programs, bench.scratch, OURS)
    relay.begin()
    try:
        bench.results["profile"] = {
            f"{payload} bytes": share(bench, relay, payload, _stream(payload)) for payload in (1200, 160)}
    except Absent as problem:
        bench.missing("profile", problem)
    relay.end()


PARTS = {"safety": safety, "cost": cost, "rate": rate, "overload": overload, "memory": memory,
         "handshakes": handshakes, "workers": workers, "profile": profile}
__all__ = ["PARTS", "PLAYER_CORE", "RELAY_CORE", "pathlib"]
