// The tape: every exchange of this page's clients with the hub, from both ends: when each end saw it and how many bytes
// it was. The page knows when it asked and heard, and what was said; the hub knows its own times, heads and bytes.

import { now } from "./hubclock.js";
import { Trace } from "./trace.js";

/** @import { Message } from "/client/socket.js" */
/** @import { Side } from "./knobs.js" */
/** @import { Seen } from "./trace.js" */
/** @typedef {"ask" | "say" | "open" | "news" | "empty" | "ack" | "told"} What   a flight is */

const KEPT = 4000; // flights; older ones leave the tape, their bytes stay counted
const LOST = 2500; // ms after which what nobody heard of has not arrived
const TEXT = 2000; // characters of a body that are kept
const SPOKEN = new Set(["emit", "bye"]);
const utf8 = new TextEncoder();

/**
 * One thing that flies between a seat and the hub: a request, an answer, a frame. `left` and `came` are when it left
 * and when it arrived, in ms of this page's clock, null while nobody knows.
 * `kind`: ask, say (up); open, news, empty, ack, told (down). `seqs`: of the messages in it.
 */
export class Flight {
  /** @param {Exchange} exchange @param {boolean} up @param {What} kind @param {number} at */
  constructor(exchange, up, kind, at) {
    this.exchange = exchange;
    this.up = up;
    this.kind = kind;
    this.at = at;
    this.left = /** @type {number | null} */ (null);
    this.came = /** @type {number | null} */ (null);
    this.bytes = /** @type {number | null} */ (null);
    this.payload = /** @type {number | null} */ (null);
    this.seqs = /** @type {number[]} */ ([]);
    this.text = "";
  }

  /** It never arrived, as far as is known: a line let go on purpose has lost nothing. */
  get gone() {
    const { exchange, up, left, came } = this;
    if (left === null || came !== null || (up && (exchange.answer?.came || !exchange.told))) return false;
    return exchange.isCut || (up && now() - left > LOST);
  }

  /** It is here. Nothing arrives before it left, whatever the clocks say. */
  arrived() {
    this.came = now();
    this.left = this.left && within(this.left, this.came);
  }
}

/** A request and its answer; on sse and ws the answer is many flights. */
export class Exchange {
  #tape;

  /**
   * @param {Tape} tape @param {Side} side @param {string} method @param {string} target
   * @param {string | null} mark
   */
  constructor(tape, side, method, target, mark) {
    const name = /** @type {string} */ (target.split("?")[0].split("/").pop());
    this.side = side;
    this.method = method;
    this.target = target;
    this.mark = mark;
    this.name = name;
    this.status = /** @type {number | null} */ (null);
    this.body = "";
    this.fresh = /** @type {boolean | null} */ (null);
    this.headUp = "";
    this.headDown = "";
    this.up = 0;
    this.down = 0;
    this.headBytes = /** @type {(number | null)[]} */ ([null, null]);
    this.over = /** @type {number | null} */ (null); // when
    this.spare = /** @type {"spare" | "try" | null} */ (null); // it does not read for its seat, and why it is there
    this.ending = /** @type {string | null} */ (null); // how: answered, failed, closed, ended
    this.#tape = tape;
    this.stream = name === "sse" || name === "ws";
    this.frames = { up: /** @type {Flight[]} */ ([]), down: /** @type {Flight[]} */ ([]) };
    this.seen = { up: 0, down: 0 }; // frames this page said and heard
    this.counted = { up: 0, down: 0 }; // frames of which the hub told: either may be ahead
    const at = now();
    this.askedAt = -Infinity; // px from the top, in the diagram that draws it
    this.ask = this.fly(true, SPOKEN.has(name) ? "say" : "ask", at);
    this.answer = /** @type {Flight | null} */ (null); // the first flight down: the head of an answer
  }

  /** @param {boolean} up @param {What} kind @param {number} at */
  fly(up, kind, at) {
    return this.#tape.fly(new Flight(this, up, kind, at));
  }

  get way() {
    return /^(poll|longpoll|sse|ws)$/.test(this.name) ? this.name : "post"; // a feed is asked for by a seat, too
  }

  /** Whether it ended, and neither as it should nor by its client's will. */
  get isCut() {
    return this.over !== null && this.ending !== "answered" && this.ending !== "closed";
  }

  /** Whether the hub's side is told now. */
  get told() {
    return this.#tape.trace.live;
  }

  // ---- what the page sees

  /** An answer begins. @param {number} status */
  began(status) {
    this.status = status;
    if (!this.stream) return;
    this.answer ??= this.fly(false, "open", now());
    this.answer.arrived();
  }

  /** An answer is whole. @param {string} text */
  answered(text) {
    this.answer ??= this.fly(false, "told", now());
    this.answer.arrived();
    this.read(this.answer, text);
    this.end("answered");
  }

  /** A frame or an event came. @param {string} text */
  heard(text) {
    const flight = this.frame("down", this.seen.down++);
    flight.arrived();
    this.read(flight, text);
  }

  /** A frame goes up. @param {string} text */
  said(text) {
    const flight = this.frame("up", this.seen.up++);
    flight.left = now();
    flight.kind = text.startsWith('{"ping"') ? "ask" : "say";
    this.read(flight, text);
  }

  /** No answer, or no more of it. `own`: because the client let go. @param {boolean} own */
  failed(own) {
    this.end(own ? "closed" : "failed");
  }

  /** @param {string} how */
  end(how) {
    if (this.over !== null) return;
    this.over = now();
    this.ending = how;
    this.#tape.changed(this);
  }

  /** What a text says: how many messages, or that there is nothing. @param {Flight} flight @param {string} text */
  read(flight, text) {
    flight.text = text.slice(0, TEXT);
    flight.payload = utf8.encode(text).length;
    if (flight.up) return;
    const said = parse(text);
    if (Array.isArray(said?.messages)) {
      flight.seqs = said.messages.map((/** @type {Message} */ message) => message.seq);
      flight.kind = said.messages.length || said.gap ? "news" : "empty";
      this.#tape.logged(said.messages);
    } else if (said?.acks || "pong" in Object(said)) flight.kind = "ack";
    this.#tape.changed(this);
  }

  // ---- what the hub saw: its times come as ms of this page's clock

  /** @param {number} at @param {number} bytes @param {{method: string, head: string, new: boolean}} more */
  asked(at, bytes, { method, head, new: fresh }) {
    this.method = method;
    this.headUp = head;
    this.fresh = fresh;
    this.ask.came = Math.max(at, this.ask.left ?? at);
    this.ask.bytes = bytes;
    this.up += bytes;
  }

  /** @param {number} at @param {number} bytes @param {string} head */
  headed(at, bytes, head) {
    this.headDown = head;
    this.headBytes[1] = bytes;
    this.down += bytes;
    if (this.name === "bye") return; // nobody listens for that answer
    this.answer ??= this.fly(false, this.stream ? "open" : "told", at);
    this.answer.left = within(at, this.answer.came);
    this.answer.bytes = (this.answer.bytes ?? 0) + bytes;
  }

  /** @param {number} at @param {number} bytes @param {number[]} sizes */
  came(at, bytes, sizes) {
    this.up += bytes;
    if (!sizes.length && !this.stream) this.ask.bytes = (this.ask.bytes ?? 0) + bytes; // the body of a POST, after its head
    for (const payload of sizes) {
      const flight = this.frame("up", this.counted.up++);
      flight.came = Math.max(at, flight.left ?? at);
      flight.bytes = Math.round(bytes / sizes.length);
      flight.payload ??= payload;
    }
  }

  /** @param {number} bodyBytes */
  whole(bodyBytes) {
    this.headBytes[0] = (this.ask.bytes ?? 0) - bodyBytes;
  }

  /** @param {number} at @param {number} bytes @param {any} said */
  went(at, bytes, said) {
    this.down += bytes;
    if (!this.stream) {
      if (this.answer) this.answer.bytes = (this.answer.bytes ?? 0) + bytes;
      return;
    }
    if (said === null) return; // a control frame, the end of chunks
    const flight = this.frame("down", this.counted.down++);
    flight.left = within(at, flight.came);
    flight.bytes = bytes;
    if (Array.isArray(said)) {
      flight.seqs = said;
      flight.kind = said.length ? "news" : "empty";
    } else flight.kind = "ack";
  }

  /** The n-th frame this way, made by whoever tells of it first. @param {"up" | "down"} way @param {number} n */
  frame(way, n) {
    const frames = this.frames[way];
    return (frames[n] ??= this.fly(way === "up", way === "up" ? "say" : "told", now()));
  }

  /** Its bytes by what they are: heads, and what is neither head nor text. */
  get bytes() {
    const { up, down, headBytes, method, ask } = this;
    return { up, down, headUp: headBytes[0] ?? (method === "GET" ? ask.bytes : null), headDown: headBytes[1] };
  }
}

/** Tells of anything new by `change`. */
export class Tape extends EventTarget {
  #sides = /** @type {Map<string, Side>} */ (new Map()); // sid -> side; in memory only
  #marks = /** @type {Map<string, Exchange>} */ (new Map()); // mark -> exchange
  #numbers = /** @type {Map<string, Map<number, Exchange>>} */ (new Map()); // sid -> (number -> exchange)

  constructor() {
    super();
    this.flights = /** @type {Flight[]} */ ([]);
    this.open = /** @type {Set<Exchange>} */ (new Set()); // exchanges that are not over
    this.said = /** @type {Map<number, number>} */ (new Map()); // seq -> when the hub had it, ms of this page's clock
    /** @type {Partial<Record<Side, Record<string, { requests: number, up: number, down: number }>>>} */
    this.totals = {}; // of each side, by the exchange's name: all there was
    this.missed = 0; // events the hub no longer had
    this.trace = new Trace((sid, missed, events) => this.take(sid, missed, events));
  }

  /**
   * A client of this side asks.
   * @param {Side} side @param {string} method @param {string} url @param {unknown} body
   */
  ask(side, method, url, body) {
    const { pathname, searchParams } = new URL(url, location.href);
    const sid = searchParams.get("sid");
    searchParams.delete("sid");
    const mark = searchParams.get("t");
    const target = `${pathname}?${searchParams}`.replace(/\?$/, "");
    if (sid && !this.#sides.has(sid)) {
      this.#sides.set(sid, side);
      this.trace.look(sid);
    }
    const exchange = this.begin(side, method, target, mark);
    exchange.ask.left = exchange.ask.at;
    if (body) exchange.body = String(body).slice(0, TEXT);
    return exchange;
  }

  /** The secret of the client that asked last on this side; null: none has. @param {Side} side */
  sidOf(side) {
    return [...this.#sides].findLast(([, of]) => of === side)?.[0] ?? null;
  }

  /** @param {Side} side @param {string} method @param {string} target @param {string | null} mark */
  begin(side, method, target, mark) {
    const exchange = new Exchange(this, side, method, target, mark);
    this.open.add(exchange);
    if (mark) this.#marks.set(mark, exchange);
    return exchange;
  }

  /** @param {Flight} flight */
  fly(flight) {
    this.flights.push(flight);
    if (this.flights.length > KEPT * 1.25) this.forget();
    return flight;
  }

  /** Old flights leave the tape, and what is over with them. */
  forget() {
    this.flights.splice(0, this.flights.length - KEPT);
    const oldest = this.flights[0].at;
    for (const [seq, at] of this.said) if (at < oldest) this.said.delete(seq);
    for (const [mark, exchange] of this.#marks) if (exchange.over !== null && exchange.over < oldest) this.#marks.delete(mark);
    for (const known of this.#numbers.values()) {
      for (const [number, exchange] of known) if (exchange.over !== null && exchange.over < oldest) known.delete(number);
    }
  }

  /** @param {Exchange} exchange */
  changed(exchange) {
    if (exchange.over !== null) this.open.delete(exchange);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Message[]} messages */
  logged(messages) {
    for (const { seq, at } of messages) if (!this.said.has(seq)) this.said.set(seq, at + this.trace.offset);
  }

  /** What the hub saw of one client. @param {string} sid @param {number} missed @param {Seen[]} events */
  take(sid, missed, events) {
    const side = this.#sides.get(sid);
    if (!side) return;
    this.missed += missed;
    /** @type {Map<number, Exchange>} */
    const known = this.#numbers.get(sid) ?? new Map();
    this.#numbers.set(sid, known);
    for (const [number, hub, kind, bytes, more] of events) {
      const at = hub + this.trace.offset;
      let exchange = known.get(number);
      if (kind === "ask") {
        exchange = this.#marks.get(more.mark) ?? this.begin(side, more.method, `/${more.name}`, more.mark);
        known.set(number, exchange);
        exchange.asked(at, bytes, more);
      } else if (!exchange) this.missed += 1; // it began before anybody looked
      else if (kind === "up") exchange.came(at, bytes, more);
      else if (kind === "whole") exchange.whole(more);
      else if (kind === "head") exchange.headed(at, bytes, more);
      else if (kind === "down") exchange.went(at, bytes, more);
      else if (kind === "end") exchange.end("ended");
      if (exchange) this.count(side, exchange.name, kind, bytes);
    }
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Side} side @param {string} name @param {string} kind @param {number} bytes */
  count(side, name, kind, bytes) {
    const mine = (this.totals[side] ??= {});
    const counts = (mine[name] ??= { requests: 0, up: 0, down: 0 });
    if (kind === "ask") counts.requests += 1;
    if (kind === "ask" || kind === "up") counts.up += bytes;
    if (kind === "head" || kind === "down") counts.down += bytes;
  }
}

/** Nothing arrives before it left, whatever the clocks say. @param {number} left @param {number | null} came */
const within = (left, came) => (came === null ? left : Math.min(left, came));

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
