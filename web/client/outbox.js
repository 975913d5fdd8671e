// The outbox: emits and replies that still have to go up, their numbers and their acks. It sends nothing itself.
import { utf8Length } from "./codec.js";

const WINDOW = 64; // n may go up only if n < the lowest n without an ack + 64
const FRAME_BYTES = 60 * 1024; // below the 64 KiB of a body, for the rest of the frame

/**
 * @typedef {{event: string, text: string|null, done: Function|null, since?: number, bytes: number, n?: number,
 *   turn?: number, at?: number, nothing?: boolean}} Emit
 *   `since`: when it was said; `turn`: the turn it last went up in; `nothing`: it has failed, only its n is used up
 */
export class Outbox {
  #waiting = []; // never sent: no number yet, so that they can still go up under another sid
  #sent = new Map(); // n → emit without an ack, in order
  #replies = new Map(); // seq → reply without an ack
  #last = 0; // the last n given

  constructor() {
    this.best = 0; // the highest n with an ack
  }

  /** @returns {Emit} */
  add(emit) {
    const bytes = utf8Length(emit.text) + 6 * emit.event.length + 64;
    this.#waiting.push({ ...emit, bytes });
    return this.#waiting.at(-1);
  }

  reply(seq, text) {
    if (!this.#replies.has(seq)) this.#replies.set(seq, { text, turn: 0 });
  }

  get empty() {
    return !this.#waiting.length && !this.#sent.size && !this.#replies.size;
  }

  get lastNumber() {
    return this.#last;
  }

  get lowest() {
    return this.#sent.size ? this.#sent.keys().next().value : this.#last + 1;
  }

  /** What went up in this turn and has no answer yet. */
  unanswered(turn) {
    return [...this.#sent.values(), ...this.#replies.values()].filter((item) => item.turn === turn);
  }

  /** Whether emits are to go up in this turn that have not yet. */
  due(turn) {
    return [...this.#sent.values()].some((emit) => emit.turn !== turn) || (this.#waiting.length > 0 && this.#open);
  }

  get #open() {
    return this.#last + 1 < this.lowest + WINDOW;
  }

  /**
   * The emits to go up now: those sent before, in order, then new ones as far as the window and one body allow.
   * `most`: how many at most. @returns {Emit[]}
   */
  take(turn, now, most = WINDOW) {
    const emits = [];
    let room = FRAME_BYTES;
    for (const emit of this.#sent.values()) {
      if (emit.turn === turn) continue;
      if (emits.length >= most || (room -= emit.bytes) < 0) return this.#mark(emits, turn, now);
      emits.push(emit);
    }
    while (this.#waiting.length && this.#open && emits.length < most && (room -= this.#waiting[0].bytes) >= 0) {
      const emit = this.#waiting.shift();
      emit.n = this.#last += 1;
      this.#sent.set(emit.n, emit);
      emits.push(emit);
    }
    return this.#mark(emits, turn, now);
  }

  #mark(items, turn, now) {
    for (const item of items) Object.assign(item, { turn, at: now });
    return items;
  }

  /** The replies to go up now, as JSON texts. */
  takeReplies(turn, now) {
    const texts = [];
    let room = FRAME_BYTES;
    for (const [seq, reply] of this.#replies) {
      if (reply.turn === turn || (room -= utf8Length(reply.text) + 40) < 0) continue;
      this.#mark([reply], turn, now);
      texts.push(`{"seq":${seq},"data":${reply.text}}`);
    }
    return texts;
  }

  /** The object that goes up, as JSON. */
  frame(emits, replies = []) {
    const parts = [`"acked":${this.lowest - 1}`];
    if (emits.length) parts.unshift(`"emits":[${emits.map(emitText).join(",")}]`);
    if (replies.length) parts.unshift(`"replies":[${replies.join(",")}]`);
    return `{${parts.join(",")}}`;
  }

  /**
   * Take acks. `bestWhenSent(n)`: the highest n that had an ack when what this answers was sent.
   * @returns {{done: [Emit, object][], hole: boolean, forgotten: boolean}}
   */
  answer(acks, bestWhenSent) {
    const result = { done: [], hole: false, forgotten: false };
    for (const ack of acks) {
      if (ack?.seq !== undefined) this.#replies.delete(ack.seq);
      const best = ack?.n === undefined ? 0 : bestWhenSent(ack.n);
      const emit = this.#sent.get(ack?.n);
      if (!emit) continue;
      if (ack.error?.code === "out_of_order") this.#hole(ack.error.expected, best, result);
      else this.#finish(emit, ack, result);
    }
    return result;
  }

  #finish(emit, ack, result) {
    this.#sent.delete(emit.n);
    this.best = Math.max(this.best, emit.n);
    if (!emit.nothing) result.done.push([emit, ack]);
  }

  /** Emits were lost on the way: they go again. But a hub that expects what it has acked has forgotten this client. */
  #hole(expected, best, result) {
    if (expected <= best) result.forgotten = true;
    else result.hole = true;
    for (const emit of this.#sent.values()) if (emit.n >= expected) emit.turn = 0;
  }

  /** An emit that failed: its n is still expected, and goes up with nothing in it. */
  empties(n) {
    const emit = this.#sent.get(n);
    if (emit) Object.assign(emit, { event: "$void", text: null, bytes: 64, nothing: true, turn: 0, done: null });
  }

  /** What was said before that time fails. @returns {{sent: Emit[], waiting: Emit[]}} what it was */
  giveUp(before) {
    const old = ({ since = 0, nothing }) => since <= before && !nothing;
    const sent = [...this.#sent.values()].filter(old).map((emit) => ({ ...emit }));
    for (const { n } of sent) this.empties(n);
    const waiting = this.#waiting.filter(old);
    this.#waiting = this.#waiting.filter((emit) => !old(emit));
    return { sent, waiting };
  }

  /** The hub knows nothing of this client any more. @returns {Emit[]} those whose fate nobody can tell */
  forget() {
    const lost = [...this.#sent.values()].filter((emit) => !emit.nothing);
    this.#sent.clear();
    this.#replies.clear();
    this.#last = this.best = 0;
    return lost;
  }
}

function emitText({ n, event, text }) {
  return `{"n":${n},"event":${JSON.stringify(event)}${text === null ? "" : `,"data":${text}`}}`;
}
