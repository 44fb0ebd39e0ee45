// What somebody says against a decision about them: on a connection of its own, for who is banned has no other.

import { sayOnce } from "/signal.js";
import { element } from "/view.js";
import * as words from "/words.js";

let shown = null;

/** Shows the form for the decision in a statement, or nothing. */
export function showAppeal(decision) {
    element("appeal").hidden = !decision;
    if (shown === decision) return;
    shown = decision;
    element("appeal-state").textContent = "";
    element("appeal-send").disabled = false;
}

export function wireAppeal() {
    element("appeal").addEventListener("submit", async (event) => {
        event.preventDefault();
        const comment = element("appeal-text").value.trim();
        if (!comment) return;
        element("appeal-send").disabled = true;
        element("appeal-state").textContent = "Sending…";
        const answer = await sayOnce({ type: "appeal", decision: shown, comment });
        const isReceived = answer?.type === "appeal_received";
        element("appeal-send").disabled = isReceived;
        element("appeal-state").textContent = isReceived
            ? "Your objection has arrived. Somebody will look at it. Come back later to see what was decided."
            : answer ? words.appealError(answer) : "The connection was lost. Please try again.";
    });
}
