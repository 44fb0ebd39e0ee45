// How the model looks. Writes only text and attributes, never markup: whatever a stranger wrote stays text.

import { showAppeal } from "/appeal.js";
import { showHelp } from "/help.js";
import * as words from "/words.js";

export const element = (id) => document.getElementById(id);

/** Tells a screen reader, in its own time. */
export const say = (text) => (element("announce").textContent = text);
/** Tells a screen reader at once. */
export const shout = (text) => (element("alarm").textContent = text);

const text = (id, value) => {
    if (element(id).textContent !== value) element(id).textContent = value;
};
const visible = (id, isVisible) => (element(id).hidden = !isVisible);

let shownView = null;

export function show(model, leg) {
    Object.assign(document.body.dataset, { state: state(model), view: model.view });
    showFrame(model);
    for (const view of ["start", "waiting", "pair", "ended", "over"]) visible(`view-${view}`, view === model.view);
    views[model.view](model, leg);
    showAge(model);
    if (model.view !== "pair") {
        dropCurtain();
        attach("partner", null); // Whatever the server does, nothing more of this person is heard here.
    }
    if (shownView !== model.view) {
        // The reader starts at the top of what is new, unless the page has just been opened.
        if (shownView !== null) element(`${model.view}-title`).focus({ preventScroll: true });
        if (shownView !== null) scrollTo(0, 0);
        shownView = model.view;
        visible("reasons", false);
        element("report").setAttribute("aria-expanded", false);
    }
}

/** Whether nothing goes on without this person's proof. */
const needsAge = (model) => !model.band && model.policy !== null && (model.view === "pair"
    ? model.pair.outbound.chat.includes("age_self") || model.pair.outbound.video.includes("age_self")
    : model.view === "waiting" && model.policy.unverified !== "hold");

function state(model) {
    if (model.view === "over") return model.over.statement ? "banned" : "over";
    if (model.link === "lost") return "reconnecting";
    if (model.view === "start") return model.link === "connecting" ? "loading" : model.refused ? "refused" : "start";
    if (needsAge(model)) return "age";
    if (model.view !== "pair") return model.view;
    return model.pair.inbound[model.media === "text" ? "chat" : "video"].length === 0 ? "open" : "matched";
}

function showFrame(model) {
    const linkText = { connecting: "Connecting…", up: "Connected", lost: "Reconnecting…", closed: "Disconnected" };
    text("link", linkText[model.link]);
    element("link").dataset.link = model.link;
    const url = model.policy?.attest_url && new URL(model.policy.attest_url, location.href);
    visible("development", Boolean(url) && url.origin === location.origin && url.pathname === "/dev/age");
    const lost = model.link === "lost" && model.view !== "over";
    visible("banner", lost || model.draining);
    text("banner", lost
        ? "The connection to the server was lost. Trying to get it back…"
        : "The service is about to restart. You will be reconnected.");
}

const views = {
    start(model) {
        if (model.policy) {
            const lines = words.promises(model.policy);
            if (element("promises").children.length !== lines.length) {
                element("promises").replaceChildren(...lines.map((line) => item("li", line)));
            }
        }
        const video = model.media === "video";
        visible("devices", video);
        attach("preview", model.local);
        visible("preview-off", !model.local && !model.refused);
        element("preview").parentElement.hidden = Boolean(model.refused) && !model.local;
        visible("device-lists", Boolean(model.local));
        visible("refused", video && Boolean(model.refused));
        if (model.refused) {
            text("refused-title", model.refused[0]);
            text("refused-help", model.refused[1]);
        }
        text("languages", `Languages, from your browser: ${words.languageNames(navigator.languages)}.`);
        element("start").disabled = model.link !== "up";
        visible("start-problem", model.problem !== "");
        text("start-problem", model.problem);
    },

    waiting(model) {
        const age = needsAge(model);
        text("waiting-title", age ? "First, your age" : "Looking for someone");
        visible("progress", !age);
        const others = model.waiting > 1
            ? `People waiting now: ${model.waiting}.` : "You meet the next person who comes.";
        const held = model.media === "text" ? "" : " Nobody sees or hears you meanwhile.";
        text("waiting-text", age ? "Here you meet people only after proving your age." : others + held);
    },

    pair(model, leg) {
        const pair = model.pair;
        const video = model.media === "video";
        element("view-pair").dataset.media = model.media;
        attach("partner", leg?.remote ?? null);
        attach("self", model.local);
        showCurtain(model);
        showSteps(model);
        element("flow").replaceChildren(...words.flow(pair.inbound, pair.outbound, model.media).map((each) => {
            const line = item("p", each.text);
            line.dataset.open = each.open;
            return line;
        }));
        const about = [];
        if (pair.interests.length > 0) about.push(`You both like ${words.listOf(pair.interests)}.`);
        if (pair.languages.length > 0) about.push(`They speak ${words.languageNames(pair.languages)}.`);
        if (pair.band) about.push(`Same age group as you: ${words.bandName(pair.band)}.`);
        text("about", about.join(" "));
        visible("microphone", video && Boolean(model.local));
        visible("camera", video && Boolean(model.local?.getVideoTracks().length));
        pressed("microphone", model.muted, "Mute me", "Unmute me");
        pressed("camera", model.hidden, "Hide me", "Show me");
        const chatHolds = pair.outbound.chat;
        visible("chat", model.policy.chat);
        element("chat-text").disabled = element("chat-send").disabled = chatHolds.length > 0 || model.link !== "up";
        visible("chat-held", chatHolds.length > 0);
        if (pair.inbound.chat.length > 0) text("typing", "");
        text("chat-held", `The chat ${words.opensWhen(chatHolds)}.`);
        showReasons("reason-list", model);
    },

    ended(model) {
        const { title, text: told, report, details } = model.ended;
        text("ended-title", title);
        text("ended-text", told);
        visible("report-state", report !== null);
        text("report-state", {
            saving: "Saving your report…",
            saved: details ? "Your report and your details are saved." : "Your report is saved.",
            enough: "The connection is cut. There were too many reports in the last hour to save this one.",
            failed: "The report could not be saved. You can send it again below.",
        }[report] ?? "");
        visible("details", report === "saved" && !details);
        if (report === null) element("details-text").value = "";
        visible("late-report", (report === null || report === "failed") && model.last !== null);
        showReasons("late-reasons", model);
        showHelp(model.ended.help, model.policy);
    },

    over(model) {
        const { title, text: told, statement, again } = model.over;
        text("over-title", title);
        text("over-text", told);
        visible("over-again", Boolean(again));
        visible("statement", Boolean(statement));
        showAppeal(statement?.decision);
        if (statement) {
            const rows = [
                ["Why", statement.ground], ["What happened", statement.facts],
                ["Who decided", statement.automated ? "An automated check" : "A person"],
                ["What you can do", statement.redress], ["Number of the decision", statement.decision],
            ];
            element("statement").replaceChildren(...rows.flatMap(([name, value]) => [item("dt", name), item("dd", value)]));
        }
    },
};

/** What is still needed before the two see each other, each step with its state in words. */
function showSteps(model) {
    const { inbound, outbound, accepted } = model.pair;
    const holds = new Set([inbound, outbound].flatMap((gates) =>
        model.media === "text" ? gates.chat : [...gates.audio, ...gates.video]));
    // Holds of what comes in have the two words as seen from here, too: `self` is always the reader.
    const steps = [["Your age", holds.has("age_self"), "not proved", "proved"],
        ["Their age", holds.has("age_partner"), "not proved yet", "proved"]];
    const asksConsent = model.policy.consent === "all" || (model.policy.consent === "video" && model.media === "video");
    const selfAgrees = accepted || !holds.has("consent_self");
    if (asksConsent) {
        steps.push(["You agree", !selfAgrees, "not yet", "agreed"],
            ["They agree", holds.has("consent_partner"), "not yet", "agreed"]);
    }
    element("steps").replaceChildren(...steps.map(([name, isMissing, missing, done]) => {
        const step = item("li", name);
        step.dataset.done = !isMissing;
        step.append(item("span", isMissing ? missing : done));
        return step;
    }));
    visible("accept", asksConsent && !selfAgrees);
    element("accept").className = needsAge(model) ? "" : "primary";
    const others = words.beyondSteps([...holds]);
    visible("paused", others.length > 0);
    text("paused", `On hold: ${words.because(others)}.`);
    const missing = steps.some((step) => step[1]);
    text("pair-title", missing ? "You have met someone" : others.length > 0 ? "On hold" : "Opening…");
}

let curtain = { pair: null, isUp: false, wanted: false };

/** The curtain falls at once; it rises with the first picture that came since the match, never on an old one. */
function showCurtain(model) {
    const pair = model.pair;
    if (curtain.pair !== pair.id) curtain = { pair: pair.id, isUp: false, wanted: false };
    const open = model.media === "text" ? pair.inbound.chat.length === 0 : pair.inbound.video.length === 0;
    const current = curtain;
    if (!open) {
        current.isUp = current.wanted = false;
    } else if (!current.wanted) {
        current.wanted = true;
        const video = element("partner");
        const rise = () => {
            if (curtain !== current || !current.wanted) return;
            current.isUp = true;
            element("stage").dataset.curtain = "up";
        };
        const look = () => video.requestVideoFrameCallback((now, frame) => {
            if (curtain !== current || !current.wanted) return;
            if ((frame.receiveTime ?? now) >= pair.at) rise();
            else look();
        });
        if (model.media === "text") rise();
        else if (video.requestVideoFrameCallback) look();
        else video.addEventListener("timeupdate", rise, { once: true });
    }
    element("stage").dataset.curtain = current.isUp ? "up" : "down";
}

function dropCurtain() {
    curtain = { pair: null, isUp: false, wanted: false };
    element("stage").dataset.curtain = "down";
}

/** The age box goes where it is needed; it keeps what was typed. Who waits may use the time for it. */
function showAge(model) {
    const needed = needsAge(model) || (model.view === "waiting" && model.policy !== null && !model.band);
    const place = element(model.view === "waiting" ? "waiting-age" : "pair-age");
    if (element("age").parentElement !== place && needed) place.append(element("age"));
    visible("age", needed);
    if (!needed) return;
    text("age-text", words.ageText(needsAge(model)));
    visible("age-open", Boolean(model.policy.attest_url));
    visible("age-problem", model.ageProblem !== "");
    text("age-problem", model.ageProblem);
}

function showReasons(id, model) {
    const box = element(id);
    const key = model.reportReasons.join(" ");
    if (box.dataset.key === key) return;
    box.dataset.key = key;
    box.replaceChildren(...model.reportReasons.map((reason) => {
        const button = item("button", words.reasonName(reason));
        button.type = "button";
        button.dataset.reason = reason;
        return button;
    }));
}

function attach(id, stream) {
    const video = element(id);
    if (video.srcObject === stream) return;
    video.srcObject = stream;
    if (id !== "partner" || !stream) return;
    // A browser may refuse sound before the person has touched the page.
    video.play().catch((error) => visible("unmute", error.name === "NotAllowedError"));
    element("unmute").onclick = () => video.play().then(() => visible("unmute", false));
}

function pressed(id, isPressed, off, on) {
    element(id).setAttribute("aria-pressed", isPressed);
    text(id, isPressed ? on : off);
}

function item(kind, content) {
    const made = document.createElement(kind);
    made.textContent = content;
    return made;
}
