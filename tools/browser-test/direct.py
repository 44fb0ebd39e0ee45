"""Two persons' pages connected directly as well, with no server between: what the server is compared with.

The second connection sends the same tracks as the first with the same codecs, header extensions and most bit rate,
so that what differs is the path alone.
"""

import json

_MOST_VIDEO = 1_500_000  # bit/s, as the page has it in media.js

_MAKE = """(() => {
    const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    const stream = new MediaStream();
    const video = document.createElement("video");
    Object.assign(video, { id: "direct", autoplay: true, muted: true, srcObject: stream });
    video.style.cssText = "position:fixed;right:0;bottom:0;width:320px;z-index:9";
    document.body.append(video);
    const tracks = tidegate.pc.getSenders().map((each) => each.track);
    window.direct = { pc, tracks, connectedAt: 0 };
    pc.ontrack = (event) => stream.addTrack(event.track);
    pc.onconnectionstatechange = () => {
        if (pc.connectionState === "connected") direct.connectedAt ||= probe.now();
    };
    return true;
})()"""

_ADD = """(() => {
    const { tracks } = direct;
    const stream = new MediaStream(tracks);
    for (const track of tracks) {
        const encoding = track.kind === "video" ? { maxBitrate: %d } : {};
        direct.pc.addTransceiver(track, { streams: [stream], sendEncodings: [encoding] });
    }
    return true;
})()""" % _MOST_VIDEO

# The codecs and header extensions of the server's offer (PROTOCOL.md section 3), and no others.
_NARROW = """(() => {
    const codecs = { audio: ["audio/opus"], video: ["video/VP8", "video/rtx"] };
    const extensions = /:mid$|transport-wide-cc/;
    for (const each of direct.pc.getTransceivers()) {
        const { kind } = each.receiver.track;
        each.setCodecPreferences(RTCRtpReceiver.getCapabilities(kind).codecs
            .filter(({ mimeType }) => codecs[kind].includes(mimeType)));
        each.setHeaderExtensionsToNegotiate(each.getHeaderExtensionsToNegotiate()
            .map((one) => extensions.test(one.uri) ? one : { ...one, direction: "stopped" }));
    }
    return true;
})()"""

_DESCRIBE = """(async () => {
    await direct.pc.setLocalDescription();
    while (direct.pc.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 10));
    return direct.pc.localDescription.sdp;
})()"""

# Cumulative counts of both connections every 100 ms: [ms since 1970, pictures decoded, bytes] for each.
_WATCH = """(() => {
    const look = async (pc) => {
        for (const each of (await pc.getStats()).values()) {
            if (each.type === "inbound-rtp" && each.kind === "video") {
                return [each.timestamp, each.framesDecoded ?? 0, each.bytesReceived ?? 0];
            }
        }
        return null;
    };
    window.watched = { relayed: [], direct: [] };
    setInterval(async () => {
        for (const [name, pc] of [["relayed", tidegate.pc], ["direct", window.direct?.pc]]) {
            const seen = pc && await look(pc);
            if (seen) watched[name].push(seen);
        }
    }, 100);
    return true;
})()"""


def connect(first, second, path=None, alone=False):
    """Connects both pages directly, and gives the instant at which both were connected, in ms since 1970.

    path: a pair of addresses, one for each to send to, instead of each other's. alone: the connections to the server
    are closed first, so that one picture is encoded and one decoded in each page, as before.
    """
    for person in (first, second):
        person.js(_MAKE)
        if alone:
            person.js("(tidegate.pc.close(), true)")
    first.js(_ADD)
    first.js(_NARROW)
    offer = first.js(_DESCRIBE)
    second.js(_set("offer", _moved(offer, path and path[1])))
    second.js("(async () => { const { tracks } = direct;"
              " for (const each of direct.pc.getTransceivers()) { each.direction = 'sendrecv';"
              " await each.sender.replaceTrack(tracks.find(({ kind }) => kind === each.receiver.track.kind)); }"
              " return true; })()")
    second.js(_NARROW)
    answer = second.js(_DESCRIBE)
    second.js("(async () => { for (const { sender } of direct.pc.getTransceivers()) {"
              " if (sender.track.kind !== 'video') continue;"
              " const parameters = sender.getParameters();"
              f" for (const each of parameters.encodings) each.maxBitrate = {_MOST_VIDEO};"
              " await sender.setParameters(parameters); } return true; })()")
    first.js(_set("answer", _moved(answer, path and path[0])))
    for person in (first, second):
        person.browser.wait("direct.connectedAt > 0", why="the direct connection")
    return max(person.js("direct.connectedAt") for person in (first, second))


def shrink(person, width, height, rate):
    """A smaller picture on every connection of the page, so that no encoder waits for a core."""
    person.js("Promise.all(tidegate.pc.getSenders().filter(({ track }) => track?.kind === 'video').map(({ track }) =>"
              f" track.applyConstraints({{ width: {width}, height: {height}, frameRate: {rate} }}))).then(() => true)")


def _set(kind, sdp):
    return f"direct.pc.setRemoteDescription({json.dumps({'type': kind, 'sdp': sdp})}).then(() => true)"


def _moved(sdp, address):
    """The same description, with the proxy's address for the only one."""
    if address is None:
        return sdp
    lines = []
    for line in sdp.split("\r\n"):
        if line.startswith("a=candidate:"):
            continue
        lines.append(line)
        if line.startswith("a=mid:"):
            lines.append(f"a=candidate:1 1 udp 2130706431 {address[0]} {address[1]} typ host")
    return "\r\n".join(lines)


def watch(*persons):
    """Begins to note what both connections receive."""
    for person in persons:
        person.js(_WATCH)


def rates(person, connection, begin, end):
    """Pictures decoded a second and bit/s received between two instants, in ms since 1970."""
    seen = person.js(f"watched.{connection}")
    old, new = (min(seen, key=lambda each, at=at: abs(each[0] - at)) for at in (begin, end))
    took = (new[0] - old[0]) / 1_000
    if took <= 0:
        return 0.0, 0.0
    return (new[1] - old[1]) / took, (new[2] - old[2]) * 8 / took
