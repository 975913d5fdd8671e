// A reading: the browser's own EventSource through a network, while the hub says ten things in a room of its own.

import { newSid } from "/client/codec.js";
import { numbered } from "/page/alone.js";
import { heads } from "/page/heads.js";
import { now } from "/page/hubclock.js";
import { linkName } from "/page/network.js";
import { begin } from "/page/speaking.js";
import { asked, lead, posted } from "../asking.js";
import { insist } from "../hubsaw.js";
import { sleep } from "../waiting.js";

/** @import { News, Span } from "../lane.js" */

export const COUNT = 10; // events
const READY = 300; // ms until the hub has the reader, whether or not the browser hears of it
const AGAIN = 100; // ms between two looks at what comes
const QUIET = 3000; // ms for the heartbeat that is shown beside the last event

/**
 * What there is to see while it runs and after; times in ms of this page's clock, null for what has not happened.
 * `length`: ms of the whole; `every`: between two events; `last`: when the answer is ended; `cut`: when the line is.
 */
export class Reading {
  transport = /** @type {const} */ ("sse");
  began = /** @type {number | null} */ (null);
  ended = /** @type {number | null} */ (null); // the hub was told to end the answer
  over = false;
  questions = /** @type {never[]} */ ([]);
  spans = /** @type {Span[]} */ ([]);
  requests = 0; // as the hub counts them
  early = 0; // events that came before the answer ended
  raw = "";
  head = ""; // of the browser's last request
  #sid = newSid();
  #room = `lesson-${newSid()}`;
  #link = `/via/~${linkName()}`;
  #news = /** @type {News[]} */ ([]);
  #id = ""; // of the event before
  #before = ""; // that id, when the last of the ten came
  #source = /** @type {EventSource | null} */ (null);

  /** @param {{network: string, length: number, every: number, last: number, cut?: number, offset: () => number}} settings */
  constructor({ network, length, every, last, cut, offset }) {
    this.network = network;
    this.length = length;
    this.every = every;
    this.last = last;
    this.cut = cut;
    this.offset = offset;
  }

  /** ms since it began, at most its length; 0 before. */
  get at() {
    return this.began === null ? 0 : Math.min(this.length, now() - this.began);
  }

  /** What the hub has said so far, and when it came. */
  get news() {
    return this.#news.filter(({ said }) => said <= now());
  }

  /** Run to the end. Throws where the hub does not answer, or the signal aborts. @param {AbortSignal} signal */
  async run(signal) {
    try {
      const { cursor } = await asked(`/poll?sid=${this.#sid}`, { signal });
      const { you } = await asked(`/hello?sid=${this.#sid}`, { signal });
      await posted(`/emit?sid=${this.#sid}`, { emits: numbered(this.#room) }, signal);
      await lead(this.#link, this.network, signal);
      this.#listen(cursor);
      await sleep(READY, signal);
      if (this.cut !== undefined) await insist(() => heads(this.#sid, "sse")); // who is looked at once is remembered for longer
      await this.#speak(signal);
      if (this.cut !== undefined) await this.#strike(signal);
      await this.#until(this.last, signal);
      const { transports } = await asked(`/stats?client=${you.id}`, { signal });
      this.requests = transports.sse?.requests ?? 0;
      this.early = this.#came;
      if (this.cut !== undefined) this.head = (await insist(() => heads(this.#sid, "sse")))?.up.trimEnd() ?? "";
      else if (this.network === "direct") this.raw = await this.#again(signal);
      this.ended = now();
      await this.#bye();
      await this.#until(this.length, signal);
      this.over = true;
    } finally {
      this.#source?.close();
      this.#span(false);
      if (this.ended === null) this.#bye().catch(() => {});
    }
  }

  get #came() {
    return this.#news.filter(({ came }) => came !== null).length;
  }

  /** @param {string} cursor */
  #listen(cursor) {
    const source = new EventSource(`${this.#link}/sse?sid=${this.#sid}&cursor=${cursor}&heartbeat=30`);
    this.#source = source;
    source.onopen = () => this.#span(true);
    source.onerror = () => {
      this.#span(false);
      if (this.ended !== null) source.close(); // else it would ask for what is over, again and again
    };
    source.onmessage = ({ data, lastEventId }) => {
      for (const message of JSON.parse(data).messages) {
        if (message.event !== "feed" || message.room !== this.#room) continue; // others speak, too
        this.#heard(message.data);
        if (message.data.n === COUNT - 1) this.#before = this.#id;
      }
      this.#id = lastEventId;
    };
  }

  /** The stream is open from now on, or no more. @param {boolean} open */
  #span(open) {
    const last = this.spans.at(-1);
    if (open) this.spans.push({ from: now(), to: null });
    else if (last) last.to ??= now();
  }

  /** An event is here: its planned moment is in it. @param {{n: number, at: number}} data */
  #heard({ n, at }) {
    this.#news[n] = { said: at + this.offset(), came: now() };
  }

  /** The hub begins to speak: its moments are planned. @param {AbortSignal} signal */
  async #speak(signal) {
    const rate = 1000 / this.every;
    const seconds = ((COUNT - 0.5) * this.every) / 1000;
    const lead = now();
    await begin(this.#sid, { rate, seconds, size: 0, room: this.#room }, signal);
    this.began = lead;
    for (let n = 0; n < COUNT; n += 1) this.#news[n] ??= { said: now() + 50 + n * this.every, came: null };
  }

  /** The line breaks; when the browser asks again the network is as it was. @param {AbortSignal} signal */
  async #strike(signal) {
    await this.#until(this.cut ?? 0, signal);
    await lead(this.#link, "portal", signal); // which closes what is open
    await lead(this.#link, this.network, signal);
  }

  /** The last event once more, as text, and the next heartbeat: reading takes nothing away. @param {AbortSignal} signal */
  async #again(signal) {
    const cursor = this.#before;
    if (!cursor) return "";
    const stop = new AbortController();
    signal.addEventListener("abort", () => stop.abort(), { once: true });
    const timer = setTimeout(() => stop.abort(), QUIET);
    let blocks = /** @type {string[]} */ ([]);
    try {
      const answer = await fetch(`/sse?sid=${this.#sid}&cursor=${cursor}&heartbeat=1`, { signal: stop.signal });
      const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = ""; !blocks.some(beats); ) {
        const { value = "", done } = (await reader?.read()) ?? { done: true };
        if (done) break;
        text += value;
        blocks = text.split("\n\n").slice(0, -1);
      }
    } catch {
      signal.throwIfAborted(); // else others speak all the time, and there is no heartbeat to show
    } finally {
      clearTimeout(timer);
      stop.abort();
    }
    return [blocks[0] ?? "", blocks.find(beats) ?? ""].filter(Boolean).join("\n\n");
  }

  /** Leave: the hub ends the answer. */
  #bye() {
    return fetch(`/bye?sid=${this.#sid}`, { method: "POST", keepalive: true });
  }

  /** Wait until so many ms after the beginning. @param {number} ms @param {AbortSignal} signal */
  async #until(ms, signal) {
    while (now() < Number(this.began) + ms) await sleep(Math.min(AGAIN, Number(this.began) + ms - now()), signal);
  }
}

/** Whether a block is a batch of no messages. @param {string} block */
function beats(block) {
  return block.includes('"messages":[]');
}
