// @ts-check
// The life cycle: which events an application hears of a connection that comes and goes, in the article's order.

import { sentence } from "./sentences.js";
/** @import {Part, Transport} from "./types.js" */

const TAKE_OVER = 1500; // ms: a loss that is made good within it is a switch, not a disconnect

/** Pure: told what happens and when, it says what to tell the application, as {do: "tell", event, detail} in `out`. */
export class Life {
  #out;
  /** @type {"new"|"on"|"lost"|"off"|"ended"} */
  state = "new"; // new → on ⇄ lost → off → on …; ended
  /** @type {Transport|null} */
  transport = null;
  lostAt = 0;
  /** @type {Part[]|null} */
  why = null;
  attempt = 0;
  /** @type {{wait: number}|null} */
  #trying = null; // the attempt that is under way
  /** @type {Transport|null} */
  #opened = null; // what of it opened
  failedOnce = false;

  /** @param {object[]} out */
  constructor(out) {
    this.#out = out;
  }

  get due() {
    return this.state === "lost" ? this.lostAt + TAKE_OVER : Infinity;
  }

  get connected() {
    return this.state === "on" || this.state === "lost";
  }

  /** An attempt begins, after so many ms of waiting. @param {number} wait */
  begins(wait) {
    this.#trying = { wait };
    this.#opened = null;
    this.#announce();
  }

  /** A pipe opened; whether it is worth anything shows when its first batch comes. @param {Transport} transport */
  opens(transport) {
    this.#opened = transport;
    if (this.state === "new" || this.state === "off") this.#tell("connecting", { transport });
  }

  /**
   * A rung reads: `detail` of its first batch, `why` the reason it is the one in use.
   * @param {number} now @param {Transport} transport @param {Part[]} why @param {{fresh?: boolean, missed?: number|null}} detail
   */
  reads(now, transport, why, detail) {
    const from = this.transport;
    const before = this.state;
    this.state = "on";
    this.transport = transport;
    this.#trying = null;
    if (before === "on" || before === "lost") {
      const gapMs = before === "lost" ? Math.round(now - this.lostAt) : 0;
      this.#tell("switch", { from, to: transport, gapMs }, why);
      return;
    }
    this.attempt = 0;
    if (before === "off") this.#tell("reconnect", { transport, ...detail, gapMs: Math.round(now - this.lostAt) });
    this.#tell("connect", { transport, ...detail });
  }

  /** No rung reads. @param {number} now @param {Part[]} why */
  loses(now, why) {
    if (this.state !== "on") return;
    this.state = "lost";
    this.lostAt = now;
    this.why = why;
  }

  /** Every rung failed in this round. @param {Part[]} why */
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
    if (this.#trying && this.#opened) this.#tell("connecting", { transport: this.#opened });
  }

  /** It is over, by the application's word or the server's. @param {Part[]} why */
  ends(why) {
    if (this.connected) this.#tell("disconnect", { transport: this.transport }, why);
    else if (this.state === "new") this.fails(why);
    this.state = "ended";
  }

  #announce() {
    if (!this.#trying || (this.state !== "off" && !(this.state === "new" && this.failedOnce))) return;
    this.attempt += 1;
    this.#tell("reconnecting", { attempt: this.attempt, waitMs: Math.round(this.#trying.wait) });
  }

  /**
   * `because`: the parts of the sentence that says why. An application gets it as English, too.
   * @param {string} event @param {object} detail @param {Part[]|null} because
   */
  #tell(event, detail, because = null) {
    this.#out.push({ do: "tell", event, detail: because ? { ...detail, why: sentence(because), because } : detail });
  }
}
