// @ts-check
// The policy: what follows when an attempt passes, when one ends, and when time goes by.
import { came, NETWORK, WORDS } from "./attempt.js";
import { Attempts } from "./attempts.js";
import { Judge } from "./judge.js";
import { Life } from "./life.js";
import { Rounds } from "./rounds.js";
import { LONG_LIFE, PROBATION } from "./rung.js";

/**
 * @typedef {import("./attempt.js").Attempt} Attempt @typedef {import("./attempt.js").End} End
 * @typedef {import("./rung.js").Rung} Rung @typedef {import("./types.js").Part} Part
 * @typedef {{fresh?: boolean, missed?: number|null}} First of the first batch of a reading
 */

export class Policy {
  now = 0;
  chance = 0;
  stopped = true;

  /** @param {import("./rungs.js").Rungs} rungs @param {import("./timing.js").Timing} timing @param {import("./ladder.js").Command[]} out */
  constructor(rungs, timing, out) {
    this.rungs = rungs;
    this.timing = timing;
    this.out = out;
    this.judge = new Judge(rungs, out);
    this.evidence = this.judge.evidence;
    this.attempts = new Attempts(timing, this.evidence, out);
    this.life = new Life(out);
    this.rounds = new Rounds(rungs, this.attempts, this.life);
  }

  /** @param {Attempt} attempt @param {First} first */
  passed(attempt, first) {
    const { rung, role } = attempt;
    const before = this.attempts.current;
    attempt.passedAt = this.now;
    attempt.state = "probation";
    rung.late = 0;
    rung.leaseTold = false;
    const passed = { key: "passed", rung: rung.name, time: this.now - attempt.began };
    if (role === "witness") {
      this.#answered();
      if (before) return this.attempts.close(attempt);
    } else if (role === "second" && before?.state === "doubted") {
      return this.say(passed, { key: "beside", old: before.rung.name }); // it reads, whatever becomes of the other
    }
    const chosen = rung.name === this.rungs.only;
    if (before && role !== "fresh" && !chosen && rung.rank >= before.rung.rank) {
      return this.attempts.close(attempt, passed, { key: "worse", old: before.rung.name });
    }
    if (!before) this.say(passed, { key: "use" }, ...this.life.silence(this.now));
    else if (before.rung === rung) this.say(passed, { key: "fresh" });
    else this.say(passed, { key: "better", old: before.rung.name, rung: rung.name, time: rung.probation });
    this.readBy(attempt, this.life.state === "lost" ? this.life.why : [passed], first);
    if (chosen) this.attempts.letGoOthers();
    for (const other of this.attempts.trying) {
      // What is late is older than this answer: its line is dead, and a new one is tried at once.
      if (this.rungs.only || other.state === "late" || other.rung.rank >= rung.rank) this.attempts.close(other);
    }
  }

  /** @param {Attempt} attempt @param {Part[]} why @param {First} [first] */
  readBy(attempt, why, first = {}) {
    this.attempts.use(attempt);
    attempt.role = "read";
    if (attempt.openedAt === null) this.opened(attempt);
    this.rounds.end();
    this.life.reads(this.now, attempt.rung.name, why, first);
  }

  /** It stands. That proves nothing: middleboxes accept an upgrade and then pass no frame. @param {Attempt} attempt */
  opened(attempt) {
    attempt.openedAt = this.now;
    if (attempt.state === "begun") attempt.state = "open";
    this.life.opens(attempt.rung.name);
  }

  #answered() {
    for (const { rung, spans: [witness], what } of this.evidence.answered()) {
      const parts = [{ key: "convicted" }, ...what];
      this.judge.convict(rung, witness.rung, this.now, parts);
      this.say(...parts, ...this.#carries());
    }
  }

  #carries(attempt = this.attempts.current ?? this.attempts.reading[0]) {
    return attempt ? [{ key: "carries", rung: attempt.rung.name }] : [];
  }

  // ---- an attempt ends

  /** @param {Attempt} attempt @param {End} end */
  end(attempt, end) {
    const { role } = attempt;
    const was = this.attempts.current;
    this.attempts.close(attempt);
    const happened = came(attempt, end, this.now);
    if (end.kind === "over") {
      this.say(...happened);
      return this.stop(happened);
    }
    if (role === "witness") {
      this.evidence.forget(); // no answer proves nothing
      return this.say(...happened);
    }
    /** @type {Part[]} */ const parts = [...happened];
    this.judge.ended(attempt, end, this.attempts.all, this.now, this.chance, parts);
    const unpinned = this.rungs.unpin();
    if (unpinned) parts.push({ key: "unpinned" });
    if (parts.length) this.say(...parts, ...this.#goesOn(attempt, end));
    if (!this.attempts.all.length && !this.rungs.usable.length) this.life.fails(happened); // and settle() ends it
    else if (was === attempt) this.#fall(attempt, end, happened);
    else if (!was && unpinned) this.rounds.whole(this.now);
    else if (!was) this.#goOn(attempt, end, happened);
    else if (was.state === "doubted" && role === "second") this.doubt(was);
  }

  /** @param {Attempt} attempt @param {End} end @returns {Part[]} */
  #goesOn({ rung }, { kind }) {
    const { current } = this.attempts;
    const soon = current && this.rungs.wanted(current.rung).includes(rung) && NETWORK.has(kind) && rung.resting <= this.now;
    return [...(soon ? [{ key: "pause", time: rung.paused - this.now }] : []), ...this.#carries()];
  }

  /**
   * Whoever still reads takes over, or else a rung below is opened.
   * @param {Attempt} attempt @param {End} end @param {Part[]} why
   */
  #fall({ rung }, { kind }, why) {
    const [heir] = this.attempts.reading;
    if (heir) return this.readBy(heir, why);
    this.life.loses(this.now, why);
    const below = this.rungs.nextBelow(rung, this.now);
    if (WORDS.has(kind)) this.rounds.again(rung, this.now);
    else if (below.length) this.rounds.plan(below, this.now);
    else this.rounds.fail(why, this.now, this.chance);
  }

  /**
   * @param {Attempt} attempt @param {End} end @param {Part[]} why
   */
  #goOn({ rung }, { kind }, why) {
    if (WORDS.has(kind)) this.rounds.again(rung, this.now);
    else if (this.rounds.isOver(this.now)) this.rounds.fail(why, this.now, this.chance);
  }

  /** @param {Attempt} attempt */
  doubt(attempt) {
    const beside = this.attempts.all.some((one) => one !== attempt && one.role !== "witness");
    if (attempt !== this.attempts.current || beside) return;
    const other = this.rungs.below(attempt.rung).find((rung) => rung.readyAt <= this.now);
    if (!other) return;
    attempt.state = "doubted";
    this.say({ key: "doubt", rung: attempt.rung.name, other: other.name });
    this.attempts.open(other, "second", this.now);
  }

  /** The one in use last, so that nothing takes over from it. */
  cut() {
    const { all, current } = this.attempts;
    for (const attempt of all.filter((one) => one !== current)) this.end(attempt, { kind: "cut" });
    if (current) this.end(current, { kind: "cut" });
  }

  /** @param {Part[]} why */
  stop(why) {
    for (const attempt of this.attempts.all) this.attempts.close(attempt);
    this.rounds.end();
    this.evidence.forget();
    this.stopped = true;
    this.life.ends(why);
    this.say({ key: "ended", because: why });
    this.out.push({ do: "end", why });
  }

  // ---- time goes by

  get due() {
    if (this.stopped) return Infinity;
    const { attempts, rounds, timing } = this;
    const times = [...attempts.all.map((one) => timing.limit(one)), ...attempts.unasked.map((one) => timing.half(one)), this.life.due];
    if (!attempts.current) times.push(rounds.due);
    else if (!attempts.trying.length) times.push(...this.rungs.wanted(attempts.current.rung).map((rung) => rung.readyAt));
    return Math.min(...times);
  }

  settle() {
    for (const attempt of this.attempts.all) {
      if (!this.attempts.has(attempt) || this.now < this.timing.limit(attempt)) continue;
      if (attempt.reads) this.end(attempt, { kind: "silent" });
      else if (attempt.state === "late" || attempt.role === "witness" || this.attempts.current) this.end(attempt, { kind: "time" });
      else this.#isLate(attempt);
    }
    if (!this.stopped && !this.attempts.all.length && !this.rungs.usable.length) this.stop([{ key: "none" }]);
    if (this.stopped) return;
    this.#prove();
    this.#ask();
    this.life.tick(this.now);
    if (this.attempts.current) this.#climb(this.attempts.current);
    else this.rounds.step(this.now);
  }

  /** Nothing reads, so nothing is lost by waiting on: the next is tried beside it. Slow is not broken. @param {Attempt} attempt */
  #isLate(attempt) {
    const late = { key: attempt.openedAt === null ? "late" : "late.open", rung: attempt.rung.name, time: this.now - attempt.began };
    attempt.state = "late";
    this.judge.late(attempt, this.now);
    this.say(late, { key: "still" });
    if (this.rounds.isOver(this.now)) this.rounds.fail([late], this.now, this.chance);
  }

  /** Whoever lives is trusted. */
  #prove() {
    const { current } = this.attempts;
    if (!current || current.lived < PROBATION) return;
    const { rung, state, lived } = current;
    const { probation } = rung;
    this.rounds.failed = 0;
    rung.live();
    if (state === "probation" && lived >= probation) {
      current.state = "proven";
      rung.lived(this.now);
      this.out.push({ do: "learnt" });
      this.attempts.letGoOthers({ key: "proven", rung: rung.name, time: probation });
    }
    if (lived >= LONG_LIFE) rung.clear();
  }

  /** Ask the lowest rung for a witness, where something waits for one: a poll is answered at once. */
  #ask() {
    const { attempts, timing, evidence } = this;
    const { current } = attempts;
    for (const attempt of attempts.unasked.filter((one) => this.now >= timing.half(one))) {
      // It has waited for half of its time, and what reads may bring nothing in the other half.
      const below = current && this.rungs.below(attempt.rung).includes(current.rung);
      evidence.half(attempt, Boolean(below && timing.quiet(current) > timing.limit(attempt) - this.now));
    }
    const asks = evidence.asks && current && !attempts.all.some((one) => one.role === "witness");
    const lowest = this.rungs.usable.at(-1);
    evidence.asks = false;
    if (asks && lowest) attempts.open(lowest, "witness", this.now);
  }

  /** @param {Attempt} current */
  #climb(current) {
    const better = this.rungs.wanted(current.rung).find((rung) => rung.readyAt <= this.now);
    if (better && !this.attempts.trying.length) this.attempts.open(better, "read", this.now);
  }

  /** @type {Attempts["say"]} */
  say = (...parts) => this.attempts.say(...parts);
}
