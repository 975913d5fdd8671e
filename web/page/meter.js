// The meter: what a seat costs on the wire, as the hub counts it, for a page cannot know.

import { now } from "./hubclock.js";

/** @typedef {Record<string, number>} Counts   of one transport: /stats says which there are */
/** @typedef {{at: number, counts: Record<string, Counts>}} Sample */
/** @typedef {{requests: number, perMinute: number, empty: number, answers: number, bytes: number | null}} Figures */

export const WINDOW = 30_000; // ms that figures look back
const TOGETHER = 100; // ms
const AGAIN = 2000; // ms between two looks where there is no WebSocket, and before one that was lost is opened again

/** Watches clients: `figures(id, transport, from)` of at most the last half minute. Tells of news by `change`. */
export class Meter extends EventTarget {
  #samples = /** @type {Map<string, Sample[]>} */ (new Map()); // id -> [{at, counts}], oldest first
  #line = /** @type {WebSocket | null} */ (null);
  #timer = 0;
  /** Whose these are, of how many, where several servers share a log. @type {[string, number] | undefined} */
  server;

  /**
   * `names`: a function that gives the ids to watch, null for those not known yet.
   * @param {() => (string | null)[]} names
   */
  constructor(names) {
    super();
    this.names = names;
    document.addEventListener("visibilitychange", () => this.watch()); // a hidden tab holds no line for this
  }

  /** Watch those there are now, once those that come to be known together are known. */
  watch() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#watch(), TOGETHER);
  }

  #watch() {
    const ids = this.names().filter((id) => id !== null);
    this.#line?.close();
    this.#line = null;
    if (document.hidden || !ids.length) return;
    const query = ids.map((id) => `client=${encodeURIComponent(id)}`).join("&");
    if (globalThis.WebSocket) this.#open(`/lab/watch?${query}`);
    else this.#ask(ids);
  }

  /** @param {string} path */
  #open(path) {
    const line = new WebSocket(path);
    this.#line = line;
    line.onmessage = ({ data }) => this.#take(JSON.parse(data));
    line.onclose = () => {
      if (this.#line === line) this.#timer = setTimeout(() => this.watch(), AGAIN);
    };
  }

  /**
   * Without WebSocket: ask now and then, which holds none of the six connections of a browser.
   * @param {string[]} ids
   */
  async #ask(ids) {
    const figures = /** @type {Record<string, Record<string, Counts>>} */ ({});
    try {
      for (const id of ids) figures[id] = (await (await fetch(`/stats?client=${id}`)).json()).transports;
      this.#take(figures);
    } catch {
      // the hub is away; it is asked again
    }
    this.#timer = setTimeout(() => this.watch(), AGAIN);
  }

  /** @param {any} figures */
  #take(figures) {
    const at = now();
    this.server = figures.server;
    for (const [id, counts] of Object.entries(figures)) {
      const samples = this.#samples.get(id) ?? [];
      samples.push({ at, counts });
      while (samples.length > 2 && samples[1].at < at - WINDOW) samples.shift();
      this.#samples.set(id, samples);
    }
    this.dispatchEvent(new Event("change"));
  }

  /**
   * What reading by this transport has cost a client since `from` (ms of this page's clock), at most within the window.
   * `bytes`: up and down, for each message. Null: the hub has told nothing yet.
   * @param {string | null} id @param {string} transport @param {number} from @returns {Figures | null}
   */
  figures(id, transport, from) {
    const samples = this.#samples.get(id ?? "");
    if (!samples) return null;
    const begin = Math.max(from, now() - WINDOW);
    const first = samples.findLast(({ at }) => at <= begin) ?? samples[0];
    const last = samples[samples.length - 1];
    /** @param {keyof Counts} name */
    const since = (name) => (last.counts[transport]?.[name] ?? 0) - (first.counts[transport]?.[name] ?? 0);
    const seconds = Math.max(5, (now() - Math.max(begin, samples[0].at)) / 1000);
    const messages = since("messages");
    return {
      requests: since("requests"),
      perMinute: Math.round((since("requests") / seconds) * 60),
      empty: since("empty"),
      answers: since("empty") + since("news"),
      bytes: messages ? Math.round((since("up") + since("down")) / messages) : null,
    };
  }
}
