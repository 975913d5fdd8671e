// @ts-check
// The ladder: which transport to try, keep or leave, judged by what arrives (docs/ladder.md has its rules).
// Policy only: events and time go in, commands come out. It keeps no timer, sees no network, throws no dice.
import { Policy } from "./policy.js";
import { Renewals } from "./rung.js";
import { Rungs, RUNGS } from "./rungs.js";
import { Timing } from "./timing.js";

const PACE = { every: 1000, hold: 20, heartbeat: 15 }; // ms, s, s
const MERE_NEWS = new Set(["opened", "doubt", "rtt"]); // that bring nothing about
const SLEPT = 2000; // ms a tick may be late before it was this page that slept: timers of a hidden one may be 1 s late

/**
 * @typedef {import("./attempt.js").Attempt} Attempt @typedef {import("./types.js").Part} Part
 * @typedef {{do: "open", id: number, transport: import("./types.js").Transport, beat: number} | {do: "close", id: number}
 *   | {do: "use", id: number|null} | {do: "say", parts: Part[]} | {do: "tell", event: string, detail: object}
 *   | {do: "learnt"} | {do: "end", why: Part[]}} Command
 * @typedef {{type: "opened"|"alive"|"doubt"|"deaf", id: number} | {type: "rtt", ms: number}
 *   | ({type: "heard", id: number} & import("./policy.js").First)
 *   | ({type: "ended", id: number} & import("./attempt.js").End)
 *   | {type: "use", transport: string, strict?: boolean} | {type: "stop", why: Part[]}
 *   | {type: "network", name: string, verdicts?: Record<string, any>}
 *   | {type: "start"|"tick"|"cut"|"retry"|"forget"|"renew"}
 *   | {type: "online"|"offline"|"hidden"|"visible"|"suspend"|"resume"}} Happening the last are a page's own
 */

/** Feed it what happens, obey its commands, tick again when `due` says. */
export class Ladder {
  #policy;
  #renewals = new Renewals();
  #offline = false;
  #hidden = false;
  /** @type {Command[]} */ #out = [];

  /**
   * `order`: the transports there are, best first; `only`: the one to use; `pace`: {every ms, hold s, heartbeat s};
   * `network`, `verdicts`: the network this client was on last, and what was learnt there.
   * @param {{order?: readonly import("./types.js").Transport[], only?: string|null, pace?: typeof PACE, network?: string|null,
   *   verdicts?: Record<string, any>, now?: number}} given
   */
  constructor({ order = RUNGS, only = null, pace = PACE, network = null, verdicts = {}, now = 0 } = {}) {
    this.rungs = new Rungs(order);
    this.rungs.only = only;
    this.rungs.load(verdicts, now);
    this.network = network; // the name of it, once /hello has told
    this.timing = new Timing(pace);
    this.#policy = new Policy(this.rungs, this.timing, this.#out);
    this.attempts = this.#policy.attempts;
    this.life = this.#policy.life;
  }

  /**
   * One event, at a time, with a chance in [0, 1).
   * @param {Happening} event @param {number} now @param {number} chance @returns {Command[]}
   */
  step(event, now, chance) {
    const policy = this.#policy;
    const late = now - (this.due ?? now);
    policy.now = now;
    policy.chance = chance;
    if (event.type === "start") this.#start();
    else if (event.type === "use") this.#use(event.transport === "auto" ? null : event.transport, event.strict);
    else if (!policy.stopped) this.#take(event, late);
    else if (event.type === "forget") this.#load({});
    if (!policy.stopped && !MERE_NEWS.has(event.type)) policy.settle();
    return this.#out.splice(0);
  }

  /** @param {Happening} event @param {number} late ms after the time at which a tick was due */
  #take(event, late) {
    const { attempts } = this;
    const policy = this.#policy;
    switch (event.type) {
      case "rtt": return this.timing.measured(event.ms);
      case "tick": return this.#woke(late);
      case "network": return this.#isOn(event.name, event.verdicts ?? {});
      case "cut": return policy.cut();
      case "retry": return this.#retry("retry");
      case "forget": return this.#forget();
      case "renew": return this.#renew();
      case "stop": return policy.stop(event.why);
      case "online": return this.#online();
      case "offline": return this.#see(true, this.#hidden);
      case "hidden": case "visible": return this.#see(this.#offline, event.type === "hidden");
      case "suspend": return this.#suspend();
      case "resume": return attempts.current ? undefined : policy.rounds.whole(policy.now, this.life.transport);
    }
    const attempt = "id" in event && attempts.get(event.id);
    if (!attempt) return;
    switch (event.type) {
      case "opened": return attempt.openedAt === null ? policy.opened(attempt) : undefined;
      case "heard": return this.#heard(attempt, event);
      case "ended": return policy.end(attempt, event);
      case "alive": return attempts.alive(attempt, policy.now);
      case "doubt": return policy.doubt(attempt);
      case "deaf": return policy.end(attempt, { kind: attempt.state === "doubted" ? "silent" : "deaf" });
    }
  }

  // ---- what there is to see

  get transport() {
    return this.attempts.current?.rung.name ?? null;
  }

  get rtt() {
    return this.timing.rtt;
  }

  get due() {
    const { due } = this.#policy;
    return Number.isFinite(due) ? due : null;
  }

  /** When the one in use heard something last, and when it is given up if nothing more comes. */
  get heard() {
    const { attempts: { current }, timing } = this;
    return current && { at: current.heardAt, until: timing.limit(current) };
  }

  get nextAt() {
    return this.#policy.rounds.after(this.#policy.now);
  }

  get verdicts() {
    return this.rungs.verdicts;
  }

  /** @param {number} now */
  view(now) {
    return this.rungs.view(this.attempts, now);
  }

  // ---- what happens

  #start() {
    const policy = this.#policy;
    if (!policy.stopped) return;
    policy.stopped = false;
    this.life.restart();
    for (const rung of this.rungs.all) rung.refused = false;
    policy.rounds.first(policy.now);
  }

  /** @param {Attempt} attempt @param {import("./policy.js").First} first */
  #heard(attempt, first) {
    this.#policy.evidence.heard(attempt.rung, this.#policy.now);
    this.attempts.alive(attempt, this.#policy.now);
    if (!attempt.reads) this.#policy.passed(attempt, first);
  }

  /**
   * The server told which network this is: what was learnt on another one says nothing here.
   * @param {string} name @param {Record<string, any>} verdicts
   */
  #isOn(name, verdicts) {
    if (name === this.network) return;
    const known = this.rungs.all.some((rung) => verdicts[rung.name]);
    const first = this.network === null;
    this.network = name;
    if (first && !known) return void this.#out.push({ do: "learnt" });
    this.attempts.say({ key: "network", name, known: { key: known ? "network.known" : "network.new" } });
    this.#load(verdicts);
  }

  /** @param {"retry"|"online"|"forget"} why */
  #retry(why) {
    this.attempts.say({ key: why });
    for (const rung of this.rungs.all) rung.wake();
    if (!this.attempts.current) this.#policy.rounds.whole(this.#policy.now);
  }

  #forget() {
    this.#load({});
    this.#out.push({ do: "learnt" });
    this.#retry("forget");
  }

  /** @param {Record<string, any>} verdicts */
  #load(verdicts) {
    this.#policy.evidence.forget();
    this.rungs.load(verdicts, this.#policy.now);
  }

  /**
   * Only this rung from now on. What reads now goes on until that one passed; `strict`: lets go.
   * @param {string|null} only @param {boolean} [strict]
   */
  #use(only, strict = false) {
    const { attempts, rungs } = this;
    const policy = this.#policy;
    const rung = rungs.named(only);
    const why = rung ? { key: strict ? "strict" : "hand", rung: only } : { key: "auto" };
    rungs.only = only;
    attempts.say(why);
    rung?.wake();
    if (rung) rung.refused = false;
    if (policy.stopped) return;
    for (const one of attempts.all) if (rung && one.rung !== rung && (strict || !one.reads)) attempts.close(one);
    const [left] = attempts.reading;
    if (attempts.current) return attempts.current.rung === rung ? attempts.letGoOthers() : undefined;
    if (left) return policy.readBy(left, [why]);
    this.life.loses(policy.now, [why]);
    policy.rounds.whole(policy.now);
  }

  #renew() {
    const { now, chance, rounds } = this.#policy;
    this.#letGo({ key: "newsid" });
    const wait = this.#renewals.wait(now, chance);
    if (wait) this.attempts.say({ key: "nothing", time: wait });
    rounds.whole(now, this.life.transport, wait);
  }

  /** What was sent while this page slept still waits to be heard, and this long it may. @param {number} late */
  #woke(late) {
    if (late <= SLEPT || !this.attempts.all.length) return;
    this.attempts.say({ key: "slept", time: late });
    this.attempts.sleep(late + SLEPT);
  }

  /** @param {Part} why */
  #letGo(why) {
    for (const attempt of this.attempts.all) this.attempts.close(attempt);
    this.life.loses(this.#policy.now, [why]);
  }

  // ---- what only a page knows

  /** Another network perhaps: one immediate try, and a fresh line: a half-open one says nothing. */
  #online() {
    const { current, trying } = this.attempts;
    this.#see(false, this.#hidden);
    this.#retry("online");
    if (current && !trying.length) this.attempts.open(current.rung, "fresh", this.#policy.now);
  }

  /** @param {boolean} offline @param {boolean} hidden */
  #see(offline, hidden) {
    if (offline && !this.#offline) this.attempts.say({ key: "offline" });
    [this.#offline, this.#hidden] = [offline, hidden];
    this.#policy.judge.blind = offline ? "offline" : hidden ? "hidden" : null;
  }

  /** The page goes to the back/forward cache: nothing is tried until it comes back. */
  #suspend() {
    this.#letGo({ key: "away" });
    this.attempts.say({ key: "away" });
    this.#policy.rounds.end(Infinity);
  }
}
