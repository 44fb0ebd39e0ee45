// The page: what happened (`model`), what the server says (`heard`), what the person does (`wire`).
// How it looks is in view.js, sentences are in words.js, the connection in signal.js, media in media.js.
//
// URL parameter, for tests: `?forceSend=1` keeps the encodings active while the gates are shut. Harmless,
// because the server holds the gates and never relies on what a page does.

import { AgeProof } from "/age.js";
import { wireAppeal } from "/appeal.js";
import { Chat } from "/chat.js";
import { addNotice } from "/help.js";
import { Leg, listDevices, openDevices } from "/media.js";
import { Signal } from "/signal.js";
import { element, say, shout, show } from "/view.js";
import * as words from "/words.js";

const forceSend = new URLSearchParams(location.search).has("forceSend");

const model = {
    view: "start", // start | waiting | pair | ended | over
    link: "connecting", // connecting | up | lost | closed
    policy: null,
    reportReasons: [],
    band: null,
    bandExpires: null,
    nonce: null,
    nonceAt: 0,
    ageProblem: "",
    media: "video",
    joined: false,
    waiting: 0,
    local: null, // MediaStream of camera and microphone
    refused: null, // [title, help] after the camera was refused
    problem: "",
    muted: false,
    hidden: false,
    pair: null, // {id, receipt, interests, band, languages, inbound, outbound, accepted, at}
    last: null, // {id, receipt}: whom a late report is about
    gone: null, // id of the pair that this person has left: it never comes back, whatever crosses on the way
    wish: null, // what was asked for while the connection was lost
    ended: null, // {title, text, report: null | "saving" | "saved" | "enough" | "failed", details, help}
    over: null, // {title, text, statement, again}
    draining: false,
};

let leg = null;
/** A leg to another place in the server, which takes the place of `leg` once the server says that it is connected. */
let coming = null;
let iceServers = [];

const signal = new Signal(heard, (link, code) => {
    model.link = link;
    if (link === "closed" && model.view !== "over") {
        closeLeg();
        over(...({
            4001: ["Not signed in", words.errorText({ code: "unauthorized" })],
            4009: ["Opened somewhere else", "This conversation goes on in another window."],
        }[code] ?? ["Disconnected", "The server ended the connection."]), { again: true });
    }
    update();
});

const chat = new Chat(signal, () => model.pair?.id);

/** Everything that follows from the model, and then the page. */
function update() {
    const pair = model.pair;
    if (leg) {
        const open = (channel) => pair !== null && pair.outbound[channel].length === 0;
        // Once this person has agreed the encoder runs warm, so that the first picture is there at once.
        // Never while every gate is shut: then nothing is sent at all.
        const warm = pair !== null && pair.outbound.video.every((hold) =>
            hold === "consent_partner" || (hold === "consent_self" && pair.accepted));
        const any = open("audio") || open("video") || open("chat");
        leg.send(forceSend || open("audio"), forceSend || open("video") || (any && warm));
    }
    for (const track of model.local?.getTracks() ?? []) {
        track.enabled = track.kind === "audio" ? !model.muted : !model.hidden;
    }
    show(model, leg);
}

// What the server says

function heard(message, answered) {
    handlers[message.type]?.(message, answered);
    update();
}

const handlers = {
    welcome(message) {
        const before = model.view;
        Object.assign(model, { policy: message.policy, reportReasons: message.report_reasons, draining: false });
        takeNonce(message.nonce);
        iceServers = message.ice_servers ?? [];
        const wish = model.wish;
        model.wish = null;
        if (message.resumed) {
            if (wish) signal.send(wish);
            return;
        }
        // A new peer: the proof, the place in the pool and the leg ended with the old one.
        Object.assign(model, { band: null, bandExpires: null, joined: false });
        closeLeg();
        if (before === "pair") end(words.partnerLeft.self);
        if (before === "waiting") join();
    },
    nonce(message) {
        takeNonce(message.nonce);
    },
    age(message) {
        Object.assign(model, { band: message.band, bandExpires: message.expires, ageProblem: "" });
        takeNonce(message.nonce);
        say(`Your age is proved: ${words.bandName(message.band)}.`);
    },
    queued(message) {
        Object.assign(model, { joined: true, waiting: message.waiting });
    },
    left() {
        if (model.view === "pair") enter("start"); // A match that crossed with the wish to leave.
    },
    async offer(message) {
        let current = leg;
        try {
            if (!current || !message.ice_restart) {
                current = new Leg(iceServers);
                dropComing();
                if (leg) coming = current;
                else leg = current;
            }
            const sdp = await current.answer(message.sdp, model.local);
            if (current === leg || current === coming) signal.send({ type: "answer", sdp });
        } catch (error) {
            console.warn("the offer could not be answered", error);
            if (current === coming) dropComing();
            else if (current === leg) legFailed({ code: "bad_sdp" });
        }
        update();
    },
    connected() {
        if (!coming) return;
        leg?.close();
        leg = coming;
        coming = null;
    },
    matched(message) {
        const { pair: id, receipt, shared_interests: interests, partner } = message;
        dropComing(); // The server has given it up: a match is for a leg that is up.
        if (model.pair?.id === id || model.gone === id) return; // After a resume: the same pair goes on, or not.
        const shut = { audio: ["policy"], video: ["policy"], chat: ["policy"] };
        model.pair = {
            id, receipt, interests, band: partner.band, languages: partner.languages,
            inbound: shut, outbound: shut, accepted: false, at: performance.now(),
        };
        model.last = { id, receipt };
        chat.clear();
        enter("pair");
        say("You have met someone. You are both behind the curtain.");
    },
    gate(message) {
        if (message.pair !== model.pair?.id) return;
        const wasOpen = model.pair.inbound.video.length === 0;
        Object.assign(model.pair, { inbound: message.inbound, outbound: message.outbound });
        // A proof lapses after some hours; then this hold is back.
        if (message.outbound.chat.includes("age_self")) model.band = null;
        const isOpen = message.inbound.video.length === 0;
        if (wasOpen !== isOpen) say(isOpen ? "The curtain is open." : "The picture is held.");
    },
    chat(message) {
        if (message.pair === model.pair?.id) chat.add("them", message.text);
    },
    typing(message) {
        if (message.pair === model.pair?.id) chat.partnerTypes(message.on);
    },
    notice(message) {
        if (message.code === "age_void") Object.assign(model, { band: null, bandExpires: null });
        // What is about this conversation stands in its chat; the rest must not get lost with it.
        const isAboutMore = /^(warning|report_|appeal_)/.test(message.code);
        if (model.view === "pair" && !isAboutMore) chat.add("notice", message.message);
        else addNotice(message.message);
    },
    partner_left(message) {
        // After a report of one's own the page already says what happened.
        if (message.pair !== model.pair?.id) return;
        end(words.partnerLeft[message.why] ?? words.partnerLeft.left);
    },
    cut(message) {
        if (message.pair !== model.pair?.id) return;
        end(["The connection was cut", words.cut[message.why] ?? words.cut.policy], { alarm: true });
    },
    banned(message) {
        closeLeg();
        const until = message.until ? `Until ${words.when(message.until)}.` : "This has no end date.";
        over("You cannot use this service", until, { statement: { ...message.statement, decision: message.decision } });
    },
    draining(message) {
        model.draining = message.reconnect;
    },
    error(message, answered) {
        if (message.code === "leg_failed" || message.code === "bad_sdp") return legFailed(message);
        if (answered) return;
        if (message.code === "unavailable" && model.view === "waiting") {
            model.problem = words.errorText(message);
            enter("start");
        }
    },
};

function takeNonce(nonce) {
    Object.assign(model, { nonce, nonceAt: performance.now() });
}

function enter(view) {
    Object.assign(model, { view, ageProblem: "" });
    if (view !== "pair") model.pair = null;
    if (view !== "ended") model.ended = null;
}

function end([title, text], { alarm = false, report = null } = {}) {
    enter("ended");
    model.ended = { title, text, report, details: false, help: alarm || report !== null };
    (alarm ? shout : say)(`${title}. ${text}`);
}

function over(title, text, rest = {}) {
    enter("over");
    model.over = { title, text, ...rest };
    shout(`${title}. ${text}`);
}

function dropComing() {
    coming?.close();
    coming = null;
}

function closeLeg() {
    dropComing();
    leg?.close();
    leg = null;
}

function legFailed(message) {
    closeLeg();
    model.problem = words.errorText(message);
    enter("start");
}

// What the person does

async function useCamera(camera, microphone) {
    model.problem = "";
    try {
        const stream = await openDevices(camera, microphone);
        for (const track of model.local?.getTracks() ?? []) track.stop();
        Object.assign(model, { local: stream, refused: null });
        await Promise.all([leg, coming].map((each) => each?.replace(stream)));
        fillDevices(await listDevices());
    } catch (error) {
        model.refused = words.cameraHelp(error);
    }
    update();
    return model.local !== null;
}

function chooseMedia(media) {
    Object.assign(model, { media, problem: "", refused: null });
    if (media === "video") return;
    for (const track of model.local?.getTracks() ?? []) track.stop();
    model.local = null;
}

function fillDevices({ cameras, microphones }) {
    const fill = (id, devices, track) => element(id).replaceChildren(...devices.map((device, index) => {
        const used = device.deviceId === track?.getSettings().deviceId;
        return new Option(device.label || `${index + 1}`, device.deviceId, used, used);
    }));
    fill("camera-list", cameras, model.local?.getVideoTracks()[0]);
    fill("microphone-list", microphones, model.local?.getAudioTracks()[0]);
}

function join() {
    const interests = element("interests").value.split(",").map((each) => each.trim().slice(0, 32)).filter(Boolean);
    const languages = [...navigator.languages].slice(0, 10);
    model.problem = "";
    signal.send({ type: "join", interests: [...new Set(interests)].slice(0, 10), languages, media: model.media });
    enter("waiting");
    update();
}

async function start(event) {
    event.preventDefault();
    if (model.media === "video" && !model.local && !await useCamera()) return;
    join();
}

function next(block) {
    if (!model.joined) return join();
    part({ type: "next", ...(model.pair && { pair: model.pair.id }), ...(block && { block: true }) });
    enter("waiting");
    update();
}

function leave() {
    part({ type: "leave" });
    enter("start");
    update();
}

/** Ends the pair for this page at once, and for the server as soon as it can be told. */
function part(message) {
    model.gone = model.pair?.id ?? model.gone;
    model.wish = signal.send(message) ? null : message;
}

function accept() {
    model.pair.accepted = signal.send({ type: "accept", pair: model.pair.id });
    update();
}

/** Cuts with one tap. Details come afterwards, as a second report about the same pair. */
async function report(reason, details) {
    const { id, receipt } = model.last;
    const request = { type: "report", reason, ...(details && { comment: details }) };
    const sent = signal.request({ ...request, ...(model.pair ? { pair: id } : { receipt }) });
    model.gone = id;
    if (!details) {
        end(["The connection is cut", "Thank you for telling us. They cannot see or hear you any more."],
            { report: "saving" });
        model.ended.reason = reason;
    }
    const shown = model.ended;
    update();
    let answer = await sent;
    // A report must not be lost with the connection: the receipt is good on the next one, too.
    for (let tries = 0; tries < 3 && answer === undefined; tries += 1) {
        await signal.whenUp();
        answer = await signal.request({ ...request, receipt });
    }
    shown.report = answer?.type === "report_received" ? "saved" : answer?.code === "rate_limited" ? "enough" : "failed";
    shown.details ||= Boolean(details) && shown.report === "saved";
    update();
}

function toggle(key) {
    model[key] = !model[key];
    update();
}

function openReasons(isOpen) {
    element("reasons").hidden = !isOpen;
    element("report").setAttribute("aria-expanded", isOpen);
    (isOpen ? element("reason-list").firstElementChild : element("report"))?.focus();
}

function keyPressed(event) {
    if (model.view !== "pair" || event.isComposing) return;
    if (event.key === "Escape" && !event.repeat) {
        event.preventDefault();
        if (element("reasons").hidden) next(false);
        else openReasons(false);
    } else if (event.altKey && event.code === "KeyR") {
        event.preventDefault();
        openReasons(element("reasons").hidden);
    } else if (event.altKey && event.code === "KeyM" && model.local) {
        event.preventDefault();
        toggle("muted");
    }
}

function wire() {
    const on = (id, kind, act) => element(id).addEventListener(kind, act);
    const click = (id, act) => on(id, "click", () => act());
    on("start-form", "submit", start);
    on("start-form", "change", (event) => {
        if (event.target.name === "media") chooseMedia(event.target.value);
        if (event.target.tagName === "SELECT") {
            useCamera(element("camera-list").value, element("microphone-list").value);
        }
        update();
    });
    click("camera-on", () => useCamera());
    click("camera-retry", () => useCamera());
    click("camera-skip", () => {
        document.querySelector("input[name=media][value=text]").checked = true;
        chooseMedia("text");
        update();
    });
    click("waiting-stop", leave);
    click("accept", accept);
    click("next", () => next(false));
    click("block", () => next(true));
    click("leave", leave);
    click("microphone", () => toggle("muted"));
    click("camera", () => toggle("hidden"));
    click("report", () => openReasons(element("reasons").hidden));
    click("reasons-close", () => openReasons(false));
    for (const id of ["reason-list", "late-reasons"]) {
        on(id, "click", (event) => event.target.dataset.reason && report(event.target.dataset.reason));
    }
    on("details", "submit", (event) => {
        event.preventDefault();
        const text = element("details-text").value.trim();
        if (text) report(model.ended.reason, text);
    });
    click("ended-next", () => next(false));
    click("ended-stop", leave);
    click("over-again", () => location.reload());
    new AgeProof(model, signal, update);
    wireAppeal();
    addEventListener("keydown", keyPressed);
}

/** A window into the page for tests: nothing in it changes anything but `drop`, which loses the connection. */
window.tidegate = Object.freeze({
    get state() { return document.body.dataset.state; },
    get link() { return model.link; },
    get pair() { return model.pair && structuredClone(model.pair); },
    get band() { return model.band; },
    get pc() { return leg?.pc ?? null; },
    get messages() { return [...signal.log]; },
    stats: async () => leg?.stats() ?? null,
    drop: () => signal.drop(),
});

wire();
update();
signal.connect();
