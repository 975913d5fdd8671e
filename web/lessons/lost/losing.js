// The losing: a hundred messages over a line that cuts answers, to a client of the queue and to one of the log.

import { newSid } from "/client/codec.js";
import { io } from "/client/socket.js";
import { numbered, parted } from "/page/alone.js";
import { now } from "/page/hubclock.js";
import { linkName } from "/page/network.js";
import { begin } from "/page/speaking.js";
import { asked, lead, posted } from "../asking.js";
import { orAbort, sleep } from "../waiting.js";

/** @import { Fate } from "../marks.js" */
/** @import { Socket } from "/client/socket.js" */

export const COUNT = 100; // messages
export const NETWORK = "cut:0.3";
const LEAD = 50; // ms from asking the hub to speak until it does
const HOLD = 2; // s that a question may wait: after the last message one more answer ends the run
const AGAIN = 50; // ms until a client of the queue asks again, when its answer was cut
const PATIENCE = 20_000; // ms for the hub to answer at all
const LATE = 80_000; // ms after the last message for all to be here: four cuts in a row make a client of the log pause for long

/** What came to one client: how often each message, and how many answers it has had, how many of them cut. */
export class Heard {
  times = /** @type {number[]} */ (Array.from({ length: COUNT }, () => 0));
  answers = 0;
  cut = 0;

  get here() {
    return this.times.filter(Boolean).length;
  }

  get twice() {
    return this.times.filter((n) => n > 1).length;
  }

  /** What became of each; what is not here by the end is lost. @param {boolean} over @returns {Fate[]} */
  fates(over) {
    return this.times.map((n) => (n > 1 ? "twice" : n ? "here" : over ? "lost" : "waits"));
  }
}

export class Losing {
  queue = new Heard();
  log = new Heard();
  said = 0;
  sent = 0; // messages that the hub wrote to the client of the log
  over = false;
  #sid = newSid(); // of the client of the queue, and the feed is this one's
  #room = `lesson-${newSid()}`;
  #links = { queue: `/via/~${linkName()}`, log: `/via/~${linkName()}` };
  #socket = /** @type {Socket | null} */ (null);
  #ended = Infinity; // when the last message is said
  #asked = 0; // when the last whole answer of the queue was asked for

  /** @param {{length: number}} settings ms in which the hub speaks */
  constructor({ length }) {
    this.length = length;
  }

  /** Run to the end. Throws where the hub does not answer, or the signal aborts. @param {AbortSignal} signal */
  async run(signal) {
    const mine = new AbortController();
    const stop = () => mine.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      await this.#join(signal);
      await Promise.race([this.#follow(mine.signal), this.#listen(mine.signal)]);
      await this.#count(signal);
      this.over = true;
    } finally {
      signal.removeEventListener("abort", stop);
      mine.abort(new Error("over"));
      this.#socket?.close();
      fetch(`/bye?sid=${this.#sid}`, { method: "POST", keepalive: true }).catch(() => {});
    }
  }

  /** Both are in the room, and have begun to read: by networks that do nothing yet. @param {AbortSignal} signal */
  async #join(signal) {
    await asked(`/lab/queue?sid=${this.#sid}&hold=1`, { signal });
    await posted(`/emit?sid=${this.#sid}`, { emits: numbered(this.#room) }, signal);
    const options = { use: /** @type {const} */ ("longpoll"), hold: HOLD, autoConnect: false };
    const socket = io(this.#links.log, { ...options, transports: ["longpoll"], world: { fetch: this.#counted(), storage: null } });
    this.#socket = socket;
    socket.on("feed", (data, _reply, message) => message.room === this.#room && this.#heard(this.log, data));
    const known = new Promise((resolve) => socket.onHello(resolve));
    socket.emit("name", { name: "lesson: log" });
    socket.connect();
    await orAbort(Promise.all([parted(socket, this.#room, { timeout: PATIENCE }), known]), signal);
    await sleep(1000, signal); // the first question of a rung is held for a second at most
    const seed = Math.floor(Math.random() * 2 ** 31);
    for (const link of Object.values(this.#links)) {
      await lead(link, NETWORK, signal, { seed });
    }
    this.queue = new Heard();
    this.log.answers = this.log.cut = 0;
  }

  /** Speak, and wait until both have what they will ever have. @param {AbortSignal} signal */
  async #follow(signal) {
    const rate = (COUNT * 1000) / this.length;
    await begin(this.#sid, { rate, seconds: (COUNT - 0.5) / rate, size: 0, room: this.#room }, signal);
    const began = now() + LEAD;
    this.#ended = began + this.length;
    for (;;) {
      await sleep(AGAIN, signal);
      this.said = Math.min(COUNT, Math.max(0, Math.floor(((now() - began) * COUNT) / this.length) + 1));
      const late = now() > this.#ended + PATIENCE;
      if (this.#asked > this.#ended && (this.log.here === COUNT || now() > this.#ended + LATE)) return;
      if (late && this.#asked <= this.#ended) throw new Error(`no whole answer in ${PATIENCE / 1000} s`);
    }
  }

  /** Read the queue: ask, take what is there, ask again. What was cut cannot be asked for. @param {AbortSignal} signal */
  async #listen(signal) {
    for (;;) {
      const at = now();
      try {
        const batch = await asked(`${this.#links.queue}/lab/queue?sid=${this.#sid}&hold=${HOLD}`, { signal });
        this.queue.answers += 1;
        this.#asked = at;
        for (const { event, room, data } of batch.messages) {
          if (event === "feed" && room === this.#room) this.#heard(this.queue, data);
        }
      } catch (/** @type {any} */ error) {
        if (signal.aborted || error.code) throw error;
        this.queue.answers += 1;
        this.queue.cut += 1;
        await sleep(AGAIN, signal);
      }
    }
  }

  /** @param {Heard} whose @param {{n: number}} data */
  #heard(whose, { n }) {
    whose.times[n] += 1;
  }

  /** A fetch for the client of the log that counts its answers, and those whose end does not come. */
  #counted() {
    /** @param {string} address @param {any} options */
    return async (address, options) => {
      const answer = await fetch(address, options);
      if (!address.includes("/longpoll?")) return answer;
      const text = answer.text.bind(answer);
      answer.text = async () => {
        try {
          const whole = await text();
          this.log.answers += 1;
          return whole;
        } catch (error) {
          if (!options.signal?.aborted) {
            this.log.answers += 1;
            this.log.cut += 1;
          }
          throw error;
        }
      };
      return answer;
    };
  }

  /** What the hub's meter says it wrote. @param {AbortSignal} signal */
  async #count(signal) {
    const { transports } = await asked(`/stats?client=${encodeURIComponent(this.#socket?.id ?? "")}`, { signal });
    this.sent = transports.longpoll?.messages ?? 0;
  }
}
