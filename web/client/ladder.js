// The ladder: which transport to try, keep or leave, judged by what arrives.
// Policy only: events and time go in, commands come out. It keeps no timer, sees no network, throws no dice.
import { Evidence } from "./evidence.js";
import { Life } from "./life.js";
import { came } from "./pipe.js";
import { LONG_LIFE, pauseBefore, PROBATION, Renewals, Rung } from "./rung.js";
import { viewOf } from "./view.js";

export const LADDER = ["ws", "sse", "longpoll", "poll"]; // best first
const PACE = { every: 1000, hold: 20, heartbeat: 15 }; // ms, s, s

const PASS = 1500; // ms for the first batch, doubled after each failure by time alone
const LONGEST_PASS = 15_000; // ms
const SPREAD = 3000; // ms over which a crowd comes back that one server let go (1001, 1012)
const AT_ONCE = 10_000; // ms between two returns "at once"
const SLEPT = 2000; // ms a tick may be late before the page must have been asleep
const SECOND = 150; // ms after which longpoll follows a ws that starts because it worked before
const LEASE_AGAIN = 2000; // ms after which one asks for a lease again

/**
 * @typedef {import("./pipe.js").Reader} Reader
 * @typedef {{key: string}} Part   of a sentence, with its values: sentences.js
 * @typedef {{do: "open", id: number, transport: string, beat: number} | {do: "close", id: number}
 *   | {do: "use", id: number|null} | {do: "say", parts: Part[]} | {do: "tell", event: string, detail: object}
 *   | {do: "learnt"} | {do: "end", why: Part[]}} Command
 */
export class Ladder {
  #out = [];
  #now = 0;
  #chance = 0;
  #count = 0;
  #evidence = new Evidence();
  #over = true;
  #expected = null; // when the next tick was to come
  #renewals = new Renewals();

  /**
   * `order`: the transports there are, best first; `only`: the one to use; `pace`: {every ms, hold s, heartbeat s};
   * `network`, `verdicts`: the network this client was on last, and what was learnt there.
   */
  constructor({ order = LADDER, only = null, pace = PACE, network = null, verdicts = {}, now = 0 } = {}) {
    this.rungs = order.map((name, rank) => new Rung(name, rank));
    for (const rung of this.rungs) rung.load(verdicts[rung.name], now);
    this.network = network; // the name of it, once /hello has told
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
    this.followAt = null; // when longpoll follows a ws that starts
    this.offline = this.hidden = false; // then no failure counts
    this.life = new Life(this.#out);
  }

  get transport() {
    return this.main?.rung.name ?? null;
  }

  /** What is worth keeping of what was learnt, by rung. */
  get verdicts() {
    const all = this.rungs.map((rung) => [rung.name, rung.verdict]);
    return Object.fromEntries(all.filter(([, verdict]) => verdict));
  }

  /** What there is to see of each rung (view.js). */
  view(now) {
    return viewOf(this, now);
  }

  /**
   * One event, at a time, with a chance in [0, 1). @returns {Command[]}
   * start · opened {id} · heard {id, fresh, missed} · ended {id, kind, why, retry} ·
   * doubt {id} · alive {id} · deaf {id} · rtt {ms} · tick ·
   * use {transport, strict} · online · offline · hidden · visible · suspend · resume · renew ·
   * network {name, verdicts} · cut · retry · forget · stop {why}
   */
  step(event, now, chance) {
    this.#now = now;
    this.#chance = chance;
    if (event.type === "start") this.#start();
    else if (!this.#over) this.#take(event);
    else if (event.type === "use") this.only = event.transport === "auto" ? null : event.transport;
    if (!this.#over) this.#settle();
    this.#expected = this.due;
    return this.#out.splice(0);
  }

  /** When to step with a tick, or null. */
  get due() {
    if (this.#over) return null;
    const times = [...this.readers.values()].map((reader) => this.#deadline(reader));
    times.push(...this.#unasked().map((reader) => this.#half(reader)));
    times.push(this.nextAt ?? Infinity, this.followAt ?? Infinity, this.life.due);
    if (this.main && !this.#climbing()) times.push(...this.#above().map((rung) => rung.until));
    const due = Math.min(...times);
    return Number.isFinite(due) ? due : null;
  }

  #take(event) {
    const reader = this.readers.get(event.id);
    switch (event.type) {
      case "opened": return reader && this.#opened(reader);
      case "heard": return reader && this.#heard(reader, event);
      case "ended": return reader && this.#fail(reader, event);
      case "doubt": return reader && this.#doubt(reader);
      case "alive": return reader && this.#lives(reader);
      case "deaf": return reader && this.#fail(reader, { kind: reader.doubted ? "silent" : "deaf" });
      case "rtt": return this.#measured(event.ms);
      case "tick": return this.#woke();
      case "use": return this.#use(event.transport, event.strict);
      case "online": return this.#online();
      case "offline": return this.#wentOffline();
      case "hidden": return (this.hidden = true);
      case "visible": return (this.hidden = false);
      case "network": return this.#isOn(event.name, event.verdicts ?? {});
      case "cut": return this.#cut();
      case "retry": return this.#retry({ key: "retry" });
      case "forget": return this.#forget();
      case "suspend": return this.#suspend();
      case "resume": return this.main ? null : this.#begin(0, this.lastGood, true);
      case "renew": return this.#renew();
      case "stop": return this.#end(event.why);
    }
  }

  // ---- what happens

  #start() {
    this.#over = false;
    this.life = new Life(this.#out);
    this.rounds = 0;
    for (const rung of this.rungs) rung.stopped = null;
    const best = this.rungs[0];
    // Where ws worked a short while ago it is served first; longpoll follows, for a network may have changed.
    const trusted = !this.only && best.name === "ws" && best.proven(this.#now);
    if (trusted) this.followAt = this.#now + SECOND;
    this.#begin(0, trusted ? best : (this.#rung(this.only) ?? this.lastGood), true);
  }

  #opened(reader) {
    reader.opened ??= this.#now;
    if (!this.main) this.life.opens(reader.rung.name);
  }

  #measured(ms) {
    this.rtt = Math.min(this.rtt ?? Infinity, Math.max(0, ms));
  }

  #heard(reader, detail) {
    this.#evidence.heard(reader.rung, this.#now);
    this.#lives(reader);
    if (reader.passed === null) this.#passed(reader, detail);
  }

  /** It was heard. Where it was in doubt, the second is not needed any more. */
  #lives(reader) {
    reader.heard = this.#now;
    if (!reader.doubted) return;
    reader.doubted = false;
    if (this.old?.role !== "second") return;
    this.#say({ key: "speaks", rung: reader.rung.name, other: this.old.rung.name });
    this.#close(this.old);
    this.old = null;
  }

  /** Its first batch came: it reads. */
  #passed(reader, { fresh = false, missed = 0 }) {
    const { rung, role, since } = reader;
    reader.passed = this.#now;
    reader.opened ??= this.#now;
    rung.leaseTold = false;
    const passed = { key: "passed", rung: rung.name, time: this.#now - since };
    if (role === "witness") {
      this.#answered();
      if (this.main) return this.#close(reader);
      reader.role = "round"; // nobody reads meanwhile, so this one does
    }
    if (role === "second" && this.main?.doubted && !this.old) {
      this.#say(passed, { key: "beside", old: this.transport });
      this.old = reader; // it reads, whatever becomes of the other
      return;
    }
    const why = this.#reasonFor(reader);
    if (!why) {
      this.#say(passed, { key: "worse", old: this.transport });
      return this.#close(reader);
    }
    const lost = !this.main && this.life.state === "lost";
    const silence = lost ? [{ key: "silence", time: this.#now - this.life.lostAt }] : [];
    this.#say(passed, why, ...silence);
    if (this.old) this.#close(this.old);
    this.old = this.main;
    const from = this.life.state === "lost" ? this.life.why : [passed];
    this.#inUse(reader);
    this.#endRound(reader);
    this.life.reads(this.#now, rung.name, from, { fresh, missed });
  }

  /** The part that says why a rung that passed becomes the one in use; null if it does not. */
  #reasonFor({ rung }) {
    if (!this.main) return { key: "use" };
    const better = { key: "better", old: this.transport, rung: rung.name, time: rung.probation };
    if (this.only) return rung.name === this.only ? better : null;
    if (rung === this.main.rung) return { key: "fresh" };
    return rung.rank < this.main.rung.rank ? better : null;
  }

  #inUse(reader) {
    this.main = reader;
    this.lastGood = reader.rung;
    this.#out.push({ do: "use", id: reader.id });
  }

  /** Something reads: what was tried only for want of it is let go, better rungs may still pass. */
  #endRound(winner) {
    this.round = this.nextAt = this.followAt = null;
    for (const reader of this.readers.values()) {
      if (reader.passed !== null || reader === winner || reader.role === "witness") continue;
      // What is late is older than this answer: its line is dead, and a new one is tried at once.
      if (reader.late || reader.rung.rank >= winner.rung.rank || this.only) this.#close(reader);
      else reader.role = "climb";
    }
  }

  /** @param {{kind: string, why?: Part, retry?: number}} failure */
  #fail(reader, { kind, why = null, retry = 1000 }) {
    const { rung } = reader;
    this.#close(reader);
    const parts = came(reader, kind, why, this.#now);
    if (reader.role === "witness" && kind !== "over") {
      this.#evidence.forget(); // no answer proves nothing
      return this.#say(...parts);
    }
    const happened = [...parts];
    const wait = this.#sentence(reader, kind, retry, parts);
    const next = reader === this.main ? this.old : this.main;
    if (next && next !== reader) parts.push({ key: "carries", rung: next.rung.name });
    if (parts[0]) this.#say(...parts);
    if (kind === "over") return this.#end(happened);
    if (reader === this.old) this.old = null;
    else if (reader === this.main) this.#lose(happened);
    if (this.main) return reader.role === "second" && this.main.doubted ? this.#doubt(this.main) : null;
    if (wait !== null) return this.#waitFor(wait, this.rounds ? null : rung);
    if (reader.passed !== null) this.#begin(0, rung, kind === "again" && rung.until <= this.#now);
    else if (reader.role === "round" && !this.#attempts().some((one) => one.role === "round" && !one.late)) this.#next();
    else if (!this.round && this.nextAt === null && !this.#attempts().length) this.#roundOver();
  }

  /** What the failure means for its rung, said in `parts`. @returns {number|null} ms everything waits; null: nothing */
  #sentence(reader, kind, retry, parts) {
    const { rung } = reader;
    const now = this.#now;
    switch (kind) {
      case "over":
        return null;
      case "refused":
        rung.stopped = "refused";
        return null;
      case "lease": // nothing was tried, so there is nothing to judge
        if (parts.length) rung.leaseTold = true;
        rung.until = Math.max(rung.until, now + LEASE_AGAIN);
        return null;
      case "leave": // the server stops or restarts: every rung would hear the same, and so would everybody else at once
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
        if (!reader.late) rung.late += 1;
        break;
      case "lost":
      case "silent": {
        const beat = reader.passed !== null && rung.name !== "poll" && rung.learn(now - reader.heard, reader.beat);
        if (beat) parts.push({ key: "lesson", time: beat * 1000 });
      }
    }
    rung.pause(now, this.#chance);
    if (kind !== "cut") this.#suspect(reader, kind, parts); // a cut by hand proves nothing
    if (this.main && this.main !== reader && rung.until > now && !rung.resting) {
      parts.push({ key: "pause", time: rung.until - now });
    }
    return null;
  }

  /** A failure counts only if a lower rung proved, during its own life, that the way was open (evidence.js). */
  #suspect(failed, kind, parts) {
    const { rung, passed, since, heard } = failed;
    const lived = passed === null ? 0 : heard - passed;
    if (lived >= PROBATION && lived < LONG_LIFE) rung.short = true;
    const quiet = this.offline ? "offline" : this.hidden ? "hidden" : null;
    if (quiet) return parts.push({ key: "uncounted", because: { key: quiet } });
    const lower = this.#below(rung);
    const what = parts.slice(0, 2);
    if (kind !== "time") {
      return this.#evidence.broke(failed, [...this.readers.values()].filter((other) => lower.includes(other.rung)), what);
    }
    const witness = this.#evidence.inTime(lower, (since + this.#now) / 2);
    if (witness) this.#convict(rung, witness, what, parts);
  }

  /** The way is open: what broke beside a reading that stands failed alone. */
  #answered() {
    for (const { rung, spans, what } of this.#evidence.answered()) {
      const parts = [{ key: "convicted" }, ...what];
      const [standing] = spans;
      this.#convict(rung, standing.rung, what, parts);
      if (this.main) parts.push({ key: "carries", rung: this.transport });
      this.#say(...parts);
    }
  }

  #convict(rung, witness, evidence, parts) {
    const rest = this.only ? 0 : rung.count(this.#now); // what is asked for by hand pauses, but never rests
    rung.evidence = evidence;
    parts.push({ key: "count", nth: Math.max(1, rung.fails.length), witness: witness.name });
    if (rest) parts.push({ key: "rest", time: rest });
    this.#out.push({ do: "learnt" });
  }

  /** What went up by the one in use has no answer. It may be deaf or dead: another rung is asked for a witness. */
  #doubt(reader) {
    if (reader !== this.main || this.#climbing() || this.old) return;
    const other = this.#below(reader.rung).find((rung) => rung.until <= this.#now);
    if (!other) return;
    reader.doubted = true;
    this.#say({ key: "doubt", rung: reader.rung.name, other: other.name });
    this.#open(other, "second");
  }

  #lose(why) {
    this.main = null;
    this.#out.push({ do: "use", id: null });
    this.life.loses(this.#now, why);
    if (!this.old) return;
    const old = this.old;
    this.old = null;
    this.#inUse(old);
    this.life.reads(this.#now, old.rung.name, why, {});
  }

  #use(transport, strict) {
    this.only = transport === "auto" ? null : transport;
    const rung = this.#rung(this.only);
    this.#say(rung ? { key: strict ? "strict" : "hand", rung: rung.name } : { key: "auto" });
    if (rung) {
      rung.wake(this.#now);
      rung.stopped = null;
      rung.late = 0;
    }
    this.followAt = null;
    for (const reader of this.readers.values()) {
      if (reader.passed === null && rung && reader.rung !== rung) this.#close(reader);
    }
    if (strict && rung && this.main?.rung !== rung) this.#letGo([{ key: "strict", rung: rung.name }]);
    if (!this.main && !(this.only && this.#attempts().length)) this.#begin(0, rung ?? this.lastGood, true);
  }

  /** Another network perhaps: one immediate try, also of what rests; and a fresh line: a half-open one says nothing. */
  #online() {
    this.offline = false;
    this.#retry({ key: "online" });
    if (this.main && !this.#climbing()) this.#open(this.main.rung, "fresh");
  }

  #wentOffline() {
    this.offline = true;
    this.#say({ key: "offline" });
  }

  /** Rests and pauses are over; if nothing reads, it is tried now. */
  #retry(why) {
    this.#say(why);
    for (const rung of this.rungs) rung.wake(this.#now);
    if (!this.main && this.nextAt !== null) this.#begin(0, this.lastGood, true);
  }

  #forget() {
    this.#evidence.forget();
    for (const rung of this.rungs) rung.forget();
    this.#out.push({ do: "learnt" });
    this.#retry({ key: "forget" });
  }

  /** A person cuts every line at once. */
  #cut() {
    const readers = [...this.readers.values()];
    for (const reader of readers.filter((one) => one !== this.main)) this.#fail(reader, { kind: "cut" });
    if (this.main) this.#fail(this.main, { kind: "cut" });
  }

  /** The server told which network this is: what was learnt on another one says nothing here. */
  #isOn(name, verdicts) {
    if (name === this.network) return;
    const known = this.rungs.some((rung) => verdicts[rung.name]);
    const first = this.network === null;
    this.network = name;
    if (first && !known) return this.#out.push({ do: "learnt" });
    this.#say({ key: "network", name, known: { key: known ? "network.known" : "network.new" } });
    this.#evidence.forget();
    for (const rung of this.rungs) rung.load(verdicts[rung.name], this.#now);
  }

  /** Timers of a page that slept come late, and before the news that waited: that silence proves nothing. */
  #woke() {
    const late = this.#now - (this.#expected ?? this.#now);
    if (late <= SLEPT) return;
    if (this.readers.size) this.#say({ key: "slept", time: late });
    for (const reader of this.readers.values()) {
      reader.heard += late + SLEPT; // and this long what waited has to be heard
      if (reader.passed === null) reader.since += late + SLEPT;
    }
  }

  /** The page goes to the back/forward cache. */
  #suspend() {
    this.#letGo([{ key: "away" }]);
    this.#say({ key: "away" });
  }

  /** The client has a new sid: the readers of the old one end, reading goes on from the same cursor. */
  #renew() {
    this.#letGo([{ key: "newsid" }]);
    const wait = this.#renewals.wait(this.#now, this.#chance);
    if (wait) this.#waitFor(wait, null);
    else this.#begin(0, this.#rung(this.only) ?? this.lastGood, true);
  }

  #letGo(why) {
    for (const reader of [...this.readers.values()]) this.#close(reader);
    this.old = this.round = this.nextAt = this.followAt = null;
    if (this.main) this.#lose(why);
  }

  #end(why) {
    this.#letGo(why);
    this.#over = true;
    this.life.ends(why);
    this.#say({ key: "ended", because: why });
    this.#out.push({ do: "end", why });
  }

  // ---- rounds: nothing reads, and every rung is tried

  /** Try the rungs from one downwards, then those above; those that rest come last. */
  #begin(wait, from, including) {
    for (const reader of this.#attempts()) if (reader.late) this.#close(reader); // its line may be dead: a new one
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
    if (this.#attempts().every((reader) => reader.late)) this.#roundOver();
  }

  #roundOver() {
    if (!this.#usable().length) return this.#end([{ key: "none" }]);
    this.rounds += 1;
    this.life.fails([{ key: "round" }]);
    this.#waitFor(pauseBefore(this.rounds, this.#chance), null);
  }

  #waitFor(ms, rung) {
    if (rung) this.lastGood = rung;
    this.round = this.followAt = null;
    this.pausedAt = this.#now;
    this.nextAt = this.#now + ms;
    this.#say({ key: "nothing", time: ms });
  }

  // ---- what time alone brings about

  #settle() {
    for (const reader of [...this.readers.values()]) {
      if (!this.readers.has(reader.id) || this.#now < this.#deadline(reader)) continue;
      if (reader.passed === null && !reader.late && reader.role !== "witness" && !this.main) this.#isLate(reader);
      else if (reader.passed === null) this.#fail(reader, { kind: "time" });
      else this.#fail(reader, { kind: "silent" });
      if (this.#over) return;
    }
    if (this.main) this.#prove();
    if (this.followAt !== null && this.#now >= this.followAt) this.#follow();
    if (this.nextAt !== null && this.#now >= this.nextAt) this.#begin(this.#now - this.pausedAt, this.lastGood, true);
    this.#ask();
    this.#climb();
    this.life.tick(this.#now);
  }

  /** Nothing reads, so nothing is lost by waiting on: the next is tried beside it. A slow network is no broken one. */
  #isLate(reader) {
    const { rung, opened, since } = reader;
    reader.late = true;
    rung.late += 1;
    const key = opened === null ? "late" : "late.open";
    this.#say({ key, rung: rung.name, time: this.#now - since }, { key: "still" });
    if (!this.#attempts().some((other) => !other.late)) this.#next();
  }

  #prove() {
    // Life is what was heard: a line that went mute after its first batch has not lived, however long it stays.
    const lived = (ms) => this.main.heard >= this.main.passed + ms;
    const { probation } = this.main.rung;
    if (lived(PROBATION)) this.rounds = this.main.rung.tries = 0;
    if (lived(probation) && !this.main.proven) {
      this.main.proven = true;
      this.main.rung.lived(this.#now);
      this.#out.push({ do: "learnt" });
      if (this.old) {
        this.#say({ key: "proven", rung: this.transport, time: probation, old: this.old.rung.name });
        this.#close(this.old);
        this.old = null;
      }
    }
    if (lived(LONG_LIFE)) this.main.rung.clear();
  }

  /** The ws that worked before has not answered yet: longpoll is served beside it. */
  #follow() {
    this.followAt = null;
    const longpoll = this.#usable().find((rung) => rung.name === "longpoll");
    if (this.main || !longpoll || this.#attempts().some((reader) => reader.rung === longpoll)) return;
    if (this.round) this.round.queue = this.round.queue.filter((rung) => rung !== longpoll);
    this.#open(longpoll, "round");
  }

  /** While something reads, try the best rung above it that does not rest. */
  #climb() {
    if (!this.main || this.#climbing()) return;
    const better = this.#above().find((rung) => rung.until <= this.#now);
    if (better) this.#open(better, "climb");
  }

  /** Ask the lowest rung for a witness, where something waits for one: a poll is answered at once. */
  #ask() {
    for (const reader of this.#unasked().filter((one) => this.#now >= this.#half(one))) {
      // It has waited for half of its time, and what reads may bring nothing in the other half.
      reader.asked = true;
      const long = this.main && this.#expects(this.main) > this.#deadline(reader) - this.#now;
      if (long && this.#below(reader.rung).includes(this.main.rung)) this.#evidence.asks = true;
    }
    const asks = this.#evidence.asks && this.main;
    this.#evidence.asks = false;
    if (asks && ![...this.readers.values()].some((one) => one.role === "witness")) this.#open(this.#usable().at(-1), "witness");
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

  #below(rung) {
    return this.#usable().filter((other) => other.rank > rung.rank);
  }

  #attempts() {
    return [...this.readers.values()].filter((reader) => reader.passed === null && reader.role !== "witness");
  }

  #unasked() {
    return this.#attempts().filter((reader) => !reader.late && !reader.asked);
  }

  /** When half of the time for a first batch is over. */
  #half(reader) {
    return (reader.since + this.#deadline(reader)) / 2;
  }

  /** Ms between two batches where there is no news. */
  #expects({ rung, beat }) {
    return rung.name === "poll" ? this.pace.every : beat * 1000;
  }

  #climbing() {
    return this.#attempts().length > 0;
  }

  /** When a reader has failed by time alone. */
  #deadline(reader) {
    if (reader.passed === null) return reader.since + (reader.late ? LONGEST_PASS : this.#waits(reader));
    const slack = Math.max(2000, 4 * (this.rtt ?? 0));
    if (reader.rung.name === "poll") return reader.heard + this.pace.every + slack;
    if (reader.rung.name === "longpoll") return reader.heard + reader.beat * 1000 + slack;
    return reader.heard + 2.5 * reader.beat * 1000;
  }

  /** Ms this one is waited for: a round trip that was measured meanwhile counts. */
  #waits({ patience, rung }) {
    return Math.max(patience, this.#patience(rung));
  }

  /** Ms for a first batch. */
  #patience(rung) {
    return Math.min(LONGEST_PASS, Math.max(PASS, 6 * (this.rtt ?? 0)) * 2 ** rung.late);
  }

  /** Heartbeat or hold of the next line, in s. */
  #beat({ name, beat }) {
    return beat ?? (name === "longpoll" ? this.pace.hold : this.pace.heartbeat);
  }

  #open(rung, role) {
    this.#count += 1;
    const [since, beat] = [this.#now, this.#beat(rung)];
    const reader = { id: this.#count, rung, role, since, opened: null, passed: null, heard: since, beat };
    Object.assign(reader, { patience: this.#patience(rung), late: false, asked: false, doubted: false, proven: false });
    this.readers.set(reader.id, reader);
    if (role === "witness") this.#say({ key: "witness", rung: rung.name });
    else if (!rung.leaseTold) this.#say({ key: "tried", rung: rung.name, time: this.#patience(rung) });
    this.#out.push({ do: "open", id: reader.id, transport: rung.name, beat });
  }

  #close(reader) {
    this.readers.delete(reader.id);
    this.#evidence.gone(reader);
    this.#out.push({ do: "close", id: reader.id });
  }

  #say(...parts) {
    this.#out.push({ do: "say", parts });
  }
}
