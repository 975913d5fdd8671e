// The life cycle: which events an application hears of a connection that comes and goes, in the article's order.

import { sentence } from "./sentences.js";

const TAKE_OVER = 1500; // ms: a loss that is made good within it is a switch, not a disconnect

/** Pure: told what happens and when, it says what to tell the application, as {do: "tell", event, detail} in `out`. */
export class Life {
  constructor(out) {
    this.out = out;
    this.state = "new"; // new → on ⇄ lost → off → on …; ended
    this.transport = null;
    this.lostAt = 0;
    this.why = null; // parts of a sentence
    this.attempt = 0;
    this.trying = null; // the attempt that is under way: {wait}
    this.pipe = null; // the pipe of it that opened
    this.failedOnce = false;
  }

  get due() {
    return this.state === "lost" ? this.lostAt + TAKE_OVER : Infinity;
  }

  get connected() {
    return this.state === "on" || this.state === "lost";
  }

  /** An attempt begins, after so many ms of waiting. */
  begins(wait) {
    this.trying = { wait };
    this.pipe = null;
    this.#announce();
  }

  /** A pipe opened; whether it is worth anything shows when its first batch comes. */
  opens(transport) {
    this.pipe = transport;
    if (this.state === "new" || this.state === "off") this.#tell("connecting", { transport });
  }

  /** A rung reads: `detail` is {fresh, missed} of its first batch, `why` the reason it is the one in use. */
  reads(now, transport, why, detail) {
    const from = this.transport;
    const before = this.state;
    this.state = "on";
    this.transport = transport;
    this.trying = null;
    if (before === "on" || before === "lost") {
      const gapMs = before === "lost" ? Math.round(now - this.lostAt) : 0;
      this.#tell("switch", { from, to: transport, gapMs }, why);
      return;
    }
    this.attempt = 0;
    if (before === "off") this.#tell("reconnect", { transport, ...detail, gapMs: Math.round(now - this.lostAt) });
    this.#tell("connect", { transport, ...detail });
  }

  /** No rung reads. */
  loses(now, why) {
    if (this.state !== "on") return;
    this.state = "lost";
    this.lostAt = now;
    this.why = why;
  }

  /** Every rung failed in this round. */
  fails(why) {
    this.trying = null;
    if (this.state !== "new" || this.failedOnce) return;
    this.failedOnce = true;
    this.#tell("connect_failed", {}, why);
  }

  tick(now) {
    if (now < this.due) return;
    this.state = "off";
    this.#tell("disconnect", { transport: this.transport }, this.why);
    this.#announce();
    if (this.trying && this.pipe) this.#tell("connecting", { transport: this.pipe });
  }

  /** It is over, by the application's word or the server's. */
  ends(why) {
    if (this.connected) this.#tell("disconnect", { transport: this.transport }, why);
    else if (this.state === "new") this.fails(why);
    this.state = "ended";
  }

  #announce() {
    if (!this.trying || (this.state !== "off" && !(this.state === "new" && this.failedOnce))) return;
    this.attempt += 1;
    this.#tell("reconnecting", { attempt: this.attempt, waitMs: Math.round(this.trying.wait) });
  }

  /** `because`: the parts of the sentence that says why. An application gets it as English, too. */
  #tell(event, detail, because = null) {
    this.out.push({ do: "tell", event, detail: because ? { ...detail, why: sentence(because), because } : detail });
  }
}
