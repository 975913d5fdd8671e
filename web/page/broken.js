// Broken: what came of the experiment that cuts a seat's WebSocket: how it fell back, and whether anything was lost.

import { phrase } from "./phrases.js";
import { clock, took } from "./time.js";
import { hush, learn, say } from "./words.js";

/** @import { Seat } from "./seat.js" */
/** @import { Values } from "./words.js" */
/** @typedef {{from: string, to: string, gapMs: number}} Switch */

await Promise.all([learn("/page/texts/broken"), learn("/page/texts/said")]);

export class Broken {
  #since = /** @type {number | null} */ (null); // ms since 1970; null: it is whole
  #fell = /** @type {Switch | null} */ (null); // from WebSocket to another, since then
  #heard = /** @type {number[]} */ ([]); // the numbers of the feed's messages, from the last before it on
  #feed = /** @type {string | null} */ (null);

  /** @param {HTMLElement} event says what happened, once @param {HTMLElement} count says what has arrived, again and again @param {Seat} seat */
  constructor(event, count, seat) {
    this.event = event;
    this.count = count;
    this.seat = seat;
    seat.socket.onLife((name, detail) => name === "switch" && this.#switched(detail));
    seat.socket.on("feed", ({ feed, n }) => this.#hear(feed, n));
  }

  /** From now on it is broken, or whole. @param {boolean} broken */
  be(broken) {
    if (broken === (this.#since !== null)) return this.show();
    const { last } = this.seat;
    [this.#since, this.#fell] = [broken ? Date.now() : null, null];
    [this.#feed, this.#heard] = last ? [last.feed, [last.n]] : [null, []];
    return this.show();
  }

  /** @param {Switch} detail */
  #switched(detail) {
    if (this.#since === null || detail.from !== "ws") return;
    this.#fell ??= detail;
    this.show();
  }

  /** @param {string} feed @param {number} n */
  #hear(feed, n) {
    if (feed !== this.#feed) [this.#feed, this.#heard] = [feed, []];
    this.#heard.push(n);
  }

  show() {
    const { event, count, seat } = this;
    if (this.#since === null) {
      hush(event);
      return hush(count);
    }
    const name = seat.shownName;
    if (!this.#fell) say(event, "broken.now", { name });
    else say(event, this.#fell.gapMs ? "broken.fell" : "broken.fell.at.once", { name, to: { text: `called.${this.#fell.to}` }, gap: took(this.#fell.gapMs) });
    return say(count, "broken.count", { arrived: this.#arrived, tried: this.#tried });
  }

  /** Each message of the feed has a number: those that are missing between two of them are lost. @returns {Values} */
  get #arrived() {
    const [first, ...since] = this.#heard;
    if (!since.length) return { text: "broken.none" };
    const last = Math.max(...since);
    const lost = last - first - new Set(since.filter((n) => n > first)).size;
    const again = since.length - new Set(since).size;
    const late = since.some((n, i) => n < (i ? since[i - 1] : first));
    if (lost || again || late) return { text: "broken.lost", lost, again, count: last - first };
    return { text: "broken.all", count: since.length };
  }

  /** How often it was tried since, and when next. @returns {Values} */
  get #tried() {
    const { decisions, rungs } = this.seat.socket;
    const cuts = decisions.filter(({ at, parts: [first] }) => at > Number(this.#since) && first.key === "died" && first.rung === "ws");
    const { state, until = null } = rungs.find(({ name }) => name === "ws") ?? {};
    if (!cuts.length) return { text: "broken.untried" };
    const last = phrase(cuts[cuts.length - 1].parts.slice(0, 1));
    const rests = state === "resting" && until;
    return { text: rests ? "broken.rests" : "broken.tried", count: cuts.length, last, when: rests ? clock(until) : "" };
  }
}
