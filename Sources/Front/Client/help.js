// Places where somebody is listened to, and what the service has to say outside of a conversation.

import { element } from "/view.js";

/** Cards for this person: those in a language that their browser asks for, then those for everybody. */
export function cardsFor(cards, languages) {
    const wanted = languages.map((tag) => tag.toLowerCase().split("-")[0]);
    const speaks = (card) => card.languages.some((tag) => wanted.includes(tag.toLowerCase().split("-")[0]));
    return [...cards.filter(speaks), ...cards.filter((card) => card.languages.length === 0)];
}

/** Shows the cards of the policy, or nothing where there are none. */
export function showHelp(isWanted, policy) {
    const cards = isWanted ? cardsFor(policy?.help ?? [], [...navigator.languages]) : [];
    const box = element("help");
    box.hidden = cards.length === 0;
    const key = JSON.stringify(cards);
    if (box.dataset.key === key) return;
    box.dataset.key = key;
    element("help-list").replaceChildren(...cards.map((card) => {
        const line = document.createElement("li");
        line.append(card.text);
        if (card.phone) line.append(" ", link(`tel:${card.phone.replaceAll(" ", "")}`, card.phone));
        if (card.url) line.append(" ", link(card.url, new URL(card.url).host));
        return line;
    }));
}

function link(target, text) {
    const made = document.createElement("a");
    made.href = target;
    made.textContent = text;
    if (target.startsWith("https:")) Object.assign(made, { target: "_blank", rel: "noopener noreferrer" });
    return made;
}

/** A word of the service that stays until it has been read: a warning, what became of a report. */
export function addNotice(text) {
    const line = document.createElement("li");
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "I have read this";
    close.addEventListener("click", () => {
        line.remove();
        element("notices").hidden = element("notices").children.length === 0;
    });
    line.append(text, " ", close);
    element("notices").append(line);
    element("notices").hidden = false;
}
