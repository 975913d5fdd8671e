// @ts-check
// The outbox: emits and replies that still have to go up, their numbers and their acks. It sends nothing itself.
import { utf8Length } from "./codec.js";
/** @import {Ack, WireAck} from "./types.js" */

const WINDOW = 64; // n may go up only if n < the lowest n without an ack + 64
const ROOM = 60 * 1024; // bytes of emits and replies in one upload; the server takes 64 KiB of body

/**
 * `text`: its data as JSON; `since`: when the application said it; `sent`: when it last went up, null: it is to go up;
 * `void`: it has failed, and goes up empty only to use its number. `hole`: some were lost on the way, they go again;
 * `forgotten`: the server no longer knows this client.
 * @typedef {{event: string, text: string|null, done: Ack|null, since?: number}} Said
 * @typedef {Said & {since: number, size: number, n: number, sent: number|null, void: boolean}} Emit
 * @typedef {{seq: number, text: string, size: number, sent: number|null}} Reply
 * @typedef {{done: [Emit, WireAck][], hole: boolean, forgotten: boolean}} Answered
 */

/** The emits and replies of one sid: numbered when they first go up, kept until they are acked. */
export class Outbox {
  /** @type {Emit[]} */
  #unsent = []; // they have no number yet, so they can still go up under another sid
  /** @type {Map<number, Emit>} */
  #unacked = new Map(); // by n: sent and without an ack, in order
  /** @type {Map<number, Reply>} */
  #replies = new Map(); // by seq: without an ack

  count = 0; // the n given last
  best = 0; // the highest n with an ack

  /** All acks up to this n are there. */
  get acked() {
    const [lowest = this.count + 1] = this.#unacked.keys();
    return lowest - 1;
  }

  get empty() {
    return !this.#unsent.length && !this.#unacked.size && !this.#replies.size;
  }

  /** Since when something is unanswered; infinity: nothing is. */
  get unanswered() {
    return Math.min(...this.#sent().map(({ sent }) => sent ?? Infinity));
  }

  /** @param {Said} said @returns {Emit} */
  add({ event, text, done, since = 0 }) {
    /** @type {Emit} */
    const emit = { event, text, done, since, size: sizeOf(event, text), n: 0, sent: null, void: false };
    this.#unsent.push(emit);
    return emit;
  }

  /** The first reply to a message counts. @param {number} seq @param {string} text */
  reply(seq, text) {
    if (!this.#replies.has(seq)) this.#replies.set(seq, { seq, text, size: utf8Length(text) + 40, sent: null });
  }

  // ---- going up

  /**
   * The emits that go up now: those sent before, in order, then new ones as far as window and upload allow.
   * @param {number} now @param {number} most @param {number} room @returns {Emit[]}
   */
  take(now, most = WINDOW, room = ROOM) {
    /** @type {Emit[]} */
    const emits = [];
    for (const emit of this.#next()) {
      room -= emit.size;
      if (room < 0 || emits.length >= most) break;
      emits.push(emit);
    }
    for (const emit of emits) {
      this.#number(emit);
      emit.sent = now;
    }
    return emits;
  }

  #next() {
    const again = [...this.#unacked.values()].filter((emit) => emit.sent === null);
    return [...again, ...this.#unsent.slice(0, Math.max(0, this.acked + WINDOW - this.count))];
  }

  /** @param {Emit} emit */
  #number(emit) {
    if (emit.n) return;
    this.#unsent.shift();
    this.count += 1;
    emit.n = this.count;
    this.#unacked.set(emit.n, emit);
  }

  /** The replies that go up now, as many as one upload takes. @param {number} now @returns {Reply[]} */
  takeReplies(now) {
    /** @type {Reply[]} */
    const replies = [];
    let room = ROOM;
    for (const reply of this.#replies.values()) {
      if (reply.sent !== null || reply.size > room) continue;
      room -= reply.size;
      reply.sent = now;
      replies.push(reply);
    }
    return replies;
  }

  /** The object that goes up, as JSON. @param {Emit[]} emits @param {Reply[]} replies */
  upload(emits, replies = []) {
    const parts = [`"acked":${this.acked}`];
    if (emits.length) parts.push(`"emits":[${emits.map(emitText).join(",")}]`);
    if (replies.length) parts.push(`"replies":[${replies.map(replyText).join(",")}]`);
    return `{${parts.join(",")}}`;
  }

  /** What `bye` brings: the replies and emits without an ack, as many as one upload takes. @param {number} now */
  lastWords(now) {
    this.again();
    const replies = this.takeReplies(now);
    const room = replies.reduce((left, { size }) => left - size, ROOM);
    return this.upload(this.take(now, WINDOW, room), replies);
  }

  /** All without an ack go up again, in order. */
  again() {
    for (const item of this.#sent()) item.sent = null;
  }

  // ---- acks

  /**
   * Take acks. `best(n)`: the highest n that had an ack when this n went up. Only beside that a hole says something: an
   * answer that comes late knows less than the client does.
   * @param {WireAck[]} acks @param {(n: number) => number} best @returns {Answered}
   */
  answer(acks, best) {
    /** @type {Answered} */
    const came = { done: [], hole: false, forgotten: false };
    for (const ack of acks) {
      const { seq = 0, n = 0, error } = ack ?? {};
      this.#replies.delete(seq);
      const known = n ? best(n) : 0;
      const emit = this.#unacked.get(n);
      if (!emit) continue;
      if (error?.code !== "out_of_order") this.#finish(emit, ack, came.done);
      else if (error.expected !== undefined && Number.isSafeInteger(error.expected)) {
        came[error.expected > known ? "hole" : "forgotten"] = true;
        this.#from(error.expected);
      }
    }
    return came;
  }

  /** @param {Emit} emit @param {WireAck} ack @param {[Emit, WireAck][]} done */
  #finish(emit, ack, done) {
    this.#unacked.delete(emit.n);
    this.best = Math.max(this.best, emit.n);
    if (!emit.void) done.push([emit, ack]);
  }

  /** What the server has claimed is not sent again: from the hole on everything was refused. @param {number} expected */
  #from(expected) {
    for (const [n, emit] of this.#unacked) if (n >= expected) emit.sent = null;
  }

  // ---- what fails

  /** Use a number up with nothing in it: its emit has failed, and the server refuses a hole. @param {number} n */
  empties(n) {
    const emit = this.#unacked.get(n);
    if (!emit) return;
    emit.event = "$void";
    emit.text = emit.done = emit.sent = null;
    emit.size = sizeOf(emit.event, emit.text);
    emit.void = true;
  }

  /** What was said by that time fails: what may have been taken, and what was never sent. @param {number} before */
  giveUp(before) {
    const old = (/** @type {Emit} */ emit) => emit.since <= before && !emit.void;
    const sent = [...this.#unacked.values()].filter(old).map((emit) => ({ ...emit }));
    const unsent = this.#unsent.filter(old);
    this.#unsent = this.#unsent.filter((emit) => !old(emit));
    for (const { n } of sent) this.empties(n);
    return { sent, unsent };
  }

  /** Begin anew, for the server knows nothing of this client. @returns {Emit[]} those whose fate nobody can tell */
  forget() {
    const lost = [...this.#unacked.values()].filter((emit) => !emit.void);
    this.#unacked.clear();
    this.#replies.clear();
    this.count = this.best = 0;
    return lost;
  }

  #sent() {
    return [...this.#unacked.values(), ...this.#replies.values()];
  }
}

/** @param {string} event @param {string|null} text */
function sizeOf(event, text) {
  return utf8Length(text ?? "null") + 6 * event.length + 64;
}

/** @param {Emit} emit */
function emitText({ n, event, text }) {
  return `{"n":${n},"event":${JSON.stringify(event)}${text === null ? "" : `,"data":${text}`}}`;
}

/** @param {Reply} reply */
function replyText({ seq, text }) {
  return `{"seq":${seq},"data":${text}}`;
}
