// @ts-check
// Timing: how long a first batch is waited for, and when a reading has been silent for too long.

/** @typedef {import("./attempt.js").Attempt} Attempt @typedef {import("./rung.js").Rung} Rung */

const PATIENCE = 1500; // ms for a first batch; doubled after each failure by time alone
const PATIENCE_MOST = 15_000; // ms
const ROUND_TRIPS = 6; // of the smallest seen, where that is longer
export const FIRST_HOLD = 1000; // ms more of longpoll, whose first answer is held so long at most
const SILENT_BEATS = 2.5;
const SLACK = 2000; // ms an answer may come later than its hold, or
const SLACK_TRIPS = 4; // round trips

export class Timing {
  /** @type {number|null} */ rtt = null; // ms, the smallest round trip seen

  /** @param {{every: number, hold: number, heartbeat: number}} pace ms, s, s */
  constructor(pace) {
    this.pace = pace;
  }

  /** @param {number} ms */
  measured(ms) {
    this.rtt = Math.min(this.rtt ?? Infinity, Math.max(0, ms));
  }

  /** @param {Rung} rung */
  patience({ name, late }) {
    const waited = Math.min(PATIENCE_MOST, Math.max(PATIENCE, ROUND_TRIPS * (this.rtt ?? 0)) * 2 ** late);
    return waited + (name === "longpoll" ? FIRST_HOLD : 0);
  }

  /** @param {Rung} rung */
  beat({ name, beat }) {
    return beat ?? (name === "longpoll" ? this.pace.hold : this.pace.heartbeat);
  }

  /** Ms between two batches where there is no news. @param {Attempt} attempt */
  quiet({ rung, beat }) {
    return rung.name === "poll" ? this.pace.every : beat * 1000;
  }

  /** @param {Attempt} attempt */
  limit(attempt) {
    const { rung, state, reads, began, heardAt, patience } = attempt;
    if (state === "late") return began + Math.max(PATIENCE_MOST, patience);
    if (!reads) return began + Math.max(patience, this.patience(rung)); // a round trip measured meanwhile counts
    const quiet = this.quiet(attempt);
    if (rung.name === "ws" || rung.name === "sse") return heardAt + SILENT_BEATS * quiet;
    return heardAt + quiet + Math.max(SLACK, SLACK_TRIPS * (this.rtt ?? 0));
  }

  /** @param {Attempt} attempt */
  half(attempt) {
    return (attempt.began + this.limit(attempt)) / 2;
  }
}
