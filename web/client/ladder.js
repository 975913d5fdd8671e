// The ladder: which transport to try, keep or leave, judged by what arrives.
// Policy only: events and time go in, commands come out. It keeps no timer, sees no network, throws no dice.
import { Life } from "./life.js";
import { pauseBefore, Rung } from "./rung.js";

export const LADDER = ["ws", "sse", "longpoll", "poll"]; // best first

const PASS = 1500; // ms for the first batch, doubled after each failure by time alone
const LONGEST_PASS = 15_000; // ms
const PROBATION = 5000; // ms the old rung goes on reading beside the new one
const PROVEN = 30_000; // ms: a life longer than this clears a rung's failures
const SPREAD = 3000; // ms over which a crowd comes back that one server let go (1001, 1012)
const AT_ONCE = 10_000; // ms between two returns "at once"
const DELIVERED = 10_000; // ms after a failure in which a lower rung must deliver for it to count
const SLEPT = 2000; // ms a tick may be late before the page must have been asleep

/**
 * @typedef {{id: number, rung: Rung, role: "round"|"climb"|"fresh", since: number, passed: number|null,
 *   heard: number}} Reader
 * @typedef {{do: "open", id: number, transport: string} | {do: "close", id: number} | {do: "use", id: number|null}
 *   | {do: "say", text: string} | {do: "tell", event: string, detail: object} | {do: "end", why: string}} Command
 */
export class Ladder {
  #out = [];
  #now = 0;
  #chance = 0;
  #count = 0;
  #pending = []; // failures that count if a lower rung delivers soon
  #over = true;

  /** `order`: the transports there are, best first; `only`: the one to use; `pace`: {every ms, hold s, heartbeat s}. */
  constructor({ order = LADDER, only = null, pace = { every: 1000, hold: 20, heartbeat: 15 } } = {}) {
    this.rungs = order.map((name, rank) => new Rung(name, rank));
    this.only = only;
    this.pace = pace;
    this.rtt = null; // ms, the smallest round trip seen
    /** @type {Map<number, Reader>} */
    this.readers = new Map();
    this.main = null; // the reader in use
    this.old = null; // the one before, while the new one is on probation
    this.round = null; // the rungs still to be tried while nothing reads: {queue}
    this.nextAt = null; // when the next round begins
    this.pausedAt = 0;
    this.rounds = 0; // rounds in a row in which every rung failed
    this.lastGood = this.#rung("longpoll") ?? this.rungs.at(-1); // answered at once, and it always gets through
    this.quiet = false; // offline or hidden: no failure counts
    this.life = new Life(this.#out);
  }

  get transport() {
    return this.main?.rung.name ?? null;
  }

  /**
   * One event, at a time, with a chance in [0, 1). @returns {Command[]}
   * start · opened {id} · batch {id, fresh, missed} · failed {id, kind, why, retry} · rtt {ms} · tick ·
   * use {transport, strict} · online · offline · hidden · visible · suspend · resume · renew · close {why}
   */
  step(event, now, chance) {
    this.#now = now;
    this.#chance = chance;
    if (event.type === "start") this.#start();
    else if (!this.#over) this.#take(event);
    else if (event.type === "use") this.only = event.transport === "auto" ? null : event.transport;
    if (!this.#over) this.#settle();
    return this.#out.splice(0);
  }

  /** When to step with a tick, or null. */
  get due() {
    if (this.#over) return null;
    const times = [...this.readers.values()].map((reader) => this.#deadline(reader));
    times.push(this.nextAt ?? Infinity, this.life.due);
    if (this.main && (this.old || this.rounds || this.main.rung.tries)) times.push(this.main.passed + PROBATION);
    if (this.main && !this.main.rung.spotless) times.push(this.main.passed + PROVEN);
    if (this.main && !this.#climbing()) times.push(...this.#above().map((rung) => rung.until));
    const due = Math.min(...times);
    return Number.isFinite(due) ? due : null;
  }

  #take(event) {
    const reader = this.readers.get(event.id);
    switch (event.type) {
      case "opened": return reader && this.#opened(reader);
      case "batch": return reader && this.#heard(reader, event);
      case "failed": return reader && this.#fail(reader, event);
      case "rtt": return this.#measured(event.ms);
      case "tick": return this.#woke();
      case "use": return this.#use(event.transport, event.strict);
      case "online": return this.#online();
      case "offline": return this.#hush(true, "the browser says it is offline");
      case "hidden": return this.#hush(true);
      case "visible": return this.#hush(false);
      case "suspend": return this.#suspend();
      case "resume": return this.main ? null : this.#begin(0, this.lastGood, true);
      case "renew": return this.#renew();
      case "close": return this.#end(event.why);
    }
  }

  // ---- what happens

  #start() {
    this.#over = false;
    this.life = new Life(this.#out);
    this.rounds = 0;
    for (const rung of this.rungs) rung.stopped = null;
    this.#begin(0, this.#rung(this.only) ?? this.lastGood, true);
  }

  #opened(reader) {
    if (!this.main) this.life.opens(reader.rung.name);
  }

  #measured(ms) {
    this.rtt = Math.min(this.rtt ?? Infinity, Math.max(0, ms));
  }

  #heard(reader, detail) {
    reader.heard = this.#now;
    this.#judgePending(reader);
    if (reader.passed === null) this.#passed(reader, detail);
  }

  /** Its first batch came: it reads. */
  #passed(reader, { fresh = false, missed = 0 }) {
    const ms = Math.round(this.#now - reader.since);
    reader.passed = this.#now;
    const why = this.#reasonFor(reader, ms);
    if (!why) {
      this.#say(`${reader.rung.name}: first batch after ${ms} ms, but ${this.transport} is better: let go`);
      return this.#close(reader);
    }
    this.#say(`${reader.rung.name}: first batch after ${ms} ms: in use (${why})`);
    if (this.old) this.#close(this.old);
    this.old = this.main;
    this.#inUse(reader);
    this.#endRound(reader);
    this.life.reads(this.#now, reader.rung.name, why, { fresh, missed });
  }

  /** Why a rung that passed becomes the one in use; null if it does not. */
  #reasonFor(reader, ms) {
    if (!this.main) return this.life.state === "lost" ? this.life.why : "nothing else reads";
    if (this.only) return reader.rung.name === this.only ? "asked for by hand" : null;
    if (reader.rung === this.main.rung) return "a fresh line";
    return reader.rung.rank < this.main.rung.rank ? `better than ${this.transport}, passed after ${ms} ms` : null;
  }

  #inUse(reader) {
    this.main = reader;
    this.lastGood = reader.rung;
    this.#out.push({ do: "use", id: reader.id });
  }

  /** Something reads: what was tried only for want of it is let go, better rungs may still pass. */
  #endRound(winner) {
    this.round = this.nextAt = null;
    for (const reader of this.readers.values()) {
      if (reader.passed === null && (reader.rung.rank >= winner.rung.rank || this.only)) this.#close(reader);
      else if (reader.passed === null) reader.role = "climb";
    }
  }

  /** @param {{kind: string, why: string, retry?: number}} failure */
  #fail(reader, { kind, why, retry = 1000 }) {
    const { name } = reader.rung;
    this.#close(reader);
    this.#say(`${name}: ${why} (after ${Math.round(this.#now - reader.since)} ms)`);
    if (kind === "over") return this.#end(why);
    const wait = this.#sentence(reader, kind, retry);
    if (reader === this.old) this.old = null;
    else if (reader === this.main) this.#lose(`${name}: ${why}`);
    if (this.main) return;
    if (wait !== null) return this.#waitFor(wait, this.rounds ? null : reader.rung);
    if (reader.passed !== null) this.#begin(0, reader.rung, kind === "again" && reader.rung.until <= this.#now);
    else if (reader.role === "round") this.#next();
    else if (!this.round && this.nextAt === null) this.#roundOver();
  }

  /** What the failure means for its rung. @returns {number|null} ms to wait before anything is tried; null: none */
  #sentence(reader, kind, retry) {
    const { rung } = reader;
    const now = this.#now;
    switch (kind) {
      case "stop":
        rung.stopped = "refused";
        this.#say(`${rung.name}: the server does not want this; not tried again`);
        return null;
      case "back": // the server stops or restarts: every rung would hear the same, and so would everybody else at once
        rung.until = now + this.#chance * SPREAD;
        // But who says so again and again without a life between is no server that restarts.
        if (reader.passed === null || now < reader.passed + PROBATION) rung.pause(now, this.#chance);
        return rung.until - now;
      case "wait":
        rung.until = now + retry * (1 + this.#chance / 2);
        return rung.until - now;
      case "again":
        if (now - rung.againAt >= AT_ONCE) {
          rung.againAt = now;
          rung.until = now;
          return null;
        }
        if (rung.againAt <= now) rung.againAt += AT_ONCE; // the return that is due then counts as one
        rung.until = rung.againAt;
        return this.#usable().length > 1 ? null : rung.until - now;
      case "time":
        rung.late += 1;
        break;
    }
    rung.pause(now, this.#chance);
    if (!this.quiet) this.#suspect(reader);
    return null;
  }

  /** A failure counts only if a lower rung delivered at that time: an outage of everything says nothing of a rung. */
  #suspect(failed) {
    const { rung } = failed;
    const since = failed.passed === null ? failed.since : failed.heard;
    const lower = [...this.readers.values()].filter((other) => other.rung.rank > rung.rank);
    const witness = lower.find((other) => other.passed !== null && other.heard >= since);
    if (witness) this.#convict(rung, witness);
    else this.#pending.push({ rung, until: this.#now + DELIVERED });
  }

  #judgePending(witness) {
    const guilty = this.#pending.filter(({ rung, until }) => rung.rank < witness.rung.rank && this.#now <= until);
    this.#pending = this.#pending.filter((failure) => !guilty.includes(failure) && this.#now <= failure.until);
    for (const { rung } of guilty) this.#convict(rung, witness);
  }

  #convict(rung, witness) {
    const rest = this.only ? 0 : rung.count(this.#now); // what is asked for by hand pauses, but never rests
    const evidence = `${rung.name}: failed while ${witness.rung.name} delivered, ${rung.fails.length} in 10 min`;
    this.#say(rest ? `${evidence}: rests ${Math.round(rest / 1000)} s` : evidence);
  }

  #lose(why) {
    this.main = null;
    this.#out.push({ do: "use", id: null });
    this.life.loses(this.#now, why);
    if (!this.old) return;
    const old = this.old;
    this.old = null;
    this.#say(`${old.rung.name}: still reads, takes over`);
    this.#inUse(old);
    this.life.reads(this.#now, old.rung.name, why, {});
  }

  #use(transport, strict) {
    this.only = transport === "auto" ? null : transport;
    const rung = this.#rung(this.only);
    const wish = rung && `${rung.name} is asked for by hand${strict ? ", the old one goes first" : ""}`;
    this.#say(wish ?? "the ladder chooses");
    if (rung) {
      rung.wake(this.#now);
      rung.stopped = null;
      rung.late = 0;
    }
    for (const reader of this.readers.values()) {
      if (reader.passed === null && rung && reader.rung !== rung) this.#close(reader);
    }
    if (strict && rung && this.main?.rung !== rung) this.#letGo(`${rung.name} was asked for`);
    if (!this.main && !(this.only && this.#attempts().length)) this.#begin(0, rung ?? this.lastGood, true);
  }

  /** Another network perhaps: one immediate try, also of what rests; and a fresh line: a half-open one says nothing. */
  #online() {
    this.#hush(false, "the browser says it is online");
    for (const rung of this.rungs) rung.wake(this.#now);
    if (!this.main && this.nextAt !== null) this.#begin(0, this.lastGood, true);
    else if (this.main && !this.#climbing()) this.#open(this.main.rung, "fresh");
  }

  #hush(quiet, text = "") {
    this.quiet = quiet;
    if (text) this.#say(text);
  }

  /** Timers of a page that slept come late, and before the news that waited: that silence proves nothing. */
  #woke() {
    const late = this.#now - (this.due ?? this.#now);
    if (late <= SLEPT) return;
    for (const reader of this.readers.values()) {
      reader.heard += late + SLEPT; // and this long what waited has to be heard
      if (reader.passed === null) reader.since += late + SLEPT;
    }
  }

  /** The page goes to the back/forward cache. */
  #suspend() {
    this.#letGo("the page was put away");
    this.#say("the page was put away");
  }

  /** The client has a new sid: the readers of the old one end, reading goes on from the same cursor. */
  #renew() {
    this.#letGo("a new sid");
    this.#begin(0, this.#rung(this.only) ?? this.lastGood, true);
  }

  #letGo(why) {
    for (const reader of [...this.readers.values()]) this.#close(reader);
    this.old = this.round = this.nextAt = null;
    if (this.main) this.#lose(why);
  }

  #end(why) {
    this.#letGo(why);
    this.#over = true;
    this.life.ends(why);
    this.#say(`ended: ${why}`);
    this.#out.push({ do: "end", why });
  }

  // ---- rounds: nothing reads, and every rung is tried

  /** Try the rungs from one downwards, then those above; those that rest come last. */
  #begin(wait, from, including) {
    const usable = this.#usable();
    const at = Math.max(0, usable.indexOf(from));
    const turned = [...usable.slice(at), ...usable.slice(0, at)];
    const tried = new Set(this.#attempts().map((reader) => reader.rung));
    if (!including) tried.add(from);
    const queue = turned.filter((rung) => !tried.has(rung));
    const rests = (rung) => rung.until > this.#now && !(including && rung === from);
    queue.sort((a, b) => rests(a) - rests(b));
    this.round = { queue };
    this.nextAt = null;
    this.life.begins(wait);
    this.#next();
  }

  #next() {
    const rung = this.round?.queue.shift();
    if (rung) return this.#open(rung, "round");
    this.round = null;
    if (!this.#attempts().length) this.#roundOver();
  }

  #roundOver() {
    if (!this.#usable().length) return this.#end("the server refuses every transport there is");
    this.rounds += 1;
    this.life.fails("every rung failed");
    this.#waitFor(pauseBefore(this.rounds, this.#chance), null);
  }

  #waitFor(ms, rung) {
    if (rung) this.lastGood = rung;
    this.round = null;
    this.pausedAt = this.#now;
    this.nextAt = this.#now + ms;
    this.#say(`nothing reads: next try in ${Math.round(ms)} ms`);
  }

  // ---- what time alone brings about

  #settle() {
    for (const reader of [...this.readers.values()]) {
      if (!this.readers.has(reader.id) || this.#now < this.#deadline(reader)) continue;
      if (reader.passed === null) this.#fail(reader, { kind: "time", why: "no first batch" });
      else this.#fail(reader, { kind: "silence", why: `silent for ${Math.round(this.#now - reader.heard)} ms` });
      if (this.#over) return;
    }
    if (this.main) this.#prove();
    if (this.nextAt !== null && this.#now >= this.nextAt) this.#begin(this.#now - this.pausedAt, this.lastGood, true);
    this.#climb();
    this.life.tick(this.#now);
  }

  #prove() {
    // Compared as `due` computes it: the difference of two times is rounded differently, and would tick for ever.
    const lived = (ms) => this.#now >= this.main.passed + ms;
    if (lived(PROBATION)) this.rounds = this.main.rung.tries = 0;
    if (lived(PROBATION) && this.old) {
      this.#say(`${this.transport}: has lived ${PROBATION / 1000} s, ${this.old.rung.name} is let go`);
      this.#close(this.old);
      this.old = null;
    }
    if (lived(PROVEN)) this.main.rung.clear();
  }

  /** While something reads, try the best rung above it that does not rest. */
  #climb() {
    if (!this.main || this.#climbing()) return;
    const better = this.#above().find((rung) => rung.until <= this.#now);
    if (better) this.#open(better, "climb");
  }

  // ---- small words

  #rung(name) {
    return this.rungs.find((rung) => rung.name === name);
  }

  #usable() {
    return this.rungs.filter((rung) => !rung.stopped && (!this.only || rung.name === this.only));
  }

  /** The rungs worth a try while the main one reads. */
  #above() {
    const main = this.main.rung;
    return this.#usable().filter((rung) => (this.only ? rung !== main : rung.rank < main.rank));
  }

  #attempts() {
    return [...this.readers.values()].filter((reader) => reader.passed === null);
  }

  #climbing() {
    return this.#attempts().length > 0;
  }

  /** When a reader has failed by time alone. */
  #deadline(reader) {
    const rtt = this.rtt ?? 0;
    if (reader.passed === null) {
      return reader.since + Math.min(LONGEST_PASS, Math.max(PASS, 6 * rtt) * 2 ** reader.rung.late);
    }
    const { every, hold, heartbeat } = this.pace;
    const slack = Math.max(2000, 4 * rtt);
    if (reader.rung.name === "poll") return reader.heard + every + slack;
    if (reader.rung.name === "longpoll") return reader.heard + hold * 1000 + slack;
    return reader.heard + 2.5 * heartbeat * 1000;
  }

  #open(rung, role) {
    this.#count += 1;
    const reader = { id: this.#count, rung, role, since: this.#now, passed: null, heard: this.#now };
    this.readers.set(reader.id, reader);
    this.#say(`${rung.name}: tried`);
    this.#out.push({ do: "open", id: reader.id, transport: rung.name });
  }

  #close(reader) {
    this.readers.delete(reader.id);
    this.#out.push({ do: "close", id: reader.id });
  }

  #say(text) {
    this.#out.push({ do: "say", text });
  }
}
