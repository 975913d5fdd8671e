// @ts-check
// Evidence: a failure counts only if a lower rung proved, during the failed rung's own life, that the way was open.
// Rules 12 to 14 of docs/ladder.md say how. Whom nobody lower read beside is not judged; its next attempt is.

/**
 * @typedef {import("./attempt.js").Attempt} Attempt @typedef {import("./rung.js").Rung} Rung
 * @typedef {{rung: Rung, spans: Set<Attempt>, what: import("./types.js").Part[]}} Failure
 *   a rung that broke, while it waits for its witness; `spans`: the attempts that span it
 */

export class Evidence {
  /** @type {Map<Rung, number>} */ #delivered = new Map(); // when each rung last did
  /** @type {Failure[]} */ #waiting = [];
  /** @type {Set<Attempt>} */ #asked = new Set(); // of whose time half is over
  asks = false; // for a witness

  /** @param {Rung} rung @param {number} now */
  heard(rung, now) {
    this.#delivered.set(rung, now);
  }

  /**
   * The lower rung that delivered since half of the time; none: the way may have been closed.
   * @param {Rung[]} lower @param {number} half
   */
  inTime(lower, half) {
    return lower.find((rung) => (this.#delivered.get(rung) ?? -Infinity) >= half);
  }

  /**
   * One broke: a witness is asked, if a lower one spans it. It convicts a rung once, however often that broke.
   * @param {Attempt} attempt @param {Attempt[]} lower @param {Failure["what"]} what
   */
  broke({ rung, began, passedAt, heardAt }, lower, what) {
    const since = passedAt === null ? began : heardAt;
    const spans = new Set(lower.filter((other) => other.passedAt !== null && other.passedAt <= since));
    if (!spans.size || this.#waiting.some((failure) => failure.rung === rung)) return;
    this.#waiting.push({ rung, spans, what });
    this.asks = true;
  }

  /** @param {Attempt} attempt */
  asked(attempt) {
    return this.#asked.has(attempt);
  }

  /**
   * Half of the time of this attempt is over. `quiet`: the one in use may bring nothing in the other half.
   * @param {Attempt} attempt @param {boolean} quiet
   */
  half(attempt, quiet) {
    this.#asked.add(attempt);
    this.asks ||= quiet;
  }

  /** This attempt stands no more: what only it spans was perhaps an outage of everything. @param {Attempt} attempt */
  gone(attempt) {
    this.#asked.delete(attempt);
    for (const { spans } of this.#waiting) spans.delete(attempt);
    this.#waiting = this.#waiting.filter(({ spans }) => spans.size);
  }

  answered() {
    return this.#waiting.splice(0);
  }

  forget() {
    this.#waiting = [];
    this.asks = false;
  }
}
