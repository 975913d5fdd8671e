// @ts-check
// The rungs there are: which may be tried, which is the most likely to answer, and what there is to see of each.
import { Rung } from "./rung.js";
/** @import {Transport} from "./types.js" */

/** @type {Transport[]} */
export const RUNGS = ["ws", "sse", "longpoll", "poll"]; // best first
const LIKELY = ["longpoll", "ws", "sse", "poll"]; // to answer; a poll asks of a network what the first long poll asked

/** All rungs of one ladder, best first. `only`: the one that may be tried, by hand. */
export class Rungs {
  /** @type {string|null} */ only = null;

  /** @param {readonly Transport[]} order best first */
  constructor(order) {
    this.all = order.map((name, rank) => new Rung(name, rank));
  }

  /** @param {Record<string, any>} verdicts @param {number} now */
  load(verdicts, now) {
    for (const rung of this.all) rung.load(verdicts[rung.name], now);
  }

  get verdicts() {
    return Object.fromEntries(this.all.flatMap(({ name, verdict }) => (verdict ? [[name, verdict]] : [])));
  }

  /** @param {import("./attempts.js").Attempts} attempts @param {number} now */
  view(attempts, now) {
    return this.all.map((rung) => {
      const { name, strikes, rests, beat, works, evidence, readyAt } = rung;
      const attempt = attempts.all.find((one) => one.rung === rung && one.role !== "witness");
      const [since, until] = [attempt?.began ?? null, readyAt > now ? readyAt : null];
      const state = stateOf(rung, attempt, attempts, now);
      return { name, state, since, until, fails: strikes.length, rests, beat, works, evidence };
    });
  }

  /** @param {string|null} name */
  named(name) {
    return this.all.find((rung) => rung.name === name);
  }

  /** What was asked for by hand is refused: another may be tried again, if there is one that is not. */
  unpin() {
    if (!this.named(this.only)?.refused || this.all.every((rung) => rung.refused)) return false;
    this.only = null;
    return true;
  }

  get usable() {
    return this.all.filter((rung) => !rung.refused && (!this.only || rung.name === this.only));
  }

  /** @param {Rung} rung */
  below(rung) {
    return this.usable.filter((other) => other.rank > rung.rank);
  }

  /** @param {Rung} rung */
  wanted(rung) {
    return this.usable.filter((other) => (this.only ? other !== rung : other.rank < rung.rank));
  }

  /** @param {number} now */
  whole(now) {
    return awake([...this.usable].sort((a, b) => LIKELY.indexOf(a.name) - LIKELY.indexOf(b.name)), now);
  }

  /** @param {number} now */
  likeliest(now) {
    return this.whole(now).sort(byFailure).slice(0, 1);
  }

  /**
   * Where to fall. Of two that go mute each would otherwise wait for the other for ever, with no lower one to witness
   * against them.
   * @param {Rung} rung @param {number} now
   */
  nextBelow(rung, now) {
    return awake(this.below(rung), now).sort(byFailure).slice(0, 1);
  }
}

/**
 * @typedef {"reads"|"probation"|"beside"|"trying"|"refused"|"resting"|"waits"|"ready"} Shown beside: until the new one is proven
 * @param {Rung} rung @param {import("./attempt.js").Attempt|undefined} attempt
 * @param {import("./attempts.js").Attempts} attempts @param {number} now @returns {Shown}
 */
function stateOf(rung, attempt, { current, reading }, now) {
  if (current?.rung === rung) return current.state === "probation" && reading.length > 1 ? "probation" : "reads";
  if (attempt) return attempt.reads ? "beside" : "trying";
  if (rung.refused) return "refused";
  if (rung.resting > now) return "resting";
  return rung.paused > now ? "waits" : "ready";
}

/** @param {Rung[]} rungs @param {number} now */
function awake(rungs, now) {
  const found = rungs.filter((rung) => rung.resting <= now);
  return found.length ? found : rungs;
}

/** What has lived since it failed, or failed longest ago, comes first. @param {Rung} a @param {Rung} b */
const byFailure = (a, b) => (a.failedAt === b.failedAt ? 0 : a.failedAt - b.failedAt);
