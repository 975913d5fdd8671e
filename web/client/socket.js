// The client: emit and on, over whatever transport is alive.
import { Acks } from "./acks.js";
import { realClock } from "./clock.js";
import { checkEvent, EmitError, newSid, packData, reservedEvent } from "./codec.js";
import { WayUp } from "./emit.js";
import { Handlers } from "./handlers.js";
import { Ladder, LADDER } from "./ladder.js";
import { Leases } from "./leases.js";
import { Outbox } from "./outbox.js";
import { available, Readers } from "./readers.js";
import { notBeyond, Position } from "./reading.js";
import { sentence } from "./sentences.js";
import { Verdicts } from "./verdicts.js";
import { ask, baseOf, Failure, wireUrl } from "./wire.js";

const DECISIONS = 500; // kept
const HELLO_AGAIN = 2000; // ms
const DEFAULT_PACE = { every: 1000, hold: 20, heartbeat: 15 }; // ms, s, s

/**
 * A client of the server at `url`, which is by default where the page came from.
 * @param {{transports?: string[], use?: string, every?: number, hold?: number, heartbeat?: number, history?: number,
 *   autoConnect?: boolean, clock?: import("./clock.js").Clock, world?: object}} [options]
 */
export function io(url, options = {}) {
  return typeof url === "object" && url !== null ? new Socket(undefined, url) : new Socket(url, options);
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
  #started = false;
  #begun = null; // when it was started first
  #left = new AbortController(); // undoes what listens to the page
  #position = new Position();
  #outbox = new Outbox();
  #life = new Handlers((error) => this.#threw(error));
  #messages = new Handlers((error) => this.#threw(error));
  #watchers = new Handlers((error) => console.error(error));

  constructor(url, options = {}) {
    this.options = { ...DEFAULT_PACE, history: 0, ...options };
    this.base = baseOf(url);
    this.id = null; // the public name, known when /hello was answered
    this.hello = null; // what /hello said last
    this.decisions = [];
    this.facts = { first: null, silence: null, longest: 0, repeats: 0 }; // ms to the first message; ms without a reader
    this.clock = options.clock ?? realClock;
    this.world = { ...browserWorld(), ...options.world };
    this.transports = available(options.transports ?? LADDER, this.world);
    const only = options.use && options.use !== "auto" ? this.#known(options.use) : null;
    this.#verdicts = new Verdicts({ base: this.base, clock: this.clock, storage: this.world.storage ?? null });
    const network = this.#verdicts.last;
    const verdicts = network === null ? {} : this.#verdicts.of(network);
    const now = this.clock.now();
    this.ladder = new Ladder({ order: this.transports, only, pace: this.options, network, verdicts, now });
    this.#build();
    if (options.autoConnect !== false) this.#start();
  }

  // ---- what an application says

  on(event, handler) {
    this.#handlersOf(event).add(event, handler);
    return this;
  }

  once(event, handler) {
    const first = (...values) => {
      this.off(event, first);
      return handler(...values);
    };
    first.once = handler;
    return this.on(event, first);
  }

  off(event, handler) {
    this.#handlersOf(event).remove(event, handler);
    return this;
  }

  /** Every application event: (event, data, reply, message). */
  onAny(handler) {
    this.#messages.addAny(handler);
    return this;
  }

  offAny(handler) {
    this.#messages.removeAny(handler);
    return this;
  }

  /** Every life-cycle event: (event, detail). */
  onLife(handler) {
    this.#life.addAny(handler);
    return this;
  }

  offLife(handler) {
    this.#life.removeAny(handler);
    return this;
  }

  /** What /hello answered, whenever it did: this client's `id` is known from then on. */
  onHello(handler) {
    this.#watchers.add("hello", handler);
    return this;
  }

  /** Every decision as it is made: {at: ms since 1970, text, parts}: English, and what it is made of (sentences.js). */
  onDecision(handler) {
    this.#watchers.add("decision", handler);
    return this;
  }

  /** Emit; `ack(data)` or `ack(undefined, error)` when the handler has answered. Throws what no hub would take. */
  emit(event, data, ack = null) {
    if (typeof data === "function" && !ack) [data, ack] = [null, data];
    checkEvent(event);
    this.#outbox.add({ event, text: packData(data), done: ack });
    this.#wayUp.flush();
    return this;
  }

  send(data, ack) {
    return this.emit("message", data, ack);
  }

  /** Emit, and the promise of the ack. `timeout` in ms ends only the waiting: the emit goes on. */
  emitWithAck(event, data, { timeout = null } = {}) {
    return new Promise((resolve, reject) => {
      const late = () => reject(new EmitError("timeout", `no ack within ${timeout} ms`));
      const timer = timeout === null ? null : this.clock.setTimeout(late, timeout);
      this.emit(event, data, (answer, error) => {
        if (timer !== null) this.clock.clearTimeout(timer);
        if (error) reject(error);
        else resolve(answer);
      });
    });
  }

  /** Read by this transport, or the best ("auto"). It takes over when it reads; `strict` lets the old one go first. */
  use(transport, { strict = false } = {}) {
    if (transport !== "auto") this.#known(transport);
    this.#readers.step({ type: "use", transport, strict });
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

  /** Leave the server. What was emitted and not yet sent goes with the goodbye. */
  close() {
    this.#readers.step({ type: "close", why: [{ key: "closed" }] });
    return this;
  }

  /** Come back after close() or a refusal, as a new client that reads on where this one was. */
  connect() {
    if (this.#started) return this;
    if (this.ladder.life.state === "ended") this.#newSid(false); // the old one has said goodbye
    return this.#start();
  }

  get transport() {
    return this.ladder.transport;
  }

  /** What is known of each rung, best first, and what becomes of it now. */
  get rungs() {
    return this.ladder.view(this.clock.now());
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
      tell: (event, detail) => this.#tell(event, detail),
      say: (parts) => this.#say(parts),
      learnt: () => ladder.network !== null && this.#verdicts.keep(ladder.network, ladder.verdicts),
      end: () => this.#end(),
    };
    const leases = new Leases({ base, clock, storage: world.storage ?? null, name: newSid() });
    this.#readers = new Readers({ ladder, position, clock, world, options, base, sid: () => this.#sid, leases, on });
  }

  #start() {
    this.#started = true;
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
    listen("pagehide", (event) => (event.persisted ? step("suspend") : this.#bye(this.#sid, this.#lastWords())), heard);
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
    const tell = gap && !(expected && this.#lossTold);
    if (expected) this.#lossTold = true;
    const lost = gap?.reason === "epoch" || gap?.reason === "away";
    if (lost && !expected) this.#forget();
    this.#readers.step({ type: "batch", id: reader.id, fresh: asked === null || lost, missed: gap ? gap.missed : 0 });
    if (tell) this.#tell("gap", { ...gap, cursor: batch.cursor });
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
      this.#outbox.reply(seq, packData(data)); // the first counts
      this.#wayUp.flush();
    };
  }

  /** Another reader is the one in use, or none is. */
  #use(reader) {
    this.#wayUp.use(Boolean(reader) && !this.#forgotten, reader?.pipe ?? null);
    if (reader && !this.#forgotten && !this.#greeted) this.#greet();
  }

  /** Learn one's own id. crypto.subtle would need a secure context; the server knows it anyway. */
  async #greet() {
    this.#greeted = true;
    const sid = this.#sid;
    try {
      const hello = await this.#askHello(this.#left.signal);
      if (sid !== this.#sid) return;
      this.hello = hello;
      this.id = hello?.you?.id ?? this.id;
      this.#watchers.tell("hello", hello);
      const name = String(hello?.network ?? "").slice(0, 64);
      if (name) this.#readers.step({ type: "network", name, verdicts: this.#verdicts.of(name) });
    } catch {
      const again = () => this.connected && sid === this.#sid && this.#greet();
      this.clock.setTimeout(again, HELLO_AGAIN);
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
  #end() {
    this.#started = false;
    const words = this.#lastWords();
    this.#wayUp.forget();
    this.#left.abort();
    this.#bye(this.#sid, words);
  }

  #refused(failure) {
    this.#tell("error", failure);
    if (failure.kind === "over") this.#readers.step({ type: "close", why: [failure.because] });
  }

  #lastWords() {
    return this.#outbox.frame(this.#outbox.take(-1, 0), this.#outbox.takeReplies(-1, 0));
  }

  /** text/plain, so that no browser has to ask first: a page that closes has no time for that. */
  #bye(sid, words) {
    const url = wireUrl(this.base, "bye", { sid });
    if (this.world.beacon?.(url, words)) return;
    this.world.fetch(url, { method: "POST", body: words, keepalive: true }).catch(() => {}); // then the grace ends it
  }

  // ---- the way up

  #post(text, signal) {
    const request = { method: "POST", body: text, headers: { "Content-Type": "application/json" }, signal };
    return ask(this.world.fetch, wireUrl(this.base, "emit", { sid: this.#sid }), request);
  }

  #askHello(signal) {
    return ask(this.world.fetch, wireUrl(this.base, "hello", { sid: this.#sid }), { signal });
  }

  #acked(emit, data, error, cursor) {
    if (emit.done) this.#acks.add(cursor, () => this.#callBack(emit.done, data, error));
  }

  #callBack(done, data, error) {
    try {
      if (error) done(undefined, error);
      else done(data);
    } catch (thrown) {
      this.#threw(thrown);
    }
  }

  // ---- telling

  #handlersOf(event) {
    return reservedEvent(event) ? this.#life : this.#messages;
  }

  #tell(event, detail) {
    if (event === "disconnect") this.#greeted = false;
    if (event === "switch" || event === "reconnect") {
      this.facts.silence = detail.gapMs;
      this.facts.longest = Math.max(this.facts.longest, detail.gapMs);
    }
    const heard = this.#life.tell(event, detail);
    if (event === "error" && !heard) console.error(detail);
  }

  /** A handler that throws must not end the reading. */
  #threw(error) {
    if (this.#telling) return console.error(error); // the error handler itself
    this.#telling = true;
    this.#tell("error", error);
    this.#telling = false;
  }

  #telling = false;

  #say(parts) {
    const decision = { at: this.clock.now(), text: sentence(parts), parts };
    this.decisions.push(decision);
    if (this.decisions.length > DECISIONS) this.decisions.shift();
    this.#watchers.tell("decision", decision);
  }

  #known(transport) {
    if (this.transports.includes(transport)) return transport;
    throw new Error(`no transport "${transport}" here; there are ${this.transports.join(", ")}`);
  }
}
