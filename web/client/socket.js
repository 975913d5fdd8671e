// The client: emit and on, over whatever transport is alive.
import { Acks } from "./acks.js";
import { LONGEST_TIMER, realClock, sleepOn, timeOfDay } from "./clock.js";
import { checkEvent, EmitError, newSid, packData, reservedEvent } from "./codec.js";
import { WayUp } from "./emit.js";
import { Handlers } from "./handlers.js";
import { Ladder, LADDER } from "./ladder.js";
import { Leases } from "./leases.js";
import { callable, checkEventName, checkNames, checkOptions, checkTransport } from "./options.js";
import { Outbox } from "./outbox.js";
import { available, Readers } from "./readers.js";
import { notBeyond, Position } from "./reading.js";
import { sentence } from "./sentences.js";
import { Verdicts } from "./verdicts.js";
import { ask, baseOf, Failure, wireUrl } from "./wire.js";

const DECISIONS = 500; // kept
const HELLO_AGAIN = 2000; // ms, doubled each time
const HELLO_SELDOM = 60_000; // ms
const DEFAULT_PACE = { every: 1000, hold: 20, heartbeat: 15 }; // ms, s, s

/**
 * @typedef {{seq: number, event: string, data: any, from: string|null, room: string|null, at: number}} Message
 * @typedef {(data: any, reply: (answer?: any) => void, message: Message) => unknown} Handler
 *   of a message; one of a life-cycle event is given its detail as `data`
 * @typedef {(ack?: any, error?: EmitError) => unknown} Ack
 * @typedef {{at: number, text: string, parts: {key: string}[]}} Decision
 * @typedef {"ws"|"sse"|"longpoll"|"poll"} Transport
 * @typedef {{transports?: Transport[], use?: Transport|"auto", every?: number, hold?: number, heartbeat?: number,
 *   history?: number, autoConnect?: boolean, clock?: import("./clock.js").Clock, world?: object}} Options
 *   `transports`: best first; `every`: ms; `hold`, `heartbeat`: s; `history`: messages of the past, as many as the server
 *   gives
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

/** What of the browser is used; a page can take a constructor away, so it is looked up when a client is made. */
function browserWorld() {
  const { WebSocket, EventSource, navigator } = globalThis;
  const beacon = navigator?.sendBeacon?.bind(navigator);
  return { fetch: (...request) => globalThis.fetch(...request), beacon, WebSocket, EventSource, storage: storage() };
}

/** A browser may forbid its storage, and says so by an exception. */
function storage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

export class Socket {
  #sid = newSid(); // lives here and dies with this object: never stored, never shown
  #bornAt = null; // the cursor this sid was made at; null: as a newcomer
  #lossTold = false; // whether the application knows of the loss for which this sid was made
  #forgotten = false; // the hub has forgotten this sid: nothing goes up under it any more
  #greeted = false;
  #greetings = 0; // begun: one that failed is not repeated beside a later one
  #started = false;
  #begun = null; // when it was started first
  #left = new AbortController(); // undoes what listens to the page
  #position = new Position();
  #outbox = new Outbox();
  #life = new Handlers(
    (error, event) => this.#threw(error, event),
    (event, detail) => event === "error" && console.error(detail),
  );
  #messages = new Handlers((error, event) => this.#threw(error, event));
  #watchers = new Handlers((error) => console.error(error));
  #over = false; // it was closed, or the server does not want it
  #postBase; // where POSTs go: a redirect may have led them elsewhere

  /** @param {string|URL} [url] @param {Options} [options] */
  constructor(url, options = {}) {
    checkOptions(options);
    /** @type {Options & {every: number, hold: number, heartbeat: number, history: number}} */
    this.options = { ...DEFAULT_PACE, history: 0, ...options };
    this.base = this.#postBase = baseOf(url);
    /** @type {string|null} the public name, known when /hello was answered */
    this.id = null;
    this.hello = null; // what /hello said last
    /** @type {Decision[]} */
    this.decisions = [];
    /** @type {{first: number|null, silence: number|null, longest: number, repeats: number}} */
    this.facts = { first: null, silence: null, longest: 0, repeats: 0 }; // ms to the first message; ms without a reader
    this.clock = options.clock ?? realClock;
    /** @type {any} */
    this.world = { ...browserWorld(), ...options.world };
    /** @type {Transport[]} */
    this.transports = available(options.transports ?? LADDER, this.world);
    const only = options.use && options.use !== "auto" ? this.#known("use", options.use) : null;
    this.#verdicts = new Verdicts({ base: this.base, clock: this.clock, storage: this.world.storage ?? null });
    const network = this.#verdicts.last;
    const verdicts = network === null ? {} : this.#verdicts.of(network);
    const now = this.clock.now();
    this.ladder = new Ladder({ order: this.transports, only, pace: this.options, network, verdicts, now });
    this.#build();
    if (options.autoConnect !== false) this.#start();
  }

  // ---- what an application says

  /** @param {string} event @param {Handler} handler @returns {this} */
  on(event, handler) {
    this.#handlersOf("on", event).add(event, callable("on", handler));
    return this;
  }

  /** @param {string} event @param {Handler} handler @returns {this} */
  once(event, handler) {
    callable("once", handler);
    const first = (...values) => {
      this.off(event, first);
      return handler(...values);
    };
    first.once = handler;
    return this.on(event, first);
  }

  /** No longer this handler, or none of the event. @param {string} event @param {[handler?: Handler]} one @returns {this} */
  off(event, ...one) {
    for (const handler of one) callable("off", handler);
    this.#handlersOf("off", event).remove(event, one[0]);
    return this;
  }

  /**
   * Every application event: (event, data, reply, message).
   * @param {(event: string, data: any, reply: (answer?: any) => void, message: Message) => unknown} handler
   * @returns {this}
   */
  onAny(handler) {
    this.#messages.addAny(callable("onAny", handler));
    return this;
  }

  /** @param {[handler?: Function]} one @returns {this} */
  offAny(...one) {
    for (const handler of one) callable("offAny", handler);
    this.#messages.removeAny(one[0]);
    return this;
  }

  /** Every life-cycle event: (event, detail). @param {(event: string, detail: any) => unknown} handler @returns {this} */
  onLife(handler) {
    this.#life.addAny(callable("onLife", handler));
    return this;
  }

  /** @param {[handler?: Function]} one @returns {this} */
  offLife(...one) {
    for (const handler of one) callable("offLife", handler);
    this.#life.removeAny(one[0]);
    return this;
  }

  /**
   * What /hello answered, whenever it did: this client's `id` is known from then on.
   * @param {(hello: any) => unknown} handler @returns {this}
   */
  onHello(handler) {
    this.#watchers.add("hello", callable("onHello", handler));
    return this;
  }

  /**
   * Every decision as it is made: {at: ms since 1970, text, parts}: English, and what it is made of (sentences.js).
   * @param {(decision: Decision) => unknown} handler @returns {this}
   */
  onDecision(handler) {
    this.#watchers.add("decision", callable("onDecision", handler));
    return this;
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
    let timer = null;
    const answer = await new Promise((resolve, reject) => {
      const emit = this.#emit(event, data, (ack, error) => (error ? reject(error) : resolve({ ack })));
      const late = () => {
        emit.done = null;
        reject(new EmitError("timeout", `no ack within ${timeout} ms`));
      };
      if (timeout !== undefined) timer = this.clock.setTimeout(late, Math.min(timeout, LONGEST_TIMER));
    }).finally(() => this.clock.clearTimeout(timer));
    return answer.ack;
  }

  /**
   * Read by this transport, or the best ("auto"). It takes over when it reads; `strict` lets the old one go first.
   * @param {Transport|"auto"} transport @param {{strict?: boolean}} [options] @returns {this}
   */
  use(transport, options = {}) {
    checkNames("use", options, ["strict"]);
    if (transport !== "auto") this.#known("use", transport);
    this.#readers.step({ type: "use", transport, strict: Boolean(options.strict) });
    return this;
  }

  /** Cut every line, as if the network had. */
  cut() {
    this.#readers.step({ type: "cut" });
    return this;
  }

  /** Try again now: no rest, no pause. */
  retry() {
    this.#readers.step({ type: "retry" });
    return this;
  }

  /** Forget what was learnt about this server's transports, here and in the browser's storage. */
  forget() {
    this.#verdicts.forget();
    this.#readers.step({ type: "forget" });
    return this;
  }

  /** The way to the server was changed (a link has another network): what was learnt on it says nothing now. */
  changed() {
    this.forget();
    if (this.connected && this.transport) this.#greet();
    return this;
  }

  /** Leave the server. What was emitted and not yet sent goes with the goodbye; every wait for an ack ends. */
  close() {
    if (this.#started) this.#readers.step({ type: "stop", why: [{ key: "closed" }] });
    else if (!this.#over) this.#endWaits([{ key: "closed" }]); // it was never begun
    return this;
  }

  /** Come back after close() or a refusal, as a new client that reads on where this one was. */
  connect() {
    if (this.#started) return this;
    if (this.ladder.life.state === "ended") this.#newSid(false); // the old one has said goodbye
    return this.#start();
  }

  /** What it reads by; null: nothing does. @returns {Transport|null} */
  get transport() {
    return this.ladder.transport;
  }

  /**
   * What is known of each rung, best first, and what becomes of it now.
   * @returns {{name: Transport, state: string, since: number|null, until: number|null, fails: number, rests: number,
   *   beat: number|null, works: number|null, evidence: {key: string}[]|null}[]}
   */
  get rungs() {
    const shown = (at) => (at === null ? null : timeOfDay(this.clock, at));
    const rungs = this.ladder.view(this.clock.now());
    return rungs.map((rung) => ({ ...rung, since: shown(rung.since), until: shown(rung.until), works: shown(rung.works) }));
  }

  get connected() {
    return this.ladder.life.connected;
  }

  get cursor() {
    return this.#position.cursor;
  }

  // ---- how it is put together

  #verdicts;
  #wayUp;
  #readers;
  #acks;

  #build() {
    const { clock, world, base, options, ladder } = this;
    const position = this.#position;
    this.#acks = new Acks({ position, clock, late: () => (this.transport === "poll" ? options.every : 0) });
    this.#wayUp = new WayUp({
      outbox: this.#outbox,
      clock,
      rtt: () => ladder.rtt,
      post: (text, signal) => this.#post(text, signal),
      hello: (signal) => this.#askHello(signal),
      on: {
        done: (emit, data, error, cursor) => this.#acked(emit, data, error, cursor),
        forgotten: () => this.#renew(false),
        refused: (failure) => this.#refused(failure),
        say: (parts) => this.#say(parts),
        doubt: (pipe) => this.#readers.accuse(pipe, { type: "doubt" }),
        alive: (pipe) => this.#readers.accuse(pipe, { type: "alive" }),
        deaf: (pipe) => this.#readers.accuse(pipe, { type: "deaf" }),
      },
    });
    const on = {
      batch: (reader, batch) => this.#batch(reader, batch),
      use: (reader) => this.#use(reader),
      heard: (reader, frame) => this.#wayUp.heard(reader.pipe, frame),
      refused: (failure) => this.#tell("error", failure),
      turnedAway: (failure) => !this.transport && this.#wayUp.shut(failure),
      tell: (event, detail) => this.#tell(event, detail),
      say: (parts) => this.#say(parts),
      learnt: () => ladder.network !== null && this.#verdicts.keep(ladder.network, ladder.verdicts),
      end: (why) => this.#end(why),
    };
    const leases = new Leases({ base, clock, storage: world.storage ?? null, name: newSid() });
    this.#readers = new Readers({ ladder, position, clock, world, options, base, sid: () => this.#sid, leases, on });
  }

  #start() {
    this.#started = true;
    this.#over = false;
    this.#left = new AbortController();
    this.#watchPage();
    this.#begun ??= this.clock.now();
    this.#readers.step({ type: "start" });
    if (globalThis.document?.hidden) this.#readers.step({ type: "hidden" });
    return this;
  }

  /** The page's own news: it goes, comes back, loses the network. */
  #watchPage() {
    const step = (type) => this.#readers.step({ type });
    const heard = { signal: this.#left.signal };
    const listen = globalThis.addEventListener?.bind(globalThis);
    if (!listen || !globalThis.document) return;
    // A page that goes to the back/forward cache comes back as this client; one that does not says goodbye.
    const leave = () => this.#readers.step({ type: "stop", why: [{ key: "away" }] });
    listen("pagehide", (event) => (event.persisted ? step("suspend") : leave()), heard);
    listen("pageshow", (event) => event.persisted && step("resume"), heard);
    listen("online", () => step("online"), heard);
    listen("offline", () => step("offline"), heard);
    document.addEventListener("visibilitychange", () => step(document.hidden ? "hidden" : "visible"), heard);
  }

  // ---- reading

  #batch(reader, batch) {
    const { verdict, why, messages, gap, asked } = this.#position.take(reader.reading, batch);
    // What this reading brings after a batch that was dropped is not complete: it begins again from the own cursor.
    if (verdict === "drop") throw new Failure("again", why, { because: { key: "dropped", reason: why } });
    this.facts.repeats += batch.messages.length - messages.length;
    if (messages.length) this.facts.first ??= this.clock.now() - this.#begun;
    const expected = gap?.reason === "away" && notBeyond(asked, this.#bornAt);
    const told = expected && this.#lossTold;
    const trimmed = told && gap.trimmed ? { reason: "trimmed", missed: gap.trimmed } : null; // a loss beside that one
    const tell = told ? trimmed : gap;
    if (expected) this.#lossTold = true;
    const lost = gap?.reason === "epoch" || gap?.reason === "away";
    if (lost && !expected) this.#forget();
    this.#readers.step({ type: "heard", id: reader.id, fresh: asked === null || lost, missed: gap ? gap.missed : 0 });
    if (tell) this.#tell("gap", { reason: tell.reason, missed: tell.missed, cursor: batch.cursor });
    for (const message of messages) this.#handOn(message);
    this.#acks.read();
    if (this.#forgotten && lost && !expected) this.#renew(Boolean(tell));
  }

  #handOn(message) {
    const reply = message.ack ? this.#replyTo(message.seq) : () => {};
    this.#messages.tell(message.event, message.data, reply, message);
  }

  #replyTo(seq) {
    return (data) => {
      const text = packData(data);
      if (this.#over) return; // nobody is asked any more
      this.#outbox.reply(seq, text); // the first counts
      this.#wayUp.flush();
    };
  }

  /** Another reader is the one in use, or none is. */
  #use(reader) {
    this.#wayUp.use(Boolean(reader) && !this.#forgotten, reader?.pipe ?? null);
    if (reader && !this.#forgotten && !this.#greeted) this.#greet();
  }

  /** Learn one's own id. crypto.subtle would need a secure context; the server knows it anyway. */
  async #greet(again = HELLO_AGAIN) {
    this.#greeted = true;
    const [sid, greeting] = [this.#sid, (this.#greetings += 1)];
    try {
      const hello = await this.#askHello(this.#left.signal);
      if (sid !== this.#sid) return;
      this.hello = hello;
      this.id = hello?.you?.id ?? this.id;
      this.#watchers.tell("hello", hello);
      const name = String(hello?.network ?? "").slice(0, 64);
      if (name) this.#readers.step({ type: "network", name, verdicts: this.#verdicts.of(name) });
    } catch {
      const mine = () => sid === this.#sid && greeting === this.#greetings;
      const greet = () => this.connected && mine() && this.#greet(Math.min(2 * again, HELLO_SELDOM));
      sleepOn(this.clock, again, this.#left.signal).then(greet, () => {});
    }
  }

  // ---- being forgotten, and leaving

  /** The hub has forgotten this sid: what is emitted from now on waits for the next. */
  #forget() {
    this.#forgotten = true;
    this.#wayUp.use(false);
  }

  /** Go on as a new client, from the same cursor. */
  #renew(lossTold) {
    const old = this.#sid;
    this.#say([{ key: "forgotten" }]);
    this.#newSid(lossTold);
    this.#readers.step({ type: "renew" });
    this.#bye(old, "");
  }

  #newSid(lossTold) {
    this.#sid = newSid();
    this.#bornAt = this.#position.cursor;
    this.#lossTold = lossTold;
    this.#forgotten = this.#greeted = false;
    this.id = null;
    this.#wayUp.forget();
  }

  /** The ladder ended: by close(), or because the server does not want this client. */
  #end(why) {
    this.#started = false;
    const words = this.#lastWords();
    this.#left.abort();
    this.#bye(this.#sid, words);
    this.#endWaits(why);
  }

  #endWaits(why) {
    this.#over = true;
    this.#wayUp.end(sentence(why));
    this.#acks.end();
  }

  #refused(failure) {
    this.#tell("error", failure);
    if (failure.kind === "over") this.#readers.step({ type: "stop", why: [failure.because] });
  }

  #lastWords() {
    return this.#outbox.lastWords(this.clock.now());
  }

  /** text/plain, so that no browser has to ask first: a page that closes has no time for that. */
  #bye(sid, words) {
    const url = wireUrl(this.#postBase, "bye", { sid });
    if (this.world.beacon?.(url, words)) return;
    this.world.fetch(url, { method: "POST", body: words, keepalive: true }).catch(() => {}); // then the grace ends it
  }

  // ---- the way up

  #emit(event, data, done) {
    checkEvent(event);
    const emit = { event, text: packData(data), done, since: this.clock.now() };
    if (this.#over) {
      this.#acked(emit, undefined, new EmitError("gone", "this socket is closed: this was never sent"));
      return emit;
    }
    const added = this.#outbox.add(emit);
    this.#wayUp.flush();
    return added;
  }

  /** More than one data, or an ack that is no function: nothing goes up, for half of it would be lost. */
  #tooMuch() {
    const error = new TypeError("emit takes one data and an ack, a function: put several into one, as [a, b]");
    if (!this.#life.hears("error")) throw error;
    this.#tell("error", error);
    return this;
  }

  /**
   * A redirect by 301, 302 or 303 makes a GET of a POST, and what was to go up is lost. It is posted again where that
   * led, as 307 and 308 would have had it, and the next ones at once; where that fails, here again.
   */
  async #post(text, signal, again = true) {
    const headers = { "Content-Type": "application/json" };
    const url = wireUrl(this.#postBase, "emit", { sid: this.#sid });
    try {
      return await ask(this.world.fetch, url, { method: "POST", body: text, headers, signal });
    } catch (failure) {
      const { kind, movedTo } = failure;
      if (again && movedTo && movedTo !== this.#postBase) {
        this.#postBase = movedTo;
        this.#say([{ key: "moved", base: movedTo }]);
        return this.#post(text, signal, false);
      }
      if (kind === "lost") this.#postBase = this.base;
      throw failure;
    }
  }

  #askHello(signal) {
    return ask(this.world.fetch, wireUrl(this.base, "hello", { sid: this.#sid }), { signal });
  }

  #acked(emit, data, error, cursor) {
    const { done } = emit;
    if (done) this.#acks.add(cursor, () => this.#messages.call("ack", () => (error ? done(undefined, error) : done(data))));
    else if (error && (this.#started || error.code === "gone")) this.#tell("error", error);
  }

  // ---- telling

  #handlersOf(said, event) {
    checkEventName(said, event);
    return reservedEvent(event) ? this.#life : this.#messages;
  }

  #tell(event, detail) {
    if (event === "disconnect") this.#greeted = false;
    if (event === "switch" || event === "reconnect") {
      this.facts.silence = detail.gapMs;
      this.facts.longest = Math.max(this.facts.longest, detail.gapMs);
    }
    this.#life.tell(event, detail);
  }

  /** A handler that throws must not end the reading; what the handler of `error` throws is told to nobody. */
  #threw(error, event) {
    if (event === "error") console.error(error);
    else this.#tell("error", error);
  }

  #say(parts) {
    const decision = { at: timeOfDay(this.clock, this.clock.now()), text: sentence(parts), parts };
    this.decisions.push(decision);
    if (this.decisions.length > DECISIONS) this.decisions.shift();
    this.#watchers.tell("decision", decision);
  }

  #known(said, transport) {
    checkTransport(said, transport);
    if (this.transports.includes(transport)) return transport;
    throw new RangeError(`${said}: this client has no "${transport}"; it has ${this.transports.join(", ")}`);
  }
}
