// @ts-check
// The client: emit and on, over whatever transport is alive.
import { LONGEST_TIMER, realClock, timeOfDay } from "./clock.js";
import { checkEvent, EmitError, packData } from "./codec.js";
import { Events } from "./events.js";
import { RUNGS } from "./rungs.js";
import { Listening } from "./listening.js";
import { checkNames, checkOptions, checkTransport } from "./options.js";
import { Session } from "./session.js";
import { baseOf } from "./wire.js";
import { available, browserWorld } from "./world.js";

const DEFAULT_PACE = { every: 1000, hold: 20, heartbeat: 15 }; // ms, s, s

/**
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").Handler} Handler
 * @typedef {import("./types.js").Ack} Ack
 * @typedef {import("./types.js").Decision} Decision
 * @typedef {import("./types.js").Transport} Transport
 * @typedef {import("./types.js").RungView} RungView
 * @typedef {import("./types.js").World} World
 * @typedef {import("./types.js").Options} Options
 */

/**
 * A client of the server at `url`, which is by default where the page came from.
 * @overload @param {string|URL} [url] @param {Options} [options] @returns {Socket}
 */
/**
 * @overload @param {Options} options @returns {Socket}
 */
/**
 * @param {string|URL|Options} [url] @param {Options} [options] @returns {Socket}
 */
export function io(url, options) {
  const alone = typeof url === "object" && url !== null && typeof (/** @type {any} */ (url).href) !== "string";
  if (!alone) return new Socket(/** @type {string|URL|undefined} */ (url), options);
  if (options !== undefined) throw new TypeError("io: the address of a server comes first, then the options");
  return new Socket(undefined, /** @type {Options} */ (url));
}
io.connect = io; // the name it had when the article was written

export class Socket extends Listening {
  #clock;
  #events;
  #session;
  #pace;

  /** @param {string|URL} [url] @param {Options} [options] */
  constructor(url, options = {}) {
    checkOptions(options);
    const clock = options.clock ?? realClock;
    const events = new Events(clock);
    super(events);
    this.#clock = clock;
    this.#events = events;
    this.base = baseOf(url);
    this.#pace = { ...DEFAULT_PACE, history: 0, ...options };
    const world = { ...browserWorld(), ...options.world };
    /** @type {readonly Transport[]} those there are here, best first */
    this.transports = available(options.transports ?? RUNGS, world);
    const only = options.use && options.use !== "auto" ? this.#known("use", options.use) : null;
    const [base, order] = [this.base, [...this.transports]];
    this.#session = new Session({ base, clock, world, options: this.#pace, events, order, only });
    if (options.autoConnect !== false) this.#session.start();
  }

  /**
   * Emit; `ack(data)` or `ack(undefined, error)` when the handler has answered, or when it is known that none will.
   * Throws what no hub would take. Where there is no `ack`, an error is told as `error`.
   * @param {string} event @param {any} [data] @param {Ack|null} [ack] @param {never[]} more @returns {this}
   */
  emit(event, data, ack = null, ...more) {
    if (typeof data === "function" && ack === null) [data, ack] = [undefined, data];
    if (more.length || (ack !== null && typeof ack !== "function")) return this.#tooMuch();
    this.#emit(event, data, ack);
    return this;
  }

  /** @param {any} [data] @param {Ack|null} [ack] @param {never[]} more @returns {this} */
  send(data, ack = null, ...more) {
    return this.emit("message", data, ack, ...more);
  }

  /**
   * Emit, and the promise of the ack. `timeout` in ms ends only the waiting: the emit goes on.
   * @param {string} event @param {any} [data] @param {{timeout?: number}} [options] @returns {Promise<any>}
   */
  async emitWithAck(event, data, options = {}) {
    checkNames("emitWithAck", options, ["timeout"]);
    const { timeout } = options;
    if (timeout !== undefined && !(typeof timeout === "number" && timeout >= 0)) {
      throw new RangeError(`emitWithAck: timeout: ${timeout} is not a number of ms`);
    }
    /** @type {any} */
    let timer = null;
    const answer = await new Promise((resolve, reject) => {
      const emit = this.#emit(event, data, (ack, error) => (error ? reject(error) : resolve({ ack })));
      const late = () => {
        emit.done = null;
        reject(new EmitError("timeout", `no ack within ${timeout} ms`));
      };
      if (timeout !== undefined) timer = this.#clock.setTimeout(late, Math.min(timeout, LONGEST_TIMER));
    }).finally(() => this.#clock.clearTimeout(timer));
    return answer.ack;
  }

  /**
   * Read by this transport, or the best ("auto"). It takes over when it reads; `strict` lets the old one go first.
   * @param {Transport|"auto"} transport @param {{strict?: boolean}} [options] @returns {this}
   */
  use(transport, options = {}) {
    checkNames("use", options, ["strict"]);
    if (transport !== "auto") this.#known("use", transport);
    return this.#step({ type: "use", transport, strict: Boolean(options.strict) });
  }

  /** Cut every line, as if the network had. */
  cut() {
    return this.#step({ type: "cut" });
  }

  /** Try again now: no rest, no pause. */
  retry() {
    return this.#step({ type: "retry" });
  }

  /** Forget what was learnt about this server's transports, here and in the browser's storage. */
  forget() {
    this.#session.forget();
    return this;
  }

  /** The way to the server was changed (a link has another network): what was learnt on it says nothing now. */
  changed() {
    this.#session.forget();
    this.#session.ask();
    return this;
  }

  /** Leave the server. What was emitted and not yet sent goes with the goodbye; every wait for an ack ends. */
  close() {
    this.#session.close();
    return this;
  }

  /** Come back after close() or a refusal, as a new client that reads on where this one was. */
  connect() {
    this.#session.start();
    return this;
  }

  /** The public name, known when /hello was answered. @returns {string|null} */
  get id() {
    return this.#session.id;
  }

  /** What /hello said last. @returns {any} */
  get hello() {
    return this.#session.hello;
  }

  /** What it reads by; null: nothing does. @returns {Transport|null} */
  get transport() {
    return this.#session.ladder.transport;
  }

  get connected() {
    return this.#session.ladder.life.connected;
  }

  get cursor() {
    return this.#session.cursor;
  }

  /** The decisions so far, the last 500. @returns {readonly Decision[]} */
  get decisions() {
    return this.#events.decisions;
  }

  /** ms to the first message; ms without a reader, last and longest; messages that came again. */
  get facts() {
    const { gap, longestGap } = this.#session.ladder.life;
    return { ...this.#events.facts, silence: gap, longest: longestGap };
  }

  /** ms between two polls; may be set at any time. */
  get every() {
    return this.#pace.every;
  }

  set every(ms) {
    checkOptions({ every: ms });
    this.#pace.every = ms;
  }

  /**
   * While nothing reads: the attempt that is under way, or comes `at` this time (ms since 1970). 0: the first connection.
   * @returns {{attempt: number, at: number|null}|null} null: it reads, or has ended
   */
  get next() {
    const { life, nextAt, transport } = this.#session.ladder;
    if (transport !== null || life.state === "ended") return null;
    if (life.state === "new" && !life.failedOnce) return { attempt: 0, at: null };
    if (nextAt === null) return { attempt: Math.max(1, life.attempt), at: null };
    return { attempt: life.attempt + 1, at: this.#shown(nextAt) };
  }

  /**
   * When something came last, and when what it reads by is given up if nothing more comes; ms since 1970.
   * @returns {{at: number, until: number}|null} null: nothing reads
   */
  get heard() {
    const { heard } = this.#session.ladder;
    return heard && { at: timeOfDay(this.#clock, heard.at), until: timeOfDay(this.#clock, heard.until) };
  }

  /** What is known of each rung, best first, and what becomes of it now. @returns {RungView[]} */
  get rungs() {
    const rungs = this.#session.ladder.view(this.#clock.now());
    return rungs.map(({ since, until, works, ...rung }) => {
      return { ...rung, since: this.#shown(since), until: this.#shown(until), works: this.#shown(works) };
    });
  }

  /** @param {string} event @param {any} data @param {Ack|null} done */
  #emit(event, data, done) {
    checkEvent(event);
    return this.#session.emit({ event, text: packData(data), done });
  }

  /** More than one data, or an ack that is no function: nothing goes up, for half of it would be lost. */
  #tooMuch() {
    const error = new TypeError("emit takes one data and an ack, a function: put several into one, as [a, b]");
    if (!this.#events.life.hears("error")) throw error;
    this.#events.tell("error", error);
    return this;
  }

  /** @param {any} event of the ladder */
  #step(event) {
    this.#session.step(event);
    return this;
  }

  /** @param {string} said @param {Transport} transport */
  #known(said, transport) {
    checkTransport(said, transport);
    if (this.transports.includes(transport)) return transport;
    throw new RangeError(`${said}: this client has no "${transport}"; it has ${this.transports.join(", ")}`);
  }

  /** @param {number|null} at of the clock @returns {number|null} of the day */
  #shown(at) {
    return at === null ? null : timeOfDay(this.#clock, at);
  }
}
