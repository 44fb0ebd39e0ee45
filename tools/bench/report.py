"""Tables of what was seen, and of what was aimed at."""

from parts import FLOOR, OURS

COTURN, RTPENGINE = "coturn, client to peer, no cipher", "rtpengine in user space, GCM-128 to GCM-256"
KIB = 1024
# Above this the machine was doing something else too, and prices are not fit to be judged.
IDLE_LOAD = 1.5
# The same where a virtual machine's host kept more than this share of the processors for others.
QUIET_HOST = 0.05
# A relay whose core was less busy than this was not the limit, so its packets/s say nothing about it.
SATURATED = 0.9


def _table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
                     + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def _cost(results):
    rows = results.get("cost") or []
    floors = {(row["payload"], row["burst"], row["load"]): row["cpu_ns"] for row in rows if row["name"] == FLOOR}
    shown = []
    for row in sorted(rows, key=lambda row: (-row["payload"], row["load"], row["burst"])):
        floor = floors.get((row["payload"], row["burst"], row["load"]))
        shown.append([
            row["name"], row["payload"], row["burst"], row["load"], f"{row['cpu_ns']:,.0f}", f"{row['user_ns']:,.0f}",
            f"{row['system_ns']:,.0f}", f"{row['rate']:,.0f}", f"{100 * row['busy']:.0f} %", f"{100 * row['loss']:.2f} %",
            f"{row['cpu_ns'] / floor:.2f}" if floor else "–", f"{row['spread'][0]:,.0f} to {row['spread'][1]:,.0f}"])
    return _table(["relay", "bytes", "burst", "load", "ns a packet", "user", "system", "packets/s", "core busy", "loss",
                   "against the floor", "ns, least to most"], shown) if shown else ""


def _busy(results):
    return results["machine"]["load"] > IDLE_LOAD or results["machine"]["stolen"] > QUIET_HOST


def _verdict(measured, target, at_most=True, judged=True):
    if measured is None:
        return "not measured"
    if not judged:
        return "not judged: the machine was busy"
    return "**met**" if (measured <= target if at_most else measured >= target) else "not met"


def _targets(results):
    """The tables of targets: against whom, aimed at, measured, met or not."""
    cost = {(row["name"], row["burst"], row["load"]): row for row in results.get("cost") or [] if row["payload"] == 1200}

    def ratio(key, ours, theirs):
        mine, other = cost.get((OURS, *ours)), cost.get((theirs[0], *theirs[1:]))
        return mine[key] / other[key] if mine and other and other[key] else None

    single, runs, slow = (1, "saturation"), (4, "saturation"), (1, "slow")
    wanted = [
        ("the floor, single packets", "cpu_ns", single, (FLOOR, *single), 1.10, True),
        ("the floor, single packets", "rate", single, (FLOOR, *single), 0.90, False),
        ("the floor, senders' bursts of 4", "cpu_ns", runs, (FLOOR, *single), 0.65, True),
        ("the floor, senders' bursts of 4", "rate", runs, (FLOOR, *single), 1.5, False),
        ("coturn, single packets", "cpu_ns", single, (COTURN, *single), 1.15, True),
        ("coturn, bursts of 4", "cpu_ns", runs, (COTURN, *single), 0.70, True),
        ("coturn, single packets", "rate", single, (COTURN, *single), 0.90, False),
        ("rtpengine GCM to GCM", "cpu_ns", single, (RTPENGINE, *single), 0.50, True),
        ("rtpengine GCM to GCM", "rate", single, (RTPENGINE, *single), 2.0, False),
        ("rtpengine at 20,000 packets a second", "cpu_ns", slow, (RTPENGINE, *slow), 0.40, True),
    ]
    rows = []
    for against, key, ours, theirs, target, at_most in wanted:
        value = ratio(key, ours, theirs)
        verdict = _verdict(value, target, at_most, not _busy(results))
        if value is not None and key == "rate":
            if min(cost[(OURS, *ours)]["busy"], cost[theirs]["busy"]) < SATURATED:
                verdict = "not judged: a relay was not saturated"
        rows.append([against, "ns a packet" if key == "cpu_ns" else "packets/s",
                     f"{'at most' if at_most else 'at least'} {target}", "–" if value is None else f"{value:.2f}", verdict])
    rows.append(["Janus", "ns a packet", "at most 0.25", "–", "not measured: no Janus here"])
    return _table(["against", "what, ours ÷ theirs", "target", "measured", ""], rows)


def _promises(results):
    rows = []

    def add(what, target, value, text, limit, judged=not _busy(results)):
        rows.append([what, target, "–" if value is None else text.format(value), _verdict(value, limit, True, judged)])

    leaks = results.get("leaks")
    add("packets received that a gate should have stopped", "0", sum(leaks.values()) if leaks else None, "{}", 0, True)
    allocations = results.get("allocations")
    add("allocations of a worker while media runs", "0", sum(allocations["by_thread"].values()) if allocations else None,
        "{}", 0, True)
    ours = next((row for row in results.get("rate") or [] if row["name"] == OURS and row["payload"] == 1200
                 and row["burst"] == 1 and "p50" in row), None)
    add("added delay at half of the highest rate, p50", "≤ 0.3 ms", ours and ours["p50"] / 1000, "{:.3f} ms", 0.3)
    add("the same, p99", "≤ 1 ms", ours and ours["p99"] / 1000, "{:.3f} ms", 1)
    overload = results.get("overload")
    if overload and overload["recovered_after_s"] is None:
        rows.append(["overload, then half: back to under 0.1 % loss", "within 1 s", "not by the end", "not met"])
    else:
        add("overload, then half: back to under 0.1 % loss", "within 1 s",
            overload["recovered_after_s"] if overload else None, "{:.1f} s", 1)
    memory = results.get("memory")
    add("memory of a connected peer, WebSocket included", "≤ 64 KiB", memory and memory["peer_bytes"] / KIB,
        "{:.1f} KiB", 64, True)
    add("memory of a connected leg, held by its worker, beside some 2 KiB in tables", "≤ 16 KiB",
        memory and memory["leg_bytes"] / KIB, "{:.1f} KiB", 14, True)
    handshaking = memory and memory["handshake_peer_bytes"] / KIB
    # The people do not tell yet how far their handshakes have come, so a small figure proves nothing.
    rows.append(["memory of a peer in handshake, WebSocket included", "≤ 96 KiB for the leg alone",
                 f"{handshaking:.1f} KiB, of it its worker's {memory['handshake_leg_bytes'] / KIB:.1f} KiB" if memory else "–",
                 "not judged: that the handshakes had begun is not checked" if memory else "not measured"])
    handshakes = results.get("handshakes")
    add("200 handshakes a second: p99 added delay of running pairs", "< 2 ms",
        handshakes and handshakes["with"]["p99"] / 1000, "{:.3f} ms", 2)
    pair = results.get("workers")
    add("a packet with two workers ÷ with one", "≤ 1.10", pair and pair["2"] / pair["1"], "{:.2f}", 1.10)
    own = (results.get("profile") or {}).get("1200 bytes")
    add("our own user-space work without ciphers, C library included", "under 100 ns a packet",
        own and own["ns"]["own"] + own["ns"]["C library"], "{:.0f} ns", 100)
    return _table(["promise", "target", "measured", ""], rows)


def _rate(results):
    rows = []
    for row in results.get("rate") or []:
        delays = [f"{row[key]:,.0f}" for key in ("p50", "p99", "p999")] if "p50" in row else ["–"] * 3
        samples = row.get("samples")
        rows.append([row["name"], row["payload"], row["burst"], f"{row['rate']:,.0f}", *delays,
                     f"{samples['right']} right" if samples else "–"])
    return _table(["relay", "bytes", "burst", "highest packets/s", "delay at half: p50 µs", "p99", "p99.9",
                   "samples decrypted"], rows) if rows else ""


def _plain(results):
    lines = []
    if overload := results.get("overload"):
        lines.append(f"Overload, with {overload['core']:g} of a core: {overload['sent_rate']:,.0f} packets a second were "
                     f"sent of {2 * overload['highest']:,.0f} wanted, {100 * overload['loss_in_overload']:.0f} % lost meanwhile.")
    if memory := results.get("memory"):
        lines.append(f"Memory: {memory['legs']} peers connected in {memory['connect_seconds']:.1f} s, "
                     f"{memory['legs'] / memory['connect_seconds']:.0f} a second with all of signalling on one core.")
    if handshakes := results.get("handshakes"):
        lines.append(
            f"Handshakes: {handshakes['connected']} of {handshakes['wanted']} connected; p99 alone "
            f"{handshakes['alone']['p99']:,.0f} µs, with them {handshakes['with']['p99']:,.0f} µs, "
            f"p99.9 {handshakes['with']['p999']:,.0f} µs, loss {100 * handshakes['loss']:.3f} %.")
    if allocations := results.get("allocations"):
        lines.append(f"Allocations: {sum(allocations['by_thread'].values()) / max(1, allocations['packets']):.4f} a packet; "
                     f"{allocations['packets']:,} packets, {allocations['by_thread']}.")
    if leaks := results.get("leaks"):
        lines.append("Leaks: " + "; ".join(f"{what}: {count}" for what, count in leaks.items()) + ".")
    for size, seen in (results.get("profile") or {}).items():
        shares = (f"{kind} {part:.1f} % ({seen['ns'][kind]:,.0f} ns)" for kind, part in seen["percent"].items())
        lines.append(f"Time, {size}: {', '.join(shares)}.")
    return "\n\n".join(lines)


def _measured(table):
    return "\n".join(line for line in table.splitlines() if "not measured" not in line)


def text(results, targets=True, whole=True):
    machine = results["machine"]
    parts = [f"## {machine['date']}, commit {machine['commit']}",
             f"{machine['cores']} cores, {machine['cpu']}, Linux {machine['kernel']}; loopback, relay on core 0, generator "
             f"on core 1, load average {machine['load']:.1f} at the start, {100 * machine['stolen']:.0f} % of the processors' "
             "time kept by the host."]
    if _busy(results):
        parts.append("**The machine was not idle: ratios below are rough, and prices, rates and delays are not judged.**")
    for part in (_rate(results), _cost(results), _plain(results)):
        if part:
            parts.append(part)
    if targets:
        tables = [_targets(results), _promises(results)]
        parts += ["Targets (1,200 bytes, GCM, saturation unless said):",
                  *(tables if whole else [_measured(table) for table in tables])]
    if results["missing"]:
        parts.append("Not measured:\n" + "\n".join(f"- {name}: {why}" for name, why in results["missing"]))
    if results["failures"]:
        parts.append("**Failed:**\n" + "\n".join(f"- {failure}" for failure in results["failures"]))
    return "\n\n".join(parts) + "\n"
