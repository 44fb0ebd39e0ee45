"""One person at the page: what they do, and what they see."""

import json
import time

# Notes when each picture of the partner is shown and when it arrived, and when the person agreed: milliseconds
# since 1970, which all browsers of one machine share.
_PROBE = """(() => {
    const video = document.getElementById("partner");
    const now = () => performance.timeOrigin + performance.now();
    window.probe = { frames: [], acceptedAt: 0, now };
    const look = () => video.requestVideoFrameCallback((_, frame) => {
        const arrived = frame.receiveTime === undefined ? now() : performance.timeOrigin + frame.receiveTime;
        probe.frames.push([now(), arrived]);
        look();
    });
    look();
    document.getElementById("accept").addEventListener("click", () => { probe.acceptedAt = now(); }, true);
    return true;
})()"""

_FIRST = """new Promise((resolve) => {
    const end = probe.now() + %(patience)d;
    const look = () => {
        const found = probe.frames.find(([, arrived]) => arrived >= %(after)f);
        if (found) resolve(found[0]);
        else if (probe.now() > end) resolve(null);
        else setTimeout(look, 5);
    };
    look();
})"""


class Person:
    """Drives one browser. Every step waits for what it leads to."""

    def __init__(self, browser, name):
        self.browser = browser
        self.name = name

    def __str__(self):
        return f"{self.name} ({self.browser.name})"

    def visit(self, server, force_send=False):
        """Opens the page and turns the camera on."""
        self.browser.open(f"{server.url}/{'?forceSend=1' if force_send else ''}")
        self.wait_state("start")
        self.js(_PROBE)
        self.browser.click("camera-on")
        self.browser.wait("document.getElementById('preview').srcObject !== null", why="a camera")
        self.js("document.getElementById('interests').value = 'browser tests'")

    def start(self):
        self.browser.click("start")
        self.browser.wait("['waiting', 'age', 'matched'].includes(tidegate.state)", why="a place in the pool")

    def attest(self, band):
        """Proves an age as a person does: button, window, one click."""
        self.browser.click("age-open")
        self.browser.in_popup(f"[data-band={band}]")
        self.browser.wait("tidegate.band !== null || tidegate.pair === null", why="the age")

    def accept(self):
        self.browser.click("accept")

    def js(self, expression):
        return self.browser.js(expression)

    @property
    def state(self):
        return self.js("tidegate.state")

    def wait_state(self, *states, seconds=20):
        return self.browser.wait(
            f"{json.dumps(states)}.includes(tidegate.state) && tidegate.state", seconds,
            f"{self.name} in state {' or '.join(states)}")

    @property
    def pair(self):
        return self.js("tidegate.pair?.id ?? null")

    def stats(self):
        return self.js("tidegate.stats()")

    def received(self):
        """RTP packets that have arrived, as the browser counts them; no such stream counts as none."""
        stats = self.stats()
        return {kind: (stats["inbound"].get(kind) or {}).get("packetsReceived") or 0 for kind in ("audio", "video")}

    def sent(self):
        stats = self.stats()
        return {kind: (stats["outbound"].get(kind) or {}).get("packetsSent") or 0 for kind in ("audio", "video")}

    def estimate(self, connection="tidegate"):
        """What congestion control of a connection believes that it can send, in bit/s."""
        return self.js(
            f"{connection}.pc.getStats().then((stats) => Math.max(0, ...[...stats.values()]"
            ".filter((each) => each.type === 'candidate-pair').map((each) => each.availableOutgoingBitrate ?? 0)))")

    def outer_port(self):
        """The port from which the server sees this browser's media come."""
        return self.js(
            "tidegate.pc.getStats().then((stats) => { const all = [...stats.values()];"
            " const { selectedCandidatePairId } = all.find(({ type }) => type === 'transport');"
            " return stats.get(stats.get(selectedCandidatePairId).localCandidateId).port; })")

    def messages(self):
        return self.js("tidegate.messages")

    def offers(self):
        return self.messages().count("in offer")

    def accepted_at(self):
        return self.js("probe.acceptedAt")

    def first_frame(self, after, seconds=5):
        """When the first picture was shown that arrived at or after an instant, in ms; None if none came."""
        return self.js(_FIRST % {"patience": seconds * 1_000, "after": after})

    def frames_since_match(self):
        """Pictures that arrived since this pair was matched."""
        return self.js(
            "probe.frames.filter(([, arrived]) => arrived > performance.timeOrigin + tidegate.pair.at).length")

    def clock_ahead(self):
        """By how much this browser's clock is ahead of ours, in ms: the best of a few looks."""
        looks = []
        for _ in range(7):
            before = time.time() * 1_000
            theirs = self.js("probe.now()")
            after = time.time() * 1_000
            looks.append((after - before, theirs - (before + after) / 2))
        return min(looks)[1]
