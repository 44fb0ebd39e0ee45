// The proof of age: the issuer's window, and the token that comes back from it.

import { element } from "/view.js";
import * as words from "/words.js";

/** A nonce is good for 10 minutes; a younger one leaves time to prove something with it. In ms. */
const freshNonce = 4 * 60_000;

export class AgeProof {
    #model;
    #signal;
    #update;
    #window = null;

    /** @param update shows what has changed in the model */
    constructor(model, signal, update) {
        this.#model = model;
        this.#signal = signal;
        this.#update = update;
        element("age-open").addEventListener("click", () => this.#open());
        element("age-form").addEventListener("submit", (event) => {
            event.preventDefault();
            this.#attest(element("age-token").value.trim());
        });
        addEventListener("message", (event) => this.#hear(event));
    }

    async #open() {
        const model = this.#model;
        if (performance.now() - model.nonceAt > freshNonce) await this.#signal.request({ type: "nonce" });
        const url = new URL(model.policy.attest_url, location.href);
        url.searchParams.set("nonce", model.nonce);
        this.#window = open(url, "tidegate-age", "popup,width=520,height=640");
        if (!this.#window) model.ageProblem = "The browser did not open the window. Allow pop-ups for this page.";
        this.#update();
    }

    async #attest(token) {
        const model = this.#model;
        model.ageProblem = "";
        const answer = await this.#signal.request({ type: "attest", token });
        if (answer?.type !== "age") {
            model.ageProblem = answer ? words.errorText(answer) : "The connection was lost. Please try again.";
            // A token that was read has used the nonce up.
            await this.#signal.request({ type: "nonce" });
        }
        this.#update();
    }

    #hear(event) {
        if (!this.#window || event.source !== this.#window) return;
        const issuer = new URL(this.#model.policy.attest_url, location.href).origin;
        if (event.origin !== location.origin && event.origin !== issuer) return;
        const { type, token } = event.data ?? {};
        if (type === "tidegate-attestation" && typeof token === "string") this.#attest(token.trim());
    }
}
