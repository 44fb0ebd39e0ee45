// The chat: lines of both, what was not delivered, and "they are writing".

import { element } from "/view.js";
import * as words from "/words.js";

/** After this long without a key the other is told that writing has paused, in ms. */
const pause = 3_000;
/** Older lines go, so that a long conversation stays light. */
const mostLines = 200;

export class Chat {
    #signal;
    #pair;
    #timer = null;

    /** @param pair gives the id of the current pair, or undefined */
    constructor(signal, pair) {
        this.#signal = signal;
        this.#pair = pair;
        element("chat-form").addEventListener("submit", (event) => {
            event.preventDefault();
            this.#send();
        });
        element("chat-text").addEventListener("input", () => this.#typing(true));
    }

    clear() {
        clearTimeout(this.#timer);
        this.#timer = null;
        element("chat-log").replaceChildren();
        element("chat-text").value = "";
        element("typing").textContent = "";
    }

    partnerTypes(on) {
        element("typing").textContent = on ? "They are writing…" : "";
    }

    add(from, text) {
        const line = document.createElement("li");
        line.className = from;
        const who = document.createElement("span");
        who.className = "who";
        who.textContent = { me: "You", them: "They", notice: "Note" }[from];
        line.append(who, " ", text);
        const log = element("chat-log");
        log.append(line);
        while (log.children.length > mostLines) log.firstChild.remove();
        log.scrollTop = log.scrollHeight;
        if (from === "them") this.partnerTypes(false);
        return line;
    }

    async #send() {
        const field = element("chat-text");
        const text = field.value.trim();
        const pair = this.#pair();
        if (!text || !pair) return;
        field.value = "";
        this.#typing(false);
        const line = this.add("me", text);
        const answer = await this.#signal.request({ type: "chat", text, pair });
        if (answer?.type === "chat_sent") return;
        line.classList.add("failed");
        line.append(` (${answer ? words.errorText(answer) : "not delivered: the connection was lost"})`);
    }

    #typing(on) {
        const pair = this.#pair();
        if (on !== (this.#timer !== null) && pair) this.#signal.send({ type: "typing", on, pair });
        clearTimeout(this.#timer);
        this.#timer = on ? setTimeout(() => this.#typing(false), pause) : null;
    }
}
