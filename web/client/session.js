// @ts-check
// The session: what goes on between a client and its server: the reading, the way up, and the sid they go by.
import { Acks } from "./acks.js";
import { sleepOn } from "./clock.js";
import { Failure } from "./closings.js";
import { EmitError, newSid, packData } from "./codec.js";
import { Ladder } from "./ladder.js";
import { Leases } from "./leases.js";
import { Outbox } from "./outbox.js";
import { Position } from "./reading.js";
import { Requests } from "./requests.js";
import { Runner } from "./runner.js";
import { sentence } from "./sentences.js";
import { Sid } from "./sid.js";
import { Verdicts } from "./verdicts.js";
import { WayUp } from "./wayup.js";
import { watchPage } from "./world.js";
/** @import {Events} from "./events.js" */
/** @import {Said} from "./outbox.js" */
/** @import {Run} from "./runner.js" */
/** @import {Batch, Clock, Pace, Part, Transport, World} from "./types.js" */

const HELLO_AGAIN = 2000; // ms, doubled each time
const HELLO_SELDOM = 60_000; // ms

export class Session {
  #clock;
  #events;
  #requests;
  #verdicts;
  #acks;
  #wayUp;
  #runner;
  #sid = new Sid();
  #position = new Position();
  #outbox = new Outbox();
  #left = new AbortController(); // ends what goes on beside the reading
  #greetings = 0; // begun: one that failed is not repeated beside a later one
  /** @type {number|null} when it was started first */
  #begun = null;
  #over = false; // it was closed, or the server does not want it
  started = false;
  /** @type {string|null} */
  id = null;
  /** @type {any} what /hello said last */
  hello = null;

  /**
   * `order`: the transports there are, best first; `only`: the one to use.
   * @param {{base: string, clock: Clock, world: World, options: Pace & {history: number}, events: Events,
   *   order: Transport[], only: Transport|null}} of
   */
  constructor({ base, clock, world, options, events, order, only }) {
    const storage = world.storage ?? null;
    const say = (/** @type {Part[]} */ parts) => events.say(parts);
    this.#clock = clock;
    this.#events = events;
    this.#requests = new Requests({ world, base, say });
    this.#verdicts = new Verdicts({ base, clock, storage });
    const network = this.#verdicts.last;
    const verdicts = network === null ? {} : this.#verdicts.of(network);
    this.ladder = new Ladder({ order, only, pace: options, network, verdicts, now: clock.now() });
    const late = () => (this.ladder.transport === "poll" ? options.every : 0);
    this.#acks = new Acks({ position: this.#position, clock, late });
    this.#wayUp = new WayUp({
      outbox: this.#outbox,
      clock,
      rtt: () => this.ladder.rtt,
      post: (text, signal) => this.#requests.post(this.#sid.value, text, signal),
      hello: (signal) => this.#requests.hello(this.#sid.value, signal),
      on: {
        done: (emit, data, error, cursor) => this.#acked(emit, data, error, cursor),
        forgotten: () => this.#renew(false),
        refused: (failure) => this.#refused(failure),
        say,
        doubt: (ws) => this.#runner.judge(ws, "doubt"),
        alive: (ws) => this.#runner.judge(ws, "alive"),
        deaf: (ws) => this.#runner.judge(ws, "deaf"),
      },
    });
    this.#runner = new Runner({
      ladder: this.ladder,
      position: this.#position,
      clock,
      world,
      options,
      base,
      sid: () => this.#sid.value,
      leases: new Leases({ base, clock, storage, name: newSid() }),
      on: {
        batch: (run, batch) => this.#batch(run, batch),
        use: (run) => this.#use(run),
        heard: (run, frame) => this.#wayUp.heard(run.ws, frame),
        refused: (failure) => events.tell("error", failure),
        turnedAway: (failure) => this.ladder.transport === null && this.#wayUp.shut(failure),
        tell: (event, detail) => this.#tell(event, detail),
        say,
        learnt: () => this.ladder.network !== null && this.#verdicts.keep(this.ladder.network, this.ladder.verdicts),
        end: (why) => this.#end(why),
      },
    });
  }

  get cursor() {
    return this.#position.cursor;
  }

  start() {
    if (this.started) return;
    if (this.ladder.life.state === "ended") this.#newSid(false); // the old one has said goodbye
    this.started = true;
    this.#over = false;
    this.#left = new AbortController();
    watchPage((event) => this.step(event), this.#left.signal);
    this.#begun ??= this.#clock.now();
    this.step({ type: "start" });
    if (globalThis.document?.hidden) this.step({ type: "hidden" });
  }

  /** Leave, with what was emitted and not yet sent; it may never have begun. */
  close() {
    if (this.started) this.step({ type: "stop", why: [{ key: "closed" }] });
    else if (!this.#over) this.#endWaits([{ key: "closed" }]);
  }

  /** One event for the ladder. @param {any} event */
  step(event) {
    this.#runner.step(event);
  }

  /** What was learnt about this server's transports says nothing any more. */
  forget() {
    this.#verdicts.forget();
    this.step({ type: "forget" });
  }

  /** The network is another, perhaps: /hello tells its name. */
  ask() {
    if (this.ladder.life.connected && this.ladder.transport) this.#greet();
  }

  /** Emit; throws what no hub would take. @param {Said} said @returns {Said} which may be told not to tell: by its `done` */
  emit(said) {
    if (this.#over) {
      this.#acked(said, undefined, new EmitError("gone", "this socket is closed: this was never sent"));
      return said;
    }
    const emit = this.#outbox.add({ ...said, since: this.#clock.now() });
    this.#wayUp.flush();
    return emit;
  }

  // ---- reading

  /** @param {Run} run @param {Batch} batch */
  #batch(run, batch) {
    const { verdict, why, messages, gap, asked } = this.#position.take(run.reading, batch);
    // What this reading brings after a batch that was dropped is not complete: it begins again from the own cursor.
    if (verdict === "drop") throw new Failure("again", why, { because: { key: "dropped", reason: why } });
    const { facts } = this.#events;
    const now = this.#clock.now();
    facts.repeats += batch.messages.length - messages.length;
    if (messages.length) facts.first ??= now - (this.#begun ?? now);
    const { tell, lost, news } = this.#sid.hears(gap, asked);
    if (news) this.#sid.forgotten = true;
    if (news) this.#wayUp.use(false); // what is emitted from now on waits for the next sid
    this.step({ type: "heard", id: run.id, fresh: asked === null || lost, missed: gap ? gap.missed : 0 });
    if (tell) this.#tell("gap", { reason: tell.reason, missed: tell.missed, cursor: batch.cursor });
    for (const message of messages) {
      const reply = message.ack ? this.#replyTo(message.seq) : () => {};
      this.#events.messages.tell(message.event, message.data, reply, message);
    }
    this.#acks.read();
    if (news && this.#sid.forgotten) this.#renew(tell !== null);
  }

  /** @param {number} seq */
  #replyTo(seq) {
    return (/** @type {unknown} */ data) => {
      const text = packData(data);
      if (this.#over) return; // nobody is asked any more
      this.#outbox.reply(seq, text); // the first counts
      this.#wayUp.flush();
    };
  }

  /** Another run is the one in use, or none is. @param {Run|null} run */
  #use(run) {
    const { forgotten, greeted } = this.#sid;
    this.#wayUp.use(run !== null && !forgotten, run?.ws ?? null);
    if (run && !forgotten && !greeted) this.#greet();
  }

  /** Learn one's own id. crypto.subtle would need a secure context; the server knows it anyway. */
  async #greet(again = HELLO_AGAIN) {
    const sid = this.#sid;
    sid.greeted = true;
    const greeting = (this.#greetings += 1);
    try {
      const hello = await this.#requests.hello(sid.value, this.#left.signal);
      if (sid !== this.#sid) return;
      this.hello = hello;
      this.id = hello?.you?.id ?? this.id;
      this.#events.watchers.tell("hello", hello);
      const name = String(hello?.network ?? "").slice(0, 64);
      if (name) this.step({ type: "network", name, verdicts: this.#verdicts.of(name) });
    } catch {
      const mine = () => sid === this.#sid && greeting === this.#greetings;
      const greet = () => this.ladder.life.connected && mine() && this.#greet(Math.min(2 * again, HELLO_SELDOM));
      sleepOn(this.#clock, again, this.#left.signal).then(() => void greet(), () => {});
    }
  }

  // ---- being forgotten, and leaving

  /** Go on as a new client, from the same cursor. @param {boolean} lossTold */
  #renew(lossTold) {
    const old = this.#sid;
    this.#events.say([{ key: "forgotten" }]);
    this.#newSid(lossTold);
    this.step({ type: "renew" });
    this.#requests.bye(old.value, "");
  }

  /** @param {boolean} lossTold */
  #newSid(lossTold) {
    this.#sid = new Sid(this.#position.cursor, lossTold);
    this.id = null;
    this.#wayUp.forget();
  }

  /** The ladder ended: by close(), or because the server does not want this client. @param {Part[]} why */
  #end(why) {
    this.started = false;
    const words = this.#outbox.lastWords(this.#clock.now());
    this.#left.abort();
    this.#requests.bye(this.#sid.value, words);
    this.#endWaits(why);
  }

  /** @param {Part[]} why */
  #endWaits(why) {
    this.#over = true;
    this.#wayUp.end(sentence(why));
    this.#acks.end();
  }

  /** @param {Failure} failure */
  #refused(failure) {
    this.#events.tell("error", failure);
    if (failure.kind === "over") this.step({ type: "stop", why: [failure.because] });
  }

  /** @param {Said} emit @param {any} data @param {EmitError} [error] @param {string} [cursor] */
  #acked({ done }, data, error, cursor) {
    const call = () => (error ? done?.(undefined, error) : done?.(data));
    if (done) this.#acks.add(cursor, () => this.#events.messages.call("ack", call));
    else if (error && (this.started || error.code === "gone")) this.#events.tell("error", error);
  }

  /** @param {string} event @param {any} detail */
  #tell(event, detail) {
    if (event === "disconnect") this.#sid.greeted = false;
    this.#events.tell(event, detail);
  }
}
