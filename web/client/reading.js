// Reading: where the client is in the log, and which batches it takes.
// Two readings may bring the same, late, or from a life of the log that is over; each message is handed on once.

/**
 * @typedef {{seq: number, event: string, data: any, from: string|null, room: string|null, at: number,
 *   ack?: boolean}} Message
 * @typedef {{after: string, cursor: string, gap: {reason: string, missed: number|null}|null, more: boolean,
 *   messages: Message[]}} Batch
 * @typedef {{asked: string|null, epoch: string|null, turn: number}} Reading
 */

const CURSOR_FORM = /^([a-z0-9]{1,16})\.(0|[1-9][0-9]{0,15})$/;

/** The two things a client may read in a cursor: its epoch, and the order within it. */
export function readCursor(cursor) {
  const form = typeof cursor === "string" ? CURSOR_FORM.exec(cursor) : null;
  if (!form || !Number.isSafeInteger(Number(form[2]))) return null;
  return { epoch: form[1], seq: Number(form[2]) };
}

/** Whether epoch `a` was born before `b`. The birth is in base 36: a longer name has more digits, hence is younger. */
export function olderEpoch(a, b) {
  return a.length === b.length ? a < b : a.length < b.length;
}

/** Whether `a` lies at or before `b`, in the same epoch. */
export function notBeyond(a, b) {
  const [left, right] = [readCursor(a), readCursor(b)];
  return Boolean(left && right && left.epoch === right.epoch && left.seq <= right.seq);
}

/** Whether this is a batch in the protocol's form; anything else is the network speaking. */
export function soundBatch(batch) {
  if (typeof batch !== "object" || batch === null || !Array.isArray(batch.messages)) return false;
  const [after, cursor] = [readCursor(batch.after), readCursor(batch.cursor)];
  if (!after || !cursor || after.epoch !== cursor.epoch || after.seq > cursor.seq) return false;
  if (batch.gap && typeof batch.gap.reason !== "string") return false;
  let last = after.seq;
  return batch.messages.every((message) => {
    const inOrder = Number.isSafeInteger(message?.seq) && message.seq > last && message.seq <= cursor.seq;
    last = message?.seq;
    return inOrder && typeof message.event === "string";
  });
}

/** The client's place in the log. It moves forward, and back only where the hub says `epoch` or `future`. */
export class Position {
  constructor() {
    /** @type {string|null} as the hub gave it; never made up */
    this.cursor = null;
    this.turn = 0; // how often it was set back: a reading begun before that cannot set it back again
  }

  /** A reading that asks from here. @returns {Reading} */
  begin() {
    return { asked: this.cursor, epoch: readCursor(this.cursor)?.epoch ?? null, turn: this.turn };
  }

  /** Whether the client has read as far as this cursor, or never will: it lies in a life of the log that is over. */
  reached(cursor) {
    const [wanted, own] = [readCursor(cursor), readCursor(this.cursor)];
    if (!wanted) return true;
    if (!own) return wanted.seq === 0;
    return wanted.epoch === own.epoch ? wanted.seq <= own.seq : olderEpoch(wanted.epoch, own.epoch);
  }

  /**
   * Take one batch of a reading. `drop` means: not "seen", so what this reading brings next is not complete; end it.
   * @param {Reading} reading @param {Batch} batch
   * @returns {{verdict: "taken"|"seen"|"drop", why: string, messages: Message[], gap: object|null, asked: string|null}}
   */
  take(reading, batch) {
    const asked = reading.asked;
    const why = this.cursor === null ? "" : this.#objection(reading, batch);
    if (why) return { verdict: "drop", why, messages: [], gap: null, asked };
    const fresh = this.#advance(batch);
    reading.asked = batch.cursor;
    reading.epoch = readCursor(batch.cursor).epoch;
    reading.turn = this.turn;
    return { verdict: fresh ? "taken" : "seen", why, messages: fresh ?? [], gap: fresh ? batch.gap : null, asked };
  }

  /** Why this batch must not be taken, or "". */
  #objection(reading, batch) {
    const own = readCursor(this.cursor);
    const after = readCursor(batch.after);
    const reason = batch.gap?.reason;
    if (reading.epoch !== null && reading.epoch !== own.epoch) return "its reading began in an epoch that is over";
    if (reading.turn !== this.turn) return "its reading began before the position was set back";
    if (after.epoch !== own.epoch) {
      if (olderEpoch(after.epoch, own.epoch)) return `epoch ${after.epoch} is older than ${own.epoch}`;
      if (reason !== "epoch") return "another epoch, and no gap told";
      return reading.epoch === null ? "another epoch than that of the first batch" : "";
    }
    if (reason === "epoch") return "an epoch gap within one epoch";
    const hole = reason !== "future" && after.seq > own.seq;
    return hole ? `it begins after ${batch.after}, the client is at ${this.cursor}` : "";
  }

  /** Move on. @returns {Message[]|null} what is new to the application; null: nothing in the batch is */
  #advance(batch) {
    const reason = batch.gap?.reason;
    // Only these two set the position back: the log after the old one is another log.
    if (this.cursor !== null && (reason === "epoch" || reason === "future")) {
      this.cursor = batch.after;
      this.turn += 1;
    } else if (notBeyond(batch.cursor, this.cursor)) {
      return null; // a repeat, its gap included: a lost answer repeats the gap, a taken one ends it
    }
    const seen = this.cursor === null ? -1 : readCursor(this.cursor).seq;
    this.cursor = batch.cursor;
    return batch.messages.filter((message) => message.seq > seen);
  }
}
