// The tape: every exchange of this page's clients with the hub, from both ends: when each end saw it and how many bytes
// it was. The page knows when it asked and heard, and what was said; the hub knows its own times, heads and bytes.

import { now } from "./hubclock.js";
import { Trace } from "./trace.js";

const KEPT = 4000; // flights; older ones leave the tape, their bytes stay counted
const TEXT = 2000; // characters of a body that are kept
const SPOKEN = new Set(["emit", "bye"]);
const utf8 = new TextEncoder();

/**
 * One thing that flies between a seat and the hub: a request, an answer, a frame. `left` and `came` are when it left
 * and when it arrived, in ms of this page's clock, null while nobody knows.
 * `kind`: ask, say (up); open, news, empty, ack, told (down). `seqs`: of the messages in it.
 */
class Flight {
  constructor(exchange, up, kind, at) {
    Object.assign(this, { exchange, up, kind, at, left: null, came: null, bytes: null, payload: null, seqs: [], text: "" });
    this.gone = false; // it never arrived
  }

  /** It is here. The hub may have told of it before: nothing arrives before it left, whatever the clocks say. */
  arrived() {
    this.came = now();
    this.left = this.left && within(this.left, this.came);
  }
}

/** A request and its answer; on sse and ws the answer is many flights. */
export class Exchange {
  #tape;

  constructor(tape, side, method, target, mark) {
    const name = target.split("?")[0].split("/").pop();
    Object.assign(this, { side, method, target, mark, name, status: null, body: "", fresh: null });
    Object.assign(this, { headUp: "", headDown: "", number: null, up: 0, down: 0, headBytes: [null, null] });
    Object.assign(this, { over: null, ending: null }); // when it was over, and how: answered, failed, closed, ended
    this.#tape = tape;
    this.stream = name === "sse" || name === "ws";
    this.frames = { up: [], down: [] };
    this.seen = { up: 0, down: 0 }; // frames this page said and heard
    this.counted = { up: 0, down: 0 }; // frames of which the hub told: either may be ahead
    const at = now();
    this.ask = this.fly(true, SPOKEN.has(name) ? "say" : "ask", at);
    this.answer = null; // the first flight down: the head of an answer
  }

  fly(up, kind, at) {
    return this.#tape.fly(new Flight(this, up, kind, at));
  }

  get way() {
    return this.name === "emit" || this.name === "hello" || this.name === "bye" ? "post" : this.name;
  }

  // ---- what the page sees

  /** An answer begins. */
  began(status) {
    this.status = status;
    if (!this.stream) return;
    this.answer ??= this.fly(false, "open", now());
    this.answer.arrived();
  }

  /** An answer is whole. */
  answered(text) {
    this.answer ??= this.fly(false, "told", now());
    this.answer.arrived();
    this.read(this.answer, text);
    this.end("answered");
  }

  /** A frame or an event came. */
  heard(text) {
    const flight = this.frame("down", this.seen.down++);
    flight.arrived();
    this.read(flight, text);
  }

  /** A frame goes up. */
  said(text) {
    const flight = this.frame("up", this.seen.up++);
    flight.left = now();
    flight.kind = text.startsWith('{"ping"') ? "ask" : "say";
    this.read(flight, text);
  }

  /** No answer, or no more of it. `own`: because the client let go. */
  failed(own) {
    this.end(own ? "closed" : "failed");
  }

  end(how) {
    if (this.over !== null) return;
    this.over = now();
    this.ending = how;
    this.#tape.changed(this);
  }

  /** What a text says: how many messages, or that there is nothing. */
  read(flight, text) {
    flight.text = text.slice(0, TEXT);
    flight.payload = utf8.encode(text).length;
    if (flight.up) return;
    const said = parse(text);
    if (Array.isArray(said?.messages)) {
      flight.seqs = said.messages.map((message) => message.seq);
      flight.kind = said.messages.length || said.gap ? "news" : "empty";
      this.#tape.logged(said.messages);
    } else if (said?.acks || "pong" in Object(said)) flight.kind = "ack";
    this.#tape.changed(this);
  }

  // ---- what the hub saw: its times come as ms of this page's clock

  asked(at, bytes, { method, head, new: fresh }) {
    Object.assign(this, { method, headUp: head, fresh });
    this.ask.came = Math.max(at, this.ask.left ?? at);
    this.ask.bytes = bytes;
    this.up += bytes;
  }

  headed(at, bytes, head) {
    this.headDown = head;
    this.headBytes[1] = bytes;
    this.down += bytes;
    if (this.name === "bye") return; // nobody listens for that answer
    this.answer ??= this.fly(false, this.stream ? "open" : "told", at);
    Object.assign(this.answer, { left: within(at, this.answer.came), bytes: (this.answer.bytes ?? 0) + bytes });
  }

  came(at, bytes, sizes) {
    this.up += bytes;
    if (!sizes.length && !this.stream) this.ask.bytes += bytes; // the body of a POST, after its head
    for (const payload of sizes) {
      const flight = this.frame("up", this.counted.up++);
      flight.came = Math.max(at, flight.left ?? at);
      flight.bytes = Math.round(bytes / sizes.length);
      flight.payload ??= payload;
    }
  }

  whole(bodyBytes) {
    this.headBytes[0] = this.ask.bytes - bodyBytes;
  }

  went(at, bytes, said) {
    this.down += bytes;
    if (!this.stream) {
      if (this.answer) this.answer.bytes += bytes;
      return;
    }
    if (said === null) return; // a control frame, the end of chunks
    const flight = this.frame("down", this.counted.down++);
    flight.left = within(at, flight.came);
    flight.bytes = bytes;
    if (Array.isArray(said)) Object.assign(flight, { seqs: said, kind: said.length ? "news" : "empty" });
    else flight.kind = "ack";
  }

  /** The n-th frame this way, made by whoever tells of it first. */
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
  #sides = new Map(); // sid → side; in memory only
  #marks = new Map(); // mark → exchange
  #numbers = new Map(); // sid → (number → exchange)

  constructor() {
    super();
    this.flights = [];
    this.open = new Set(); // exchanges that are not over
    this.said = new Map(); // seq → when the hub had it, ms of this page's clock
    this.totals = {}; // side → name → { requests, up, down }: all there was
    this.missed = 0; // events the hub no longer had
    this.trace = new Trace((sid, missed, events) => this.take(sid, missed, events));
  }

  /** A client of this side asks. */
  ask(side, method, url, body) {
    const { pathname, searchParams } = new URL(url, location);
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
    if (body) Object.assign(exchange, { body: String(body).slice(0, TEXT) });
    return exchange;
  }

  /** The secret of the client that asked last on this side; null: none has. */
  sidOf(side) {
    return [...this.#sides].findLast(([, of]) => of === side)?.[0] ?? null;
  }

  begin(side, method, target, mark) {
    const exchange = new Exchange(this, side, method, target, mark);
    this.open.add(exchange);
    if (mark) this.#marks.set(mark, exchange);
    return exchange;
  }

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

  changed(exchange) {
    if (exchange.over !== null) this.open.delete(exchange);
    this.dispatchEvent(new Event("change"));
  }

  logged(messages) {
    for (const { seq, at } of messages) if (!this.said.has(seq)) this.said.set(seq, at + this.trace.offset);
  }

  /** What the hub saw of one client. */
  take(sid, missed, events) {
    const side = this.#sides.get(sid);
    if (!side) return;
    this.missed += missed;
    const known = this.#numbers.get(sid) ?? this.#numbers.set(sid, new Map()).get(sid);
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

  count(side, name, kind, bytes) {
    const mine = (this.totals[side] ??= {});
    const counts = (mine[name] ??= { requests: 0, up: 0, down: 0 });
    if (kind === "ask") counts.requests += 1;
    if (kind === "ask" || kind === "up") counts.up += bytes;
    if (kind === "head" || kind === "down") counts.down += bytes;
  }

  /** All of it as data. No sid is on the tape. */
  toJSON() {
    const exchanges = new Map();
    for (const flight of this.flights) {
      const { exchange } = flight;
      if (!exchanges.has(exchange)) exchanges.set(exchange, { ...told(exchange), flights: [] });
      const { up, kind, left, came, bytes, payload, seqs } = flight;
      exchanges.get(exchange).flights.push({ way: up ? "up" : "down", kind, left, came, bytes, payload, seqs });
    }
    const { offset, doubt } = this.trace;
    const clock = { unit: "ms since 1970", offset, doubt };
    return { version: 1, at: now(), clock, missed: this.missed, totals: this.totals, exchanges: [...exchanges.values()] };
  }
}

function told(exchange) {
  const { side, name, method, target, status, fresh, headUp, headDown, over, ending, bytes } = exchange;
  return { side, name, method, target, status, newConnection: fresh, headUp, headDown, over, ending, bytes };
}

/** Nothing arrives before it left, whatever the clocks say. */
const within = (left, came) => (came === null ? left : Math.min(left, came));

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
