// @ts-check
// Reading: where the client is in the log, and which batches it takes.
// Two readings may bring the same, late, or from another life of the log; each message is handed on once.

/** @import {Batch, Gap, Message} from "./types.js" */

/** One reading: the cursor it asks from next, and its epoch. @typedef {{asked: string|null, epoch: string|null}} Reading */

const EPOCHS = 8; // left, of which it is remembered where the client stood: a server may come back to one of them

const CURSOR_FORM = /^([a-z0-9]{1,16})\.(0|[1-9][0-9]{0,15})$/;

/** The two things a client may read in a cursor: its epoch, and the order within it. @param {unknown} cursor */
export function readCursor(cursor) {
  const form = typeof cursor === "string" ? CURSOR_FORM.exec(cursor) : null;
  if (!form || !Number.isSafeInteger(Number(form[2]))) return null;
  return { epoch: form[1], seq: Number(form[2]) };
}

/** The same, of a cursor that the hub gave in a sound batch. @param {string} cursor */
function sound(cursor) {
  return /** @type {{epoch: string, seq: number}} */ (readCursor(cursor));
}

/** Whether `a` lies at or before `b`, in the same epoch. Between epochs there is no order. @param {unknown} a @param {unknown} b */
export function notBeyond(a, b) {
  const [left, right] = [readCursor(a), readCursor(b)];
  return Boolean(left && right && left.epoch === right.epoch && left.seq <= right.seq);
}

/** Whether this is a batch in the protocol's form; anything else is the network speaking. @param {any} batch @returns {batch is Batch} */
export function soundBatch(batch) {
  if (typeof batch !== "object" || batch === null || !Array.isArray(batch.messages)) return false;
  const [after, cursor] = [readCursor(batch.after), readCursor(batch.cursor)];
  if (!after || !cursor || after.epoch !== cursor.epoch || after.seq > cursor.seq) return false;
  if (batch.gap && typeof batch.gap.reason !== "string") return false;
  let last = after.seq;
  return batch.messages.every((/** @type {any} */ message) => {
    const inOrder = Number.isSafeInteger(message?.seq) && message.seq > last && message.seq <= cursor.seq;
    last = message?.seq;
    return inOrder && typeof message.event === "string";
  });
}

/** The client's place in the log. It moves forward, and elsewhere only where the hub says `epoch` or `future`. */
export class Position {
  /** @type {Map<string, string>} */
  #left = new Map(); // by epoch, the last one left at the end: the cursor where the client stood
  /** @type {string|null} as the hub gave it; never made up */
  cursor = null;

  /** A reading that asks from here. @returns {Reading} */
  begin() {
    return { asked: this.cursor, epoch: readCursor(this.cursor)?.epoch ?? null };
  }

  /** Whether the client has read as far as this cursor, or has left the epoch it lies in. @param {string|undefined} cursor */
  reached(cursor) {
    const wanted = readCursor(cursor);
    return !wanted || wanted.seq === 0 || this.#left.has(wanted.epoch) || notBeyond(cursor, this.cursor);
  }

  /**
   * Take one batch. `drop` means: not "seen", so what this reading brings next is not complete; end it.
   * @param {Reading} reading @param {Batch} batch
   * @returns {{verdict: "taken"|"seen"|"drop", why: string, messages: Message[], gap: Gap|null, asked: string|null}}
   */
  take(reading, batch) {
    const asked = reading.asked;
    const why = this.#objection(reading, batch);
    if (why) return { verdict: "drop", why, messages: [], gap: null, asked };
    const fresh = this.#advance(batch);
    reading.asked = batch.cursor;
    reading.epoch = sound(batch.cursor).epoch;
    return { verdict: fresh ? "taken" : "seen", why, messages: fresh ?? [], gap: fresh ? batch.gap : null, asked };
  }

  /** Why this batch must not be taken, or "". @param {Reading} reading @param {Batch} batch */
  #objection(reading, batch) {
    const own = readCursor(this.cursor);
    const after = sound(batch.after);
    const reason = batch.gap?.reason;
    if (!own) return "";
    if ((reading.epoch ?? after.epoch) !== own.epoch) return "its reading began under another epoch";
    if (after.epoch !== own.epoch) {
      if (reason !== "epoch") return "another epoch, and no gap told";
      return typeof batch.gap?.missed === "number" && after.seq < own.seq ? "it is behind the client" : "";
    }
    if (reason === "epoch") return "an epoch gap within one epoch";
    // Only for the cursor that lay beyond the end: a repeat of this batch must not set back what came since.
    if (reason === "future" && (reading.asked !== this.cursor || after.seq > own.seq)) {
      return "a gap for a cursor that is not the client's";
    }
    return after.seq > own.seq ? `it begins after ${batch.after}, the client is at ${this.cursor}` : "";
  }

  /** Move on. @param {Batch} batch @returns {Message[]|null} what is new to the application; null: nothing in the batch is, its gap neither */
  #advance(batch) {
    const reason = batch.gap?.reason;
    if (this.cursor !== null && reason === "epoch") this.#leave(batch.after);
    else if (reason === "future") this.cursor = batch.after;
    else if (notBeyond(batch.cursor, this.cursor)) return null; // a repeat: a taken gap ends it, a lost one comes again
    const seen = readCursor(this.cursor)?.seq ?? -1;
    if (!notBeyond(batch.cursor, this.cursor)) this.cursor = batch.cursor;
    return batch.messages.filter((message) => message.seq > seen);
  }

  /** Go on in another epoch: from its start, or from where the client stood there, if it has been there. @param {string} start */
  #leave(start) {
    const { epoch } = sound(start);
    if (this.cursor !== null) this.#left.set(sound(this.cursor).epoch, this.cursor);
    this.cursor = this.#left.get(epoch) ?? start;
    this.#left.delete(epoch);
    for (const oldest of [...this.#left.keys()].slice(0, -EPOCHS)) this.#left.delete(oldest);
  }
}
