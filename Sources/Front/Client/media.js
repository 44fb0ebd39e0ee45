// Camera, microphone, and the one RTCPeerConnection that serves all partners.

const picture = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
/** What one person's picture may take, in bit/s: plenty for 640x480. */
const mostVideo = 1_500_000;

/** Opens camera and microphone; without a camera, the microphone alone. */
export async function openDevices(camera, microphone) {
    if (!navigator.mediaDevices) throw Object.assign(new Error("not a secure context"), { name: "InsecureContext" });
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    if (microphone) audio.deviceId = { exact: microphone };
    const video = camera ? { ...picture, deviceId: { exact: camera } } : picture;
    try {
        return await navigator.mediaDevices.getUserMedia({ audio, video });
    } catch (error) {
        if (error.name !== "NotFoundError") throw error;
        return navigator.mediaDevices.getUserMedia({ audio });
    }
}

export async function listDevices() {
    const all = await navigator.mediaDevices.enumerateDevices();
    return {
        cameras: all.filter((device) => device.kind === "videoinput"),
        microphones: all.filter((device) => device.kind === "audioinput"),
    };
}

/** One browser's media transport to the server. It outlives partners: `next` does not touch it. */
export class Leg {
    pc;
    /** What comes from the partner, whoever that is at the time. */
    remote = new MediaStream();
    #sending = { audio: false, video: false };
    /** What each sender may send: {sender, track}. */
    #sources = [];
    #settled = Promise.resolve();

    constructor(iceServers) {
        this.pc = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
        this.pc.ontrack = (event) => this.remote.addTrack(event.track);
    }

    /** Answers the server's offer with the tracks of `local`. */
    async answer(sdp, local) {
        await this.pc.setRemoteDescription({ type: "offer", sdp });
        this.#sources = [];
        for (const transceiver of this.pc.getTransceivers()) {
            const kind = transceiver.receiver.track.kind;
            const track = local?.getTracks().find((each) => each.kind === kind);
            transceiver.direction = track ? "sendrecv" : "recvonly";
            if (track) this.#sources.push({ sender: transceiver.sender, track });
        }
        await this.pc.setLocalDescription();
        // Before the server knows this answer no packet can leave, so nothing is sent before it is wanted.
        await this.#apply();
        return this.pc.localDescription.sdp;
    }

    /** Takes tracks of another camera or microphone, with no new offer. */
    async replace(local) {
        for (const source of this.#sources) {
            source.track = local.getTracks().find((each) => each.kind === source.track.kind) ?? source.track;
        }
        await this.#apply();
    }

    /** Says which kinds are wanted. The encodings of the others are inactive: nothing is sent, nothing costs. */
    send(audio, video) {
        if (audio === this.#sending.audio && video === this.#sending.video) return;
        this.#sending = { audio, video };
        this.#apply();
    }

    close() {
        this.pc.close();
    }

    /** One change at a time: `setParameters` refuses parameters that another call has made old. */
    #apply() {
        this.#settled = this.#settled.then(() => Promise.all(this.#sources.map(async ({ sender, track }) => {
            if (this.pc.signalingState === "closed") return;
            const isWanted = this.#sending[track.kind];
            const parameters = sender.getParameters();
            for (const encoding of parameters.encodings ?? []) {
                encoding.active = isWanted;
                if (track.kind === "video") encoding.maxBitrate = mostVideo;
            }
            await sender.setParameters(parameters);
            // Firefox (seen in 153) goes on sending sound with inactive encodings. Without a track it does not.
            const source = isWanted || track.kind === "video" ? track : null;
            if (sender.track !== source) await sender.replaceTrack(source);
        }))).catch((error) => console.warn("the encodings could not be changed", error.name));
        return this.#settled;
    }

    /** Counters for tests and for looking, from `RTCPeerConnection.getStats`. */
    async stats() {
        const found = { inbound: {}, outbound: {}, transport: null };
        for (const entry of (await this.pc.getStats()).values()) {
            if (entry.type === "inbound-rtp") {
                const { packetsReceived, bytesReceived, framesDecoded, totalAudioEnergy, ssrc } = entry;
                found.inbound[entry.kind] = { packetsReceived, bytesReceived, framesDecoded, totalAudioEnergy, ssrc };
            } else if (entry.type === "outbound-rtp") {
                const { packetsSent, bytesSent, framesEncoded, ssrc, active } = entry;
                found.outbound[entry.kind] = { packetsSent, bytesSent, framesEncoded, ssrc, active };
            } else if (entry.type === "transport") {
                found.transport = { dtls: entry.dtlsState, srtp: entry.srtpCipher, bytesReceived: entry.bytesReceived };
            }
        }
        return found;
    }
}
