// The clocks: how far the hub's is from this page's, and how long the way there is.

import { HubClock, now } from "../hubclock.js";

const AGAIN = [0, 100, 200, 400, 800, 2000, 5000]; // ms from one question to the next; then as the last
const LOST = 1000; // ms before a line that was lost is opened again
const KEPT = 12; // answers; the quickest of them is believed, for both its ways were the shortest

/** Asks the hub for its time over a line of its own, while it is open. */
export class AskingClock extends HubClock {
  #line = /** @type {WebSocket | null} */ (null);
  #timer = 0;

  constructor() {
    super(KEPT);
  }

  open() {
    if (this.#line || !globalThis.WebSocket) return;
    const line = new WebSocket("/lab/trace");
    this.#line = line;
    let asked = 0;
    const ask = () => {
      if (line.readyState === 1) line.send(JSON.stringify({ ping: now() }));
      this.#timer = setTimeout(ask, AGAIN[Math.min((asked += 1), AGAIN.length - 1)]);
    };
    line.onopen = ask;
    line.onmessage = ({ data }) => this.#heard(JSON.parse(data));
    line.onclose = () => {
      if (this.#line !== line) return;
      this.close();
      this.#timer = setTimeout(() => this.open(), LOST);
    };
  }

  close() {
    clearTimeout(this.#timer);
    const line = this.#line;
    this.#line = null;
    line?.close();
  }

  /** @param {{pong?: number, now: number}} told */
  #heard({ pong, now: hub }) {
    if (pong !== undefined) this.take(pong, hub);
  }
}

/** The smallest round trip of some small requests, in ms: what the browser, the way and the hub take at least. */
export async function roundTrip(url = "/hello", times = 6) {
  let least = Infinity;
  for (let i = 0; i < times; i += 1) {
    const began = now();
    await (await fetch(url, { cache: "no-store" })).text();
    if (i) least = Math.min(least, now() - began); // the first may have had to open a connection
  }
  return least;
}
