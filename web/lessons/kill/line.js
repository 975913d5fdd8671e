// The line: what one client asks for and hears, by which server, and how each of its questions and pipes ended.

import { now } from "/page/hubclock.js";

/** @import { Ear } from "/page/tap.js" */
/** @typedef {"ws" | "sse" | "longpoll" | "poll"} Way */
/**
 * A question, or a pipe. Times in ms of this page's clock; `to`: null while it lasts; `server`: null while that is not known;
 * `own`: it came to its end, or this client ended it; `cursor`: from where it asked.
 * @typedef {{from: number, to: number | null, server: string | null, own: boolean, cursor: string | null, heard: number[]}} Use
 */

export const WAYS = /** @type {Way[]} */ (["ws", "sse", "longpoll", "poll"]);
const NOTHING = { began() {}, answered() {}, failed() {}, heard() {}, said() {}, end() {} };

export class Line {
  uses = /** @type {Use[]} */ ([]);
  times = /** @type {Map<string, number>} */ (new Map()); // what was said → how often it was handed on
  arrived = /** @type {number[]} */ ([]); // when something was
  gaps = 0; // that were told

  /** @param {Way} way */
  constructor(way) {
    this.way = way;
  }

  /** Something is in this client's hands. @param {string} content */
  take(content) {
    this.times.set(content, (this.times.get(content) ?? 0) + 1);
    this.arrived.push(now());
  }

  /** The one that lasts, or was the last. */
  get last() {
    return this.uses.at(-1) ?? null;
  }

  /** The server of what lasts is this one, by its own word; what began since it was asked may be another's. @param {string} server @param {number} asked */
  isAt(server, asked) {
    const { last } = this;
    if (last && last.to === null && last.from < asked) last.server ??= server;
  }

  /** A fetch that reads in the head of each answer whose it is. @param {(address: string, options?: any) => Promise<Response>} fetch */
  signed(fetch) {
    /** @param {string} address @param {any} options */
    return async (address, options) => {
      const before = this.uses.length;
      const answering = fetch(address, options);
      const use = this.uses.length > before ? this.last : null;
      const answer = await answering;
      if (use) use.server ??= answer.headers.get("Lab-Server");
      return answer;
    };
  }

  /** The tap's: what is asked. @param {string} _side @param {string} _method @param {string} address @returns {Ear} */
  ask(_side, _method, address) {
    const { pathname, searchParams } = new URL(address, location.href);
    if (pathname.split("/").at(-1) !== this.way) return NOTHING;
    const use = /** @type {Use} */ ({ from: now(), to: null, server: null, own: true, cursor: searchParams.get("cursor"), heard: [] });
    this.uses.push(use);
    let refused = false;
    /** @param {boolean} own */
    const ends = (own) => {
      if (use.to === null) Object.assign(use, { to: now(), own: own && !refused });
    };
    /** @param {string} text */
    const heard = (text) => text.includes('"s2c"') && use.heard.push(now());
    return {
      ...NOTHING,
      began: (status) => void (refused = status >= 400),
      answered: (text) => {
        if (!refused) heard(text);
        ends(true);
      },
      failed: ends,
      heard,
    };
  }

  /** The first that broke after a time; null: none did. @param {number} at */
  broken(at) {
    return this.uses.find(({ to, own }) => to !== null && to >= at && !own) ?? null;
  }

  /** The one that was asked first after a time; null: none was. @param {number} at */
  after(at) {
    return this.uses.find(({ from, server }) => from >= at && server !== null) ?? null;
  }

  /** ms for which nothing came, at the longest, between these times. @param {number} from @param {number} to */
  silence(from, to) {
    const times = [...this.arrived.filter((at) => at > from && at < to), to];
    const before = Math.max(...this.arrived.filter((at) => at <= from), -Infinity);
    return Math.max(...times.map((at, i) => at - (times[i - 1] ?? Math.max(before, from - 1000))));
  }
}
