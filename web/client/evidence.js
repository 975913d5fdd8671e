// Evidence: a failure counts only if a lower rung proved, during the failed rung's own life, that the way was open.
//
// An outage of everything is held against none, also not by what arrives when it is over:
//
// - What gave no first batch in time failed alone if a lower rung delivered in the later half of that time, in which it
//   would have come itself. Where nothing is to be expected in that half, a witness is asked at its beginning.
// - What broke failed alone if a lower reading spans it: one that had passed when the failed one began (for one that had
//   passed: when it was last heard) and has stood unbroken since, until a witness, asked at once, is answered. What was
//   open before and after may have been closed between: only a line that stands tells otherwise. A poll stands while
//   none of its requests fails.
//
// A witness is one request more, answered at once. Whom nobody lower read beside is not judged; its next attempt is.

/** What the lower rungs bring. Time is given, as everywhere in the ladder. */
export class Evidence {
  #delivered = new Map(); // by rung: when it last did
  #waiting = []; // what broke, and waits for its witness: {rung, spans: the readers that span it, what}
  asks = false; // for a witness

  heard(rung, now) {
    this.#delivered.set(rung, now);
  }

  /** The lower rung that delivered since half of the time; none: the way may have been closed. */
  inTime(lower, half) {
    return lower.find((rung) => this.#delivered.get(rung) >= half);
  }

  /** One broke: a witness is asked, if a lower one spans it. */
  broke(reader, lower, what) {
    const since = reader.passed === null ? reader.since : reader.heard;
    const spans = new Set(lower.filter((other) => other.passed !== null && other.passed <= since));
    if (!spans.size) return;
    this.#waiting.push({ rung: reader.rung, spans, what });
    this.asks = true;
  }

  /** This reader stands no more: what only it spans was perhaps an outage of everything. */
  gone(reader) {
    for (const { spans } of this.#waiting) spans.delete(reader);
    this.#waiting = this.#waiting.filter(({ spans }) => spans.size);
  }

  /** A witness was answered. @returns {object[]} the failures that are proven by that */
  answered() {
    return this.#waiting.splice(0);
  }

  forget() {
    this.#waiting = [];
    this.asks = false;
  }
}
