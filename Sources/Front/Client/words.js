// What the page says: every sentence that depends on a code of the protocol.

const holdReasons = {
    age_self: "you have not proved your age yet",
    age_partner: "the other person has not proved their age yet",
    consent_self: "you have not agreed yet",
    consent_partner: "the other person has not agreed yet",
    report: "there is a report",
    moderator: "a moderator has paused it",
    policy: "a rule of this service holds it",
    risk: "a safety check holds it",
};

const reasonNames = {
    minor: "Someone under age",
    nudity: "Nudity or sexual acts",
    sextortion: "Blackmail with pictures",
    grooming: "An adult approaching a child",
    threat: "Threats or violence",
    spam: "Spam or advertising",
    other: "Something else",
};

/** A reason that the server added by configuration is shown as it is written there. */
export const reasonName = (reason) =>
    reasonNames[reason] ?? reason.charAt(0).toUpperCase() + reason.slice(1).replaceAll("_", " ");

const bandNames = { adult: "adult (18 or over)", teen: "teen (13 to 17)" };
export const bandName = (band) => bandNames[band] ?? band;

const aboutProof = "The proof says only your age group, not who you are.";

export const ageText = (isNeeded) => isNeeded
    ? `Show that you are old enough. ${aboutProof}`
    : `You can prove your age now: who has done so meets people of the same age group. ${aboutProof}`;

const list = (items, word) => new Intl.ListFormat("en", { type: word }).format(items);

/** "a moderator has paused it and there is a report". */
export const because = (holds) => list(holds.map((hold) => holdReasons[hold] ?? "the service holds it"), "conjunction");

/** Holds that the two people can do something about; the page lists them as steps. */
const steps = new Set(["age_self", "age_partner", "consent_self", "consent_partner"]);
export const beyondSteps = (holds) => [...new Set(holds)].filter((hold) => !steps.has(hold));

/** When a held channel opens: "once both ages are proved". */
export function opensWhen(holds) {
    const others = beyondSteps(holds);
    if (others.length > 0) return `is on hold: ${because(others)}`;
    const needs = [];
    if (holds.some((hold) => hold.startsWith("age"))) needs.push("both ages are proved");
    if (holds.some((hold) => hold.startsWith("consent"))) needs.push("both of you have agreed");
    return `opens once ${list(needs, "conjunction")}`;
}

/** What flows now, in two sentences, each with whether anything does. Steps that are missing are told elsewhere. */
export function flow(inbound, outbound, media) {
    const end = (...gates) => {
        const others = beyondSteps(gates.flat());
        return others.length > 0 ? `: ${because(others)}.` : ".";
    };
    const sentence = (who, gates, see, hear, write) => {
        if (media === "text") {
            return gates.chat.length === 0
                ? { open: true, text: `${who} can read what ${write}.` }
                : { open: false, text: `${who} cannot read what ${write} yet${end(gates.chat)}` };
        }
        const sees = gates.video.length === 0;
        const hears = gates.audio.length === 0;
        if (sees && hears) return { open: true, text: `${who} can see and hear ${see}.` };
        if (hears) return { open: true, text: `${who} can hear but not see ${hear}${end(gates.video)}` };
        if (sees) return { open: true, text: `${who} can see but not hear ${hear}${end(gates.audio)}` };
        return { open: false, text: `${who} can neither see nor hear ${hear}${end(gates.audio, gates.video)}` };
    };
    return [
        sentence("They", outbound, "you", "you", "you write"),
        sentence("You", inbound, "them", "them", "they write"),
    ];
}

export const partnerLeft = {
    next: ["They went on", "The other person went on to someone else."],
    left: ["They left", "The other person left the conversation."],
    lost: ["Connection lost", "The other person's connection was lost."],
    cut: ["The connection was cut", "This conversation has ended."],
    self: ["Your connection was lost", "It took too long to come back, so the conversation has ended."],
};

export const cut = {
    report: "The other person reported this conversation, so it was cut.",
    moderator: "A moderator ended this conversation.",
    policy: "A rule of this service ended this conversation.",
};

const errors = {
    attestation_invalid: "This proof was not accepted. Please get a new one.",
    attestation_replayed: "This proof has been used before. Please get a new one.",
    underage: "This proof does not allow using this service.",
    leg_failed: "Picture and sound could not reach the server. A firewall may be in the way. "
        + "Try again, or go on with text only.",
    bad_sdp: "This browser and the server could not agree on picture and sound. Try text only.",
    unavailable: "The service cannot do this right now. Please try again in a moment.",
    rate_limited: "That was too fast. Please wait a moment.",
    unauthorized: "You need to be signed in to use this service.",
    chat_held: "not delivered: the chat is on hold",
    chat_rejected: "not delivered: the service did not accept it",
    unknown_pair: "not delivered: the conversation had ended",
    not_paired: "not delivered: the conversation had ended",
};
export const errorText = (message) => errors[message.code] ?? `Something went wrong (${message.code}).`;

const appealErrors = {
    unknown_decision: "This decision can no longer be objected to.",
    rate_limited: "There is an objection already, or there were too many. Somebody will look at it.",
    bad_message: "Please say what is wrong with the decision.",
};
export const appealError = (message) => appealErrors[message.code] ?? errorText(message);

/** Help for each way in which `getUserMedia` fails. */
export function cameraHelp(error) {
    switch (error?.name) {
    case "NotAllowedError":
    case "SecurityError":
        return ["The camera was not allowed", "Your browser did not let this page use the camera or the microphone. "
            + "Click the camera or lock symbol beside the address, allow both, then try again."];
    case "NotFoundError":
    case "OverconstrainedError":
        return ["No camera or microphone was found", "Connect one, then try again. "
            + "You can also go on without one, by text."];
    case "NotReadableError":
    case "AbortError":
        return ["The camera is in use", "Another program seems to use the camera or the microphone. "
            + "Close it, then try again."];
    case "InsecureContext":
        return ["This page is not secure", "Browsers allow the camera only over https. "
            + "Ask whoever runs this service to turn it on."];
    default:
        return ["The camera could not be used", `The browser said: ${error?.message || error?.name || "no reason"}.`];
    }
}

/** What a person should know before starting, from the policy in force. */
export function promises(policy) {
    const lines = [];
    const agreed = policy.consent === "off" ? "" : " and both of you have agreed";
    lines.push(policy.unverified === "hold"
        ? `Picture, sound and chat stay held until both of you have proved your age${
            policy.consent === "all" ? agreed : ""}.`
        : "Everyone here has proved their age. You meet only people of your own age group.");
    if (policy.consent === "video") lines.push("Nobody sees you, and you see nobody, before both of you have agreed.");
    if (policy.consent === "all" && policy.unverified !== "hold") {
        lines.push("Nothing flows before both of you have agreed.");
    }
    lines.push("You can go on, block or report at any moment. A report cuts the connection at once.");
    const days = `${policy.retention_days} days`;
    lines.push({
        none: "Nothing of what you say, write or show is recorded.",
        text: `Chat messages are kept for ${days} for safety. Picture and sound are not recorded.`,
        media: `For safety, picture, sound and chat are recorded and kept for up to ${days}.`,
    }[policy.capture] ?? "");
    return lines.filter(Boolean);
}

/** Language tags in the reader's words, without regions: "English". Tags that no one knows stay as they are. */
export function languageNames(tags) {
    const names = new Intl.DisplayNames(["en"], { type: "language" });
    return list([...new Set(tags.map((tag) => {
        try {
            return names.of(new Intl.Locale(tag).language) ?? tag;
        } catch {
            return tag;
        }
    }))], "conjunction");
}

export const listOf = (items) => list(items, "conjunction");

/** The date and time of an RFC 3339 instant, where the reader is. */
export const when = (text) => new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
