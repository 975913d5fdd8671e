// @ts-check
// The attempts that go on: which one is in use, which read beside it, which are still to pass.
import { Attempt } from "./attempt.js";

/** @typedef {import("./attempt.js").Role} Role @typedef {import("./types.js").Part} Part */

export class Attempts {
  /** @type {Map<number, Attempt>} */ #all = new Map();
  #count = 0;
  #timing;
  #evidence;
  #out;
  /** @type {Attempt|null} */ #current = null;

  /**
   * @param {import("./timing.js").Timing} timing @param {import("./evidence.js").Evidence} evidence
   * @param {import("./ladder.js").Command[]} out
   */
  constructor(timing, evidence, out) {
    this.#timing = timing;
    this.#evidence = evidence;
    this.#out = out;
  }

  get current() {
    return this.#current;
  }

  /** @param {Attempt|null} attempt */
  use(attempt) {
    this.#current = attempt;
    this.#out.push({ do: "use", id: attempt?.id ?? null });
  }

  get all() {
    return [...this.#all.values()];
  }

  /** @param {number} id */
  get(id) {
    return this.#all.get(id);
  }

  /** @param {Attempt} attempt */
  has({ id }) {
    return this.#all.has(id);
  }

  get reading() {
    return this.all.filter((one) => one.reads).sort((a, b) => a.rung.rank - b.rung.rank);
  }

  get trying() {
    return this.all.filter((one) => !one.reads && one.role !== "witness");
  }

  get waiting() {
    return this.trying.every((one) => one.state === "late");
  }

  get unasked() {
    return this.trying.filter((one) => one.state !== "late" && !this.#evidence.asked(one));
  }

  /** @param {import("./rung.js").Rung} rung @param {Role} role @param {number} now */
  open(rung, role, now) {
    for (const one of this.trying) if (one.state === "late" && one.rung === rung) this.close(one); // its line may be dead
    this.#count += 1;
    const [patience, beat] = [this.#timing.patience(rung), this.#timing.beat(rung)];
    const attempt = new Attempt({ id: this.#count, rung, role, began: now, patience, beat });
    this.#all.set(attempt.id, attempt);
    if (role === "witness") this.say({ key: "witness", rung: rung.name });
    else if (!rung.leaseTold) this.say({ key: "tried", rung: rung.name, time: patience });
    this.#out.push({ do: "open", id: attempt.id, transport: rung.name, beat });
  }

  /** @param {Attempt} attempt @param {Part[]} why is said, where there is something to say */
  close(attempt, ...why) {
    if (why.length) this.say(...why);
    this.#all.delete(attempt.id);
    this.#evidence.gone(attempt);
    this.#out.push({ do: "close", id: attempt.id });
    if (attempt === this.#current) this.use(null);
  }

  /** Only the one in use reads on. `why` is said of each other. @param {Part} [why] */
  letGoOthers(why) {
    for (const other of this.reading) {
      if (other !== this.#current) this.close(other, ...(why ? [{ ...why, old: other.rung.name }] : []));
    }
  }

  /**
   * Something came by it. Where it was in doubt, the second is not needed any more.
   * @param {Attempt} attempt @param {number} now
   */
  alive(attempt, now) {
    attempt.heardAt = now;
    if (attempt.state !== "doubted") return;
    attempt.state = "probation";
    for (const one of this.all.filter(({ role }) => role === "second")) {
      this.close(one, { key: "speaks", rung: attempt.rung.name, other: one.rung.name });
    }
  }

  /** @param {number} ms */
  sleep(ms) {
    for (const attempt of this.all) attempt.sleep(ms);
  }

  /** @param {Part[]} parts */
  say(...parts) {
    this.#out.push({ do: "say", parts });
  }
}
