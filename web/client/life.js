// @ts-check
// The life cycle: which events an application hears of a connection that comes and goes, in the article's order.

import { sentence } from "./sentences.js";

const TAKE_OVER = 1500; // ms: a loss that is made good within it is a switch, not a disconnect

/**
 * @typedef {import("./types.js").Part} Part
 * @typedef {"new"|"on"|"lost"|"off"|"ended"} Phase lost: nothing reads, and that is not yet a disconnect
 */

/** Pure: told what happens and when, it decides what to tell the application. */
export class Life {
  /** @type {Phase} */ state = "new";
  /** @type {string|null} */ transport = null; // that read last
  lostAt = 0;
  attempt = 0; // to come back, since the last disconnect
  failedOnce = false;
  /** @type {number|null} */ gap = null; // ms without a reader, when the attempt in use changed last
  longestGap = 0;
  /** @type {Part[]} */ why = [];
  /** @type {number|null} */ #trying = null; // an attempt is under way, begun after so many ms
  /** @type {string|null} */ #open = null; // the rung of it that opened last

  /** @param {import("./ladder.js").Command[]} out */
  constructor(out) {
    this.out = out;
  }

  restart() {
    this.state = "new";
    this.transport = this.#trying = this.#open = null;
    this.attempt = 0;
    this.failedOnce = false;
  }

  get due() {
    return this.state === "lost" ? this.lostAt + TAKE_OVER : Infinity;
  }

  get connected() {
    return this.state === "on" || this.state === "lost";
  }

  /** @param {number} now @returns {Part[]} */
  silence(now) {
    return this.state === "lost" ? [{ key: "silence", time: now - this.lostAt }] : [];
  }

  /** @param {number} waited */
  begins(waited) {
    this.#trying = waited;
    this.#open = null;
    this.#announce();
  }

  /** @param {string} transport */
  opens(transport) {
    this.#open = transport;
    if (this.state === "new" || this.state === "off") this.#tell("connecting", { transport });
  }

  /**
   * `detail`: of its first batch.
   * @param {number} now @param {string} transport @param {Part[]} why @param {{fresh?: boolean, missed?: number|null}} detail
   */
  reads(now, transport, why, detail) {
    const from = this.transport;
    const before = this.state;
    this.state = "on";
    this.transport = transport;
    this.#trying = null;
    const gapMs = before === "lost" || before === "off" ? Math.round(now - this.lostAt) : 0;
    if (before !== "new") this.gap = gapMs; // that of a rung which is back within TAKE_OVER, too, though no event tells it
    this.longestGap = Math.max(this.longestGap, gapMs);
    if (before === "on" || before === "lost") {
      if (transport !== from || before === "on") this.#tell("switch", { from, to: transport, gapMs }, why);
      return;
    }
    this.attempt = 0;
    if (before === "off") this.#tell("reconnect", { transport, ...detail, gapMs });
    this.#tell("connect", { transport, ...detail });
  }

  /** @param {number} now @param {Part[]} why */
  loses(now, why) {
    if (this.state !== "on") return;
    this.state = "lost";
    this.lostAt = now;
    this.why = why;
  }

  /** @param {Part[]} why */
  fails(why) {
    this.#trying = null;
    if (this.state !== "new" || this.failedOnce) return;
    this.failedOnce = true;
    this.#tell("connect_failed", {}, why);
  }

  /** @param {number} now */
  tick(now) {
    if (now < this.due) return;
    this.state = "off";
    this.#tell("disconnect", { transport: this.transport }, this.why);
    this.#announce();
    if (this.#trying !== null && this.#open) this.#tell("connecting", { transport: this.#open });
  }

  /** @param {Part[]} why */
  ends(why) {
    if (this.connected) this.#tell("disconnect", { transport: this.transport }, why);
    this.#trying = null;
    this.state = "ended";
  }

  #announce() {
    if (this.#trying === null || (this.state !== "off" && !(this.state === "new" && this.failedOnce))) return;
    this.attempt += 1;
    this.#tell("reconnecting", { attempt: this.attempt, waitMs: Math.round(this.#trying) });
  }

  /**
   * `because`: the parts of the sentence that says why. An application gets it as English, too.
   * @param {string} event @param {object} detail @param {Part[]|null} because
   */
  #tell(event, detail, because = null) {
    this.out.push({ do: "tell", event, detail: because ? { ...detail, why: sentence(because), because } : detail });
  }
}
