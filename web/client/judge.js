// @ts-check
// The judge: what the end of an attempt means for its rung.
import { NETWORK } from "./attempt.js";
import { Evidence } from "./evidence.js";
import { LONG_LIFE, PROBATION } from "./rung.js";

const JITTER = 3000; // ms over which those come back whom a server sent away
const AT_ONCE = 10_000; // ms between two returns "at once"
const LATER = 1000; // ms, where the server says "later" and not when
const LATEST = 300_000; // ms
const SPREAD = 0.5; // of a wait, so that a crowd that waits together comes back spread
const LEASE_AGAIN = 2000; // ms

/**
 * @typedef {import("./attempt.js").Attempt} Attempt @typedef {import("./attempt.js").End} End
 * @typedef {import("./rung.js").Rung} Rung @typedef {import("./types.js").Part} Part
 */

/** Keeps the records of the rungs: pauses, rests, lessons. What it does is said in `parts`. */
export class Judge {
  evidence = new Evidence();
  /** @type {"offline"|"hidden"|null} */ blind = null; // why nothing can be judged now
  #rungs;
  #out;

  /** @param {import("./rungs.js").Rungs} rungs @param {import("./ladder.js").Command[]} out */
  constructor(rungs, out) {
    this.#rungs = rungs;
    this.#out = out;
  }

  /**
   * What this end means. `others`: those that go on.
   * @param {Attempt} attempt @param {End} end @param {Attempt[]} others
   * @param {number} now @param {number} chance @param {Part[]} parts
   */
  ended(attempt, end, others, now, chance, parts) {
    const { rung, lived, state } = attempt;
    const { kind, retry = LATER } = end;
    if (lived >= PROBATION) rung.live();
    if (lived >= LONG_LIFE) rung.clear();
    if (kind === "refused") rung.refused = true;
    else if (kind === "lease") this.#leaseless(rung, now, parts);
    else if (kind === "wait") rung.wait(now + Math.min(retry, LATEST) * (1 + SPREAD * chance));
    else if (kind === "leave") {
      rung.wait(now + chance * JITTER);
      if (lived >= PROBATION) return;
      rung.fail(now); // who says so again and again is no server that restarts
      rung.pause(now, chance);
    } else if (kind === "again" && now - rung.atOnce >= AT_ONCE) rung.atOnce = now;
    else {
      if (state !== "late") rung.fail(now); // that was counted when it became late
      if (NETWORK.has(kind)) {
        this.#learn(attempt, kind, now, parts);
        this.#suspect(attempt, kind, others, now, parts);
      }
      rung.pause(now, chance);
    }
  }

  /** @param {Attempt} attempt @param {number} now */
  late({ rung }, now) {
    rung.late += 1;
    rung.fail(now);
  }

  /** @param {Rung} rung @param {Rung} witness @param {number} now @param {Part[]} parts */
  convict(rung, witness, now, parts) {
    const rest = this.#rungs.only ? 0 : rung.strike(now); // what is asked for by hand pauses, but never rests
    rung.evidence = parts.filter(({ key }) => key !== "convicted").slice(0, 2);
    parts.push({ key: "count", nth: Math.max(1, rung.strikes.length), witness: witness.name });
    if (rest) parts.push({ key: "rest", time: rest });
    this.#out.push({ do: "learnt" });
  }

  /** Nothing was tried, so there is nothing to judge. @param {Rung} rung @param {number} now @param {Part[]} parts */
  #leaseless(rung, now, parts) {
    rung.leaseTold ||= parts.length > 0;
    rung.wait(now + LEASE_AGAIN);
  }

  /**
   * A failure counts only if a lower rung proved, during its own life, that the way was open (evidence.js).
   * @param {Attempt} attempt @param {End["kind"]} kind @param {Attempt[]} others @param {number} now @param {Part[]} parts
   */
  #suspect(attempt, kind, others, now, parts) {
    if (this.blind) return void parts.push({ key: "uncounted", because: { key: this.blind } });
    const lower = this.#rungs.below(attempt.rung);
    if (kind !== "time") {
      return this.evidence.broke(attempt, others.filter(({ rung }) => lower.includes(rung)), parts.slice(0, 2));
    }
    const witness = this.evidence.inTime(lower, (attempt.began + now) / 2);
    if (witness) this.convict(attempt.rung, witness, now, parts);
  }

  /**
   * A line that dies of silence is kept alive by talking twice as often.
   * @param {Attempt} attempt @param {End["kind"]} kind @param {number} now @param {Part[]} parts
   */
  #learn({ rung, reads, lived, state, heardAt, beat }, kind, now, parts) {
    if (!reads) {
      if (kind === "time" && state !== "late") rung.late += 1;
      return;
    }
    rung.short ||= lived >= PROBATION && lived < LONG_LIFE;
    const learnt = rung.name === "poll" ? null : rung.learn(now - heardAt, beat);
    if (learnt) parts.push({ key: "lesson", time: learnt * 1000 });
  }
}
