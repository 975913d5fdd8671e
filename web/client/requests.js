// @ts-check
// The requests a client makes beside its reading: what it emits by POST, /hello, and the goodbye.
import { Failure } from "./closings.js";
import { ask, wireUrl } from "./wire.js";
/** @import {Part, World} from "./types.js" */

export class Requests {
  #world;
  #base;
  #postBase; // where POSTs go: a redirect may have led them elsewhere
  #say;

  /** @param {{world: World, base: string, say: (parts: Part[]) => void}} of */
  constructor({ world, base, say }) {
    this.#world = world;
    this.#base = this.#postBase = base;
    this.#say = say;
  }

  /**
   * A redirect by 301, 302 or 303 makes a GET of a POST, and what was to go up is lost. It is posted again where that
   * led, as 307 and 308 would have had it, and the next ones at once; where that fails, here again.
   * @param {string} sid @param {string} text @param {AbortSignal} signal @param {boolean} again @returns {Promise<any>}
   */
  async post(sid, text, signal, again = true) {
    const headers = { "Content-Type": "application/json" };
    const url = wireUrl(this.#postBase, "emit", { sid });
    try {
      return await ask(this.#world.fetch, url, { method: "POST", body: text, headers, signal });
    } catch (failure) {
      const { kind = null, movedTo = null } = failure instanceof Failure ? failure : {};
      if (again && movedTo && movedTo !== this.#postBase) {
        this.#postBase = movedTo;
        this.#say([{ key: "moved", base: movedTo }]);
        return this.post(sid, text, signal, false);
      }
      if (kind === "lost") this.#postBase = this.#base;
      throw failure;
    }
  }

  /** @param {string} sid @param {AbortSignal} signal */
  hello(sid, signal) {
    return ask(this.#world.fetch, wireUrl(this.#base, "hello", { sid }), { signal });
  }

  /**
   * text/plain, so that no browser has to ask first: a page that closes has no time for that.
   * @param {string} sid @param {string} words what still goes up
   */
  bye(sid, words) {
    const url = wireUrl(this.#postBase, "bye", { sid });
    if (this.#world.beacon?.(url, words)) return;
    this.#world.fetch(url, { method: "POST", body: words, keepalive: true }).catch(() => {}); // then the grace ends it
  }
}
