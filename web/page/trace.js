// The trace: what the hub saw of this page's own clients, and what time it is there.

import { HubClock, now } from "./hubclock.js";

/** @typedef {[exchange: number, at: number, kind: string, bytes: number, more: any]} Seen   what the hub saw of an exchange */
/** @typedef {{pong?: number, now: number, events?: Record<string, [missed: number, news: Seen[]]>}} Told */

const AGAIN = 1000; // ms before a line that was lost is opened again
const ASK_TIME = [0, 300, 1000, 5000]; // ms after the line opened; then as the last
const CLOCKS = 8; // answers about the time that are kept; the quickest of them is believed

/** Looks at clients by their sids, which stay in memory. `take(sid, missed, events)` gets what is new. */
export class Trace {
  #looked = /** @type {Map<string, number>} */ (new Map()); // sid -> events taken
  #clock = new HubClock(CLOCKS);
  #line = /** @type {WebSocket | null} */ (null);
  #timer = 0;

  /** @param {(sid: string, missed: number, events: Seen[]) => void} take */
  constructor(take) {
    this.take = take;
    if (globalThis.WebSocket) this.#open();
    document.addEventListener("visibilitychange", () => !document.hidden && !this.#line && this.#open());
  }

  /** Whether the hub's side is told. */
  get live() {
    return this.#line?.readyState === 1;
  }

  /** ms to add to the hub's clock to have this page's. */
  get offset() {
    return this.#clock.offset;
  }

  /** ms by which the offset may be wrong. */
  get doubt() {
    return this.#clock.doubt;
  }

  /** Look at this client from now on. @param {string} sid */
  look(sid) {
    if (this.#looked.has(sid)) return;
    this.#looked.set(sid, 0);
    if (this.live) this.#say({ look: { [sid]: 0 } });
  }

  /** @param {unknown} words */
  #say(words) {
    this.#line?.send(JSON.stringify(words));
  }

  #open() {
    const line = new WebSocket("/lab/trace");
    this.#line = line;
    let asked = 0;
    const ask = () => {
      if (line.readyState !== 1) return;
      this.#say({ ping: now() });
      this.#timer = setTimeout(ask, ASK_TIME[Math.min((asked += 1), ASK_TIME.length - 1)]);
    };
    line.onopen = () => {
      this.#clock.forget();
      if (this.#looked.size) this.#say({ look: Object.fromEntries(this.#looked) });
      ask();
    };
    line.onmessage = ({ data }) => this.#heard(JSON.parse(data));
    line.onclose = () => {
      clearTimeout(this.#timer);
      this.#line = null;
      if (!document.hidden) setTimeout(() => !this.#line && this.#open(), AGAIN);
    };
  }

  /** @param {Told} told */
  #heard({ pong, now: hub, events }) {
    if (pong !== undefined) this.#clock.take(pong, hub);
    for (const [sid, [missed, news]] of Object.entries(events ?? {})) {
      this.#looked.set(sid, (this.#looked.get(sid) ?? 0) + missed + news.length);
      this.take(sid, missed, news);
    }
  }
}
