// The WebSocket of PROTOCOL.md section 2: says hello, comes back after a loss, matches answers to questions.

/** Close codes after which coming back by itself would be wrong or useless. */
const final = new Set([4000, 4001, 4003, 4009]);
const firstDelay = 250; // ms
const longestDelay = 10_000; // ms
/** A server that neither answers nor refuses within this time counts as lost, in ms. */
const patience = 8_000;

const socketURL = () =>
    `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/v1/signal`;

/** Says one thing on a connection of its own, without `hello`, and gives the answer; `undefined` where there is none. */
export function sayOnce(message) {
    return new Promise((resolve) => {
        const socket = new WebSocket(socketURL(), "tidegate.v1");
        const silence = setTimeout(() => socket.close(), patience);
        socket.onopen = () => socket.send(JSON.stringify(message));
        socket.onmessage = (event) => {
            try {
                resolve(JSON.parse(event.data));
            } catch {
                resolve(undefined);
            }
        };
        socket.onclose = () => {
            clearTimeout(silence);
            resolve(undefined);
        };
    });
}

export class Signal {
    #socket = null;
    #resume = null;
    #tries = 0;
    #timer = null;
    #number = 0;
    #waiting = new Map();
    #hoping = [];
    #onMessage;
    #onLink;
    /** Types of the messages that came and went, the newest last: for tests and for looking. */
    log = [];

    /**
     * @param onMessage called with each message of the server, except those that answer a request
     * @param onLink called with "connecting", "up", "lost" or "closed", and the close code
     */
    constructor(onMessage, onLink) {
        this.#onMessage = onMessage;
        this.#onLink = onLink;
        addEventListener("online", () => this.#timer !== null && this.connect());
    }

    connect() {
        clearTimeout(this.#timer);
        this.#timer = null;
        this.#socket?.close(1000);
        const socket = new WebSocket(socketURL(), "tidegate.v1");
        this.#socket = socket;
        const silence = setTimeout(() => this.#lost(socket, 0), patience);
        socket.onopen = () => {
            const hello = { type: "hello", version: 1 };
            if (this.#resume) hello.resume = this.#resume;
            this.send(hello);
        };
        socket.onmessage = (event) => {
            let message;
            try {
                message = JSON.parse(event.data);
            } catch {
                return;
            }
            if (typeof message?.type !== "string") return;
            this.#note("in", message.type);
            if (message.type === "welcome") {
                clearTimeout(silence);
                this.#resume = message.resume;
                this.#tries = 0;
                this.#onLink("up");
                for (const hope of this.#hoping.splice(0)) hope();
            }
            const answer = this.#waiting.get(message.re);
            if (answer) {
                this.#waiting.delete(message.re);
                answer(message);
            }
            this.#onMessage(message, answer !== undefined);
        };
        socket.onclose = (event) => {
            clearTimeout(silence);
            this.#lost(socket, event.code);
        };
    }

    get isUp() {
        return this.#socket?.readyState === WebSocket.OPEN;
    }

    send(message) {
        if (!this.isUp) return false;
        this.#socket.send(JSON.stringify(message));
        this.#note("out", message.type);
        return true;
    }

    /** Sends, and gives the message that answers it; `undefined` when the connection is lost before. */
    request(message) {
        const id = ++this.#number;
        return new Promise((resolve) => {
            this.#waiting.set(id, resolve);
            if (!this.send({ ...message, id })) {
                this.#waiting.delete(id);
                resolve(undefined);
            }
        });
    }

    /** Resolves after the next `welcome`. */
    whenUp() {
        return new Promise((resolve) => this.#hoping.push(resolve));
    }

    /** For tests: ends the socket as a lost network would, with no clean close of ours. */
    drop() {
        this.#socket?.close(4999);
    }

    #lost(socket, code) {
        if (socket !== this.#socket) return;
        socket.onclose = null;
        socket.close();
        this.#socket = null;
        for (const answer of this.#waiting.values()) answer(undefined);
        this.#waiting.clear();
        if (final.has(code)) {
            this.#resume = null;
            this.#onLink("closed", code);
            return;
        }
        // Half of the delay is fixed, half is chance, so that a restarted server is not met by all at once.
        const slower = code === 4029 ? 4 : 0;
        const delay = Math.min(longestDelay, firstDelay * 2 ** (this.#tries + slower));
        this.#tries = Math.min(this.#tries + 1, 10);
        this.#timer = setTimeout(() => this.connect(), delay / 2 + (Math.random() * delay) / 2);
        this.#onLink("lost", code);
    }

    #note(direction, type) {
        this.log.push(`${direction} ${type}`);
        if (this.log.length > 500) this.log.shift();
    }
}
