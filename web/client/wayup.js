// @ts-check
// The way up: by one way at a time, and by the next when it is given up.
import { Alarm } from "./clock.js";
import { fate, Failure, longest, refusalIn, told } from "./closings.js";
import { EmitError } from "./codec.js";
import { Patience } from "./patience.js";
import { neverSent, unknown } from "./refusals.js";
import { pauseBefore } from "./rung.js";
import { PostWay, WsWay } from "./ways.js";
/** @import {Emit} from "./outbox.js" */
/** @import {WayUpNeeds, WireAck} from "./types.js" */
/** @import {Flight} from "./ways.js" */

const VOID_PAUSE = 30_000; // ms: even nothing was refused, so something else is wrong

/** Sends what is in the outbox. */
export class WayUp {
  #outbox;
  #clock;
  #on;
  #alarm;
  #patience;
  #posts;
  #alive = false; // something reads: while nothing does, emits once sent wait
  /** @type {WsWay|null} the ws that reads */
  #pipe = null;
  /** @type {WsWay|null} the way in use; null: POST */
  #way = null;
  #resumeAt = 0;
  #failures = 0;
  /** @type {number|null} since when nothing goes up, though this client reads */
  #shutSince = null;
  #ackedAt = -Infinity; // when a POST was answered last
  #oneByOne = 0; // up to this n each emit goes alone
  #client = 0; // answers to a sid before this one say nothing

  /** @param {WayUpNeeds} needs */
  constructor({ outbox, clock, rtt, post, hello, on }) {
    this.#outbox = outbox;
    this.#clock = clock;
    this.#on = on;
    this.#alarm = new Alarm(clock, () => this.#rang());
    this.#patience = new Patience({ clock, rtt, hello });
    this.#posts = new PostWay(clock, post, (...landed) => this.#landed(...landed));
  }

  /** Whether something reads; `ws`: if that is one, it is the other way up. @param {boolean} alive @param {WebSocket|null} ws */
  use(alive, ws = null) {
    const same = this.#pipe?.ws === (ws ?? undefined);
    if (this.#alive === alive && same) return;
    if (this.#pipe && !same) this.#leave(this.#pipe);
    if (ws && !same) this.#pipe = new WsWay(ws);
    if (alive && !this.#alive) {
      this.#again();
      this.#shutSince = null;
    }
    this.#alive = alive;
    this.flush();
  }

  /** @param {WsWay} pipe */
  #leave(pipe) {
    this.#pipe = null;
    if (this.#way !== pipe) return;
    this.#way = null;
    this.#again();
  }

  /** All unacked go up again, in order. */
  #again() {
    this.#outbox.again();
    this.#posts.current = null; // its late acks count all the same
  }

  /** The client has a new sid: what was sent is lost, what was not goes up under the new one. */
  forget(why = "the server forgot this client") {
    for (const emit of this.#leaveAll()) this.#on.done(emit, undefined, unknown(why));
  }

  /** The client has left, and says why: nothing goes up any more, and every wait for an ack ends. @param {string} why */
  end(why) {
    this.forget(why);
    for (const emit of this.#outbox.giveUp(Infinity).unsent) this.#on.done(emit, undefined, neverSent("gone", why));
  }

  /** @returns {Emit[]} what was sent */
  #leaveAll() {
    this.#client += 1;
    this.#posts.forget();
    this.#patience.end();
    this.#again();
    this.#alive = false;
    this.#pipe = this.#way = this.#shutSince = null;
    this.#oneByOne = this.#failures = this.#resumeAt = 0;
    this.#alarm.set(null);
    return this.#outbox.forget();
  }

  /** Send what may go. */
  flush() {
    if (!this.#alive) return this.#alarm.set(null);
    const now = this.#clock.now();
    if (now >= this.#resumeAt) {
      this.#choose();
      if (this.#way) this.#way.send(this.#outbox, now);
      else this.#posts.send(this.#outbox, now, this.#oneByOne ? 1 : undefined);
    }
    this.#arm();
  }

  /** The way changes only when nothing is under way: what goes by the new one must not overtake what is on the old. */
  #choose() {
    if (this.#outbox.acked >= this.#oneByOne) this.#oneByOne = 0;
    const wanted = this.#pipe && !this.#pipe.deaf && !this.#oneByOne ? this.#pipe : null;
    if (wanted !== this.#way && !this.#posts.current && this.#outbox.unanswered === Infinity) this.#way = wanted;
  }

  /** A POST was answered, or failed. @param {Flight} flight @param {WireAck[]} acks @param {Failure|null} failure */
  #landed(flight, acks, failure) {
    const client = this.#client;
    this.#take(acks, () => flight.best);
    if (client !== this.#client) return;
    const current = this.#posts.current === flight;
    if (current) this.#posts.current = null;
    if (!failure) {
      this.#failures = 0;
      this.#ackedAt = this.#clock.now();
      this.#judge();
    } else if (flight.emits.length ? current : this.#alive) this.#refused(failure, flight.emits);
    this.flush();
  }

  /** A frame that came down a ws beside the batches. @param {WebSocket|null} ws @param {any} frame */
  heard(ws, frame) {
    if ("pong" in frame) return this.#patience.heard(frame.pong);
    const pipe = this.#pipe && this.#pipe.ws === ws ? this.#pipe : null;
    const client = this.#client;
    if (pipe && frame.acks?.length) pipe.deaf = false;
    if (Array.isArray(frame.acks)) this.#take(frame.acks, (n) => pipe?.best(n) ?? 0);
    if (client !== this.#client) return;
    const refusal = refusalIn(frame);
    if (refusal && pipe && pipe === this.#way) this.#refused(told(refusal), []);
    this.flush();
  }

  /** @param {WireAck[]} acks @param {(n: number) => number} bestWhenSent */
  #take(acks, bestWhenSent) {
    const { done, hole, forgotten } = this.#outbox.answer(acks, bestWhenSent);
    if (acks.length) this.#shutSince = null;
    if (done.length) this.#patience.shrink();
    for (const [emit, { data, error, cursor }] of done) {
      const failed = error && new EmitError(String(error.code), String(error.message));
      this.#on.done(emit, data, failed, cursor);
    }
    if (forgotten) return this.#on.forgotten();
    if (hole) this.#on.say([{ key: "lost" }]);
  }

  // ---- refused, or given up: unanswered for too long

  /** Refused whole, or never answered: nothing was consumed that was not acked, so all go again. @param {Failure} failure @param {Emit[]} emits */
  #refused(failure, emits) {
    const now = this.#clock.now();
    this.#on.say([{ key: "unsent", way: nameOf(this.#way), because: failure.because }]);
    this.#again();
    const next = fate(failure);
    if (next === "over") return this.#on.refused(failure);
    if (next === "later") this.#resumeAt = now + (failure.retry ?? 0);
    else if (next === "alone" && (this.#way || emits.length)) this.#single(failure, emits, now);
    else if (this.#pipe && !this.#pipe.deaf && !this.#way) this.#way = this.#pipe;
    else {
      this.#resumeAt = now + pauseBefore((this.#failures += 1), this.#clock.random());
      this.shut(failure);
    }
  }

  /** Nothing goes up. It is tried on, but what was said long ago ends: nobody should wait for an ack for ever. @param {Failure} failure */
  shut(failure) {
    const now = this.#clock.now();
    const limit = longest(failure);
    this.#shutSince ??= now;
    if (now < this.#shutSince + limit) return;
    const { sent, unsent } = this.#outbox.giveUp(now - limit);
    const why = `nothing goes up (${failure.message})`;
    for (const emit of sent) this.#on.done(emit, undefined, unknown(why));
    for (const emit of unsent) this.#on.done(emit, undefined, neverSent("unsent", why));
  }

  /**
   * Something in it is not to the hub's taste: one by one shows what. By POST: there each request has its answer.
   * @param {Failure} failure @param {Emit[]} emits @param {number} now
   */
  #single(failure, emits, now) {
    this.#way = null;
    const [alone] = emits;
    if (!this.#oneByOne || emits.length > 1) {
      this.#oneByOne = this.#outbox.count;
    } else if (alone?.void) {
      this.#resumeAt = now + VOID_PAUSE;
      this.#on.refused(failure);
    } else if (alone) {
      const emit = { ...alone };
      this.#outbox.empties(alone.n);
      this.#on.done(emit, undefined, new EmitError(String(failure.code), failure.message));
    }
  }

  #arm() {
    const now = this.#clock.now();
    const resume = now < this.#resumeAt && !this.#outbox.empty ? this.#resumeAt : Infinity;
    this.#alarm.set(Math.min(this.#giveUpAt, resume));
  }

  #rang() {
    if (this.#clock.now() >= Math.max(this.#resumeAt, this.#giveUpAt)) this.#giveUp();
    this.flush();
  }

  get #giveUpAt() {
    return this.#patience.endsAt(this.#outbox.unanswered);
  }

  /** The next way takes all unacked; the old one is pinged, for perhaps only a handler is slow. */
  #giveUp() {
    const way = this.#way;
    const other = way !== null || Boolean(this.#pipe && !this.#pipe.deaf);
    this.#patience.startAnew();
    if (way) way.deaf = true; // until it is heard again
    if (other) {
      this.#way = way ? null : this.#pipe;
      this.#again();
    }
    const onward = other ? [{ key: "goeson", other: nameOf(this.#way) }] : [];
    this.#on.say([{ key: "giveup", way: nameOf(way) }, ...onward]);
    this.#probe(way);
    if (way) this.#on.doubt(way.ws);
  }

  /** @param {WsWay|null} way */
  async #probe(way) {
    const client = this.#client;
    const began = this.#clock.now();
    const answered = await this.#patience.ping(way?.ws ?? null);
    if (client !== this.#client) return;
    this.#on.say([{ key: answered ? "slow" : "dumb", way: nameOf(way) }]);
    if (answered) {
      this.#patience.grow();
      if (way) way.deaf = false;
      if (way) this.#on.alive(way.ws);
    } else if (way) {
      way.silent = true;
      if (this.#ackedAt >= began) this.#judge();
    } else {
      this.#posts.hangUp();
      this.shut(new Failure("lost", "no answer", { because: { key: "answer" } }));
      if (!this.#way) this.#again();
    }
    this.flush();
  }

  /** Another way brings acks: a pipe that does not even answer a ping has failed, though batches may come by it. */
  #judge() {
    const pipe = this.#pipe;
    if (!pipe?.silent) return;
    pipe.silent = false;
    this.#on.deaf(pipe.ws);
  }
}

/** @param {WsWay|null} way */
const nameOf = (way) => (way ? "ws" : "POST");
