// The way up: one pipe at a time, and the next one when it is given up.
import { Alarm } from "./clock.js";
import { newSid, EmitError } from "./codec.js";
import { pauseBefore } from "./rung.js";
import { Failure, failureOf } from "./wire.js";

const ANSWER = 1500; // ms until a way is given up, or 4 round trips
// Refusals that are not about what is in the request: sending the emits alone would change nothing.
const NOT_OF_THE_EMIT = new Set(["not_found", "bad_method", "upgrade_required", "bad_host"]);
const VOID_PAUSE = 30_000; // ms: even nothing was refused, so something else is wrong
const TURNED_AWAY = 60_000; // ms: what stands on the way and lets nothing up may pass, a sign-in for one, but not for ever
const UNHEARD = 300_000; // ms in which this client reads, and nothing that goes up is answered

/**
 * Sends what is in the outbox. `post(frame)` and `hello()` are the way up that is always there; a ws pipe is the other.
 * `on` is {done(emit, data, error), forgotten(), refused(failure), say(parts), 
 * doubt(socket), alive(socket), deaf(socket)}.
 */
export class WayUp {
  #alive = false; // something reads: while nothing does, emits once sent wait
  #pipe = null; // {socket, deaf, silent, bests} of the ws that reads
  #way = null; // the pipe in use; null: POST
  #post = null; // the POST with emits under way
  #resumeAt = 0;
  #failures = 0;
  #patience = 1; // doubled where a ping showed that only a handler is slow
  #shutSince = null; // since when nothing goes up, though this client reads
  #ackedAt = -Infinity; // when a POST was answered last
  #calmAt = 0; // when a ping was answered last
  #oneByOne = 0; // up to this n each emit goes alone
  #client = 0; // answers to a sid before this one say nothing
  #flights = new Set(); // the POSTs under way
  #pings = new Map();

  constructor({ outbox, clock, rtt, post, hello, on }) {
    Object.assign(this, { outbox, clock, rtt, post, hello, on });
    this.alarm = new Alarm(clock, () => this.#rang());
  }

  /** The reader in use is this one; null: nothing reads. `socket` is its ws, or null. */
  use(alive, socket = null) {
    const next = this.#alive === alive && this.#pipe?.socket === socket;
    if (next) return;
    if (this.#pipe && this.#pipe.socket !== socket) this.#leave(this.#pipe);
    if (socket && this.#pipe?.socket !== socket) this.#pipe = { socket, deaf: false, silent: false, bests: new Map() };
    if (alive && !this.#alive) {
      this.#again();
      this.#shutSince = null;
    }
    this.#alive = alive;
    this.flush();
  }

  #leave(pipe) {
    this.#pipe = null;
    if (this.#way !== pipe) return;
    this.#way = null;
    this.#again();
  }

  /** All unacked go up again, in order. */
  #again() {
    this.outbox.again();
    this.#post = null; // its late acks count all the same
  }

  /** The client has a new sid: what was sent is lost, what was not goes up under the new one. */
  forget() {
    for (const emit of this.#leaveAll()) this.#fail(emit, "unknown", "the server forgot this client");
  }

  /** The client has left, and says why: nothing goes up any more, and every wait for an ack ends. */
  end(why) {
    for (const emit of this.#leaveAll()) this.#fail(emit, "unknown", why);
    for (const emit of this.outbox.giveUp(Infinity).unsent) this.#fail(emit, "gone", why);
  }

  /** @returns {import("./outbox.js").Emit[]} what was sent */
  #leaveAll() {
    this.#client += 1;
    this.#hangUp();
    for (const { stop } of this.#pings.values()) stop();
    this.#again();
    this.#alive = false;
    this.#pipe = this.#way = this.#shutSince = null;
    this.#oneByOne = this.#failures = this.#resumeAt = 0;
    this.alarm.set(null);
    return this.outbox.forget();
  }

  #fail(emit, code, why) {
    const text = code === "unknown" ? `${why}: nobody knows whether this came` : `${why}: this was never sent`;
    this.on.done(emit, undefined, new EmitError(code, text));
  }

  /** Send what may go. */
  flush() {
    if (!this.#alive) return this.alarm.set(null);
    const now = this.clock.now();
    if (now >= this.#resumeAt) {
      this.#choose();
      if (this.#way) this.#sendFrames(now);
      else this.#sendPosts(now);
    }
    this.#arm();
  }

  /** The way changes only when nothing is under way: what goes by the new one must not overtake what is on the old. */
  #choose() {
    if (this.outbox.acked >= this.#oneByOne) this.#oneByOne = 0;
    const wanted = this.#pipe && !this.#pipe.deaf && !this.#oneByOne ? this.#pipe : null;
    if (wanted !== this.#way && !this.#post && this.outbox.unanswered === Infinity) this.#way = wanted;
  }

  #sendFrames(now) {
    const pipe = this.#way;
    for (;;) {
      const replies = this.outbox.takeReplies(now);
      const emits = this.outbox.take(now);
      if (!emits.length && !replies.length) return;
      for (const { n } of emits) pipe.bests.set(n, [...(pipe.bests.get(n) ?? []), this.outbox.best]);
      if (replies.length) pipe.socket.send(this.outbox.upload([], replies));
      if (emits.length) pipe.socket.send(this.outbox.upload(emits));
    }
  }

  #sendPosts(now) {
    // A reply never waits behind an emit: the handler of that emit may be waiting for it.
    const replies = this.outbox.takeReplies(now);
    if (replies.length) this.#sendPost([], replies);
    if (this.#post) return;
    const emits = this.outbox.take(now, this.#oneByOne ? 1 : undefined);
    if (emits.length) this.#sendPost(emits, []);
  }

  async #sendPost(emits, replies) {
    const flight = { best: this.outbox.best, client: this.#client, controller: new AbortController() };
    this.#flights.add(flight);
    if (emits.length) this.#post = flight;
    const failure = await this.#answerTo(flight, this.outbox.upload(emits, replies));
    this.#flights.delete(flight);
    if (flight.client !== this.#client) return;
    const current = this.#post === flight;
    if (current) this.#post = null;
    if (!failure) this.#acked();
    else if (emits.length ? current : this.#alive) this.#refused(failure, emits);
    this.flush();
  }

  #acked() {
    this.#failures = 0;
    this.#ackedAt = this.clock.now();
    this.#judge();
  }

  /** Post, and take the acks. @returns {Promise<Failure|null>} */
  async #answerTo(flight, text) {
    let acks = [];
    let failure = null;
    try {
      const body = await this.post(text, flight.controller.signal);
      acks = body?.acks;
      if (!Array.isArray(acks)) throw new Failure("lost", "an answer without acks", { because: { key: "garbled" } });
    } catch (error) {
      failure = error instanceof Failure ? error : new Failure("lost", String(error), { because: { key: "answer" } });
      acks = failure.acks;
    }
    if (flight.client === this.#client) this.#take(acks, () => flight.best);
    return failure;
  }

  /** A frame that came down a ws beside the batches. */
  heard(socket, frame) {
    if ("pong" in frame) return this.#pings.get(frame.pong)?.answered();
    const pipe = this.#pipe?.socket === socket ? this.#pipe : null;
    const client = this.#client;
    if (Array.isArray(frame.acks)) this.#take(frame.acks, (n) => bestOf(pipe, n));
    if (client !== this.#client) return;
    const failure = failureOf(frame);
    if (failure && pipe && pipe === this.#way) this.#refused(failure, []);
    this.flush();
  }

  #take(acks, bestWhenSent) {
    const { done, hole, forgotten } = this.outbox.answer(acks, bestWhenSent);
    if (acks.length) this.#shutSince = null;
    if (done.length) this.#patience = 1;
    for (const [emit, ack] of done) this.on.done(emit, ack.data, ack.error && errorOf(ack.error), ack.cursor);
    if (forgotten) return this.on.forgotten();
    if (hole) this.on.say([{ key: "lost" }]);
  }

  /** Refused whole, or never answered: nothing was consumed that was not acked, so all go again. */
  #refused(failure, emits) {
    const now = this.clock.now();
    this.on.say([{ key: "unsent", way: nameOf(this.#way), because: failure.because }]);
    this.#again();
    if (failure.kind === "over") return this.on.refused(failure);
    if (failure.kind === "wait") this.#resumeAt = now + (failure.retry ?? 1000);
    else if (this.#isOfTheEmits(failure, emits)) this.#single(failure, emits, now);
    else if (this.#pipe && !this.#pipe.deaf && !this.#way) this.#way = this.#pipe;
    else {
      this.#resumeAt = now + pauseBefore((this.#failures += 1), this.clock.random());
      this.shut(failure);
    }
  }

  /** Nothing goes up. It is tried on, but what was said long ago ends: nobody should wait for an ack for ever. */
  shut(failure) {
    const now = this.clock.now();
    const limit = failure.turnedAway || NOT_OF_THE_EMIT.has(failure.code) ? TURNED_AWAY : UNHEARD;
    this.#shutSince ??= now;
    if (now < this.#shutSince + limit) return;
    const { sent, unsent } = this.outbox.giveUp(now - limit);
    for (const emit of sent) this.#fail(emit, "unknown", `nothing goes up (${failure.message})`);
    for (const emit of unsent) this.#fail(emit, "unsent", `nothing goes up (${failure.message})`);
  }

  #isOfTheEmits(failure, emits) {
    return failure.kind === "refused" && !NOT_OF_THE_EMIT.has(failure.code) && (this.#way !== null || emits.length > 0);
  }

  /** Something in it is not to the hub's taste: one by one shows what. By POST: there each request has its answer. */
  #single(failure, emits, now) {
    this.#way = null;
    const [alone] = emits;
    if (!this.#oneByOne || emits.length > 1) {
      this.#oneByOne = this.outbox.count;
    } else if (alone?.void) {
      this.#resumeAt = now + VOID_PAUSE;
      this.on.refused(failure);
    } else if (alone) {
      const emit = { ...alone };
      this.outbox.empties(alone.n);
      this.on.done(emit, undefined, new EmitError(failure.code, failure.message));
    }
  }

  // ---- given up: unanswered for too long

  get #limit() {
    return Math.max(ANSWER, 4 * (this.rtt() ?? 0));
  }

  #arm() {
    const now = this.clock.now();
    const resume = now < this.#resumeAt && !this.outbox.empty ? this.#resumeAt : Infinity;
    this.alarm.set(Math.min(this.#giveUpAt, resume));
  }

  #rang() {
    const now = this.clock.now();
    if (now >= Math.max(this.#resumeAt, this.#giveUpAt)) this.#giveUp();
    this.flush();
  }

  get #giveUpAt() {
    return Math.max(this.outbox.unanswered, this.#calmAt) + this.#limit * this.#patience;
  }

  /** The next way takes all unacked; the old one is pinged, for perhaps only a handler is slow. */
  #giveUp() {
    const way = this.#way;
    const other = way ? true : Boolean(this.#pipe && !this.#pipe.deaf);
    this.#calmAt = this.clock.now();
    if (way) way.deaf = true; // until it is heard again
    if (other) {
      this.#way = way ? null : this.#pipe;
      this.#again();
    }
    const onward = other ? [{ key: "goeson", other: nameOf(this.#way) }] : [];
    this.on.say([{ key: "giveup", way: nameOf(way) }, ...onward]);
    this.#probe(way);
    if (way) this.on.doubt(way.socket);
  }

  async #probe(way) {
    const client = this.#client;
    const began = this.clock.now();
    const answered = await this.#ping(way);
    if (client !== this.#client) return;
    this.on.say([{ key: answered ? "slow" : "dumb", way: nameOf(way) }]);
    if (answered) {
      this.#patience = Math.min(16, this.#patience * 2);
      if (way) way.deaf = false;
      if (way) this.on.alive(way.socket);
    } else if (way) {
      way.silent = true;
      if (this.#ackedAt >= began) this.#judge();
    } else {
      this.#hangUp();
      if (!this.#way) this.#again();
    }
    this.flush();
  }

  /** Another way brings acks: a pipe that does not even answer a ping has failed, though batches may come by it. */
  #judge() {
    const pipe = this.#pipe;
    if (!pipe?.silent) return;
    pipe.silent = false;
    this.on.deaf(pipe.socket);
  }

  /** A POST nobody answers holds one of the six connections a browser has for a host. */
  #hangUp() {
    for (const flight of this.#flights) flight.controller.abort();
  }

  /** @returns {Promise<boolean>} whether this way answered in time */
  async #ping(way) {
    const token = newSid();
    const controller = new AbortController();
    let timer = null;
    const outcome = new Promise((resolve) => {
      timer = this.clock.setTimeout(() => resolve(false), this.#limit);
      this.#pings.set(token, { answered: () => resolve(true), stop: () => resolve(false) });
      if (!way) this.hello(controller.signal).then(() => resolve(true), () => {});
      else if (way.socket.readyState === 1) way.socket.send(JSON.stringify({ ping: token }));
    });
    const answered = await outcome;
    this.clock.clearTimeout(timer);
    this.#pings.delete(token);
    if (!answered) controller.abort();
    return answered;
  }
}

const nameOf = (way) => (way ? "ws" : "POST");

/** The highest n that had an ack when n went up this pipe. Its answers come in the order it was sent. */
function bestOf(pipe, n) {
  const bests = pipe?.bests.get(n) ?? [];
  if (bests.length < 2) pipe?.bests.delete(n);
  return bests.shift() ?? 0;
}

function errorOf({ code, message }) {
  return new EmitError(String(code), String(message));
}
