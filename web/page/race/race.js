// The race: four lanes and the feed they all hear, from start to stop.

import { AskingClock, roundTrip } from "./clock.js";
import { Counts } from "./counts.js";
import { origins } from "./hosts.js";
import { begin, end } from "../speaking.js";
import { Lane, LANES } from "./lane.js";
import { settings as usual } from "./settings.js";

/** @import { Settings } from "./settings.js" */
/** @import { Values } from "../words.js" */
/** @typedef {"idle" | "starting" | "running"} State */

const FEED = 120; // s a feed speaks
const JOINING = 3000; // ms the feed waits for a lane that does not come
const UNSEEN = 30_000; // ms out of sight after which the race ends: a hidden tab's timers are late
const AGAIN = 2000; // ms before what could not be had is asked for again
const HELD = ["longpoll", "sse"]; // they hold one of the six connections a browser has for a host

/** Tells of itself by `change`. `state`: idle, starting, running. `ended`: why it is idle, as a text. */
export class Race extends EventTarget {
  #turn = 0; // what was begun in an earlier one is not gone on with
  #wishes = 0; // feeds asked for
  #feed = /** @type {{ sid: string, feed: string } | null} */ (null); // { sid, feed } of the one that speaks
  #renewal = 0;
  #unseen = 0;
  #room = `race-${Math.random().toString(36).slice(2, 11)}`;

  constructor() {
    super();
    this.clock = new AskingClock();
    this.counts = new Counts();
    this.lanes = LANES.map((transport) => new Lane(transport, this.clock));
    this.state = /** @type {State} */ ("idle");
    this.ended = /** @type {Values | null} */ (null);
    this.trip = /** @type {number | null} */ (null); // ms of the smallest round trip here, without any network of the lab
    this.origins = /** @type {string[] | null} */ (null);
    this.settings = usual();
    for (const lane of this.lanes) {
      lane.addEventListener("change", () => this.open && this.counts.watch(this.lanes));
      lane.addEventListener("ended", () => this.#later(0, () => this.#speak()));
      lane.addEventListener("lost", () => this.#later(AGAIN, () => this.#again()));
    }
    document.addEventListener("visibilitychange", () => this.#seen(!document.hidden));
    addEventListener("pagehide", () => this.stop({ text: "race.ended.left" }));
  }

  get open() {
    return this.state !== "idle";
  }

  /** Begin. What cannot be had ends it, with the reason. @param {Settings} settings */
  async start(settings) {
    if (this.open) return;
    const turn = (this.#turn += 1);
    this.settings = settings;
    this.#be("starting");
    this.clock.open();
    this.#forget();
    try {
      await this.#know();
      await this.#wire();
      if (turn !== this.#turn) return;
      const joined = this.lanes.map((lane) => lane.join(this.#room, this.settings.every));
      await Promise.race([Promise.all(joined), wait(JOINING)]);
      if (turn !== this.#turn) return;
      await this.#speak();
      if (turn === this.#turn) this.#be("running");
    } catch (/** @type {any} */ error) {
      if (turn === this.#turn) this.stop({ text: "race.ended.error", why: error.message });
    }
  }

  /** What holds for every race of this page: the server's names, and the way there. */
  async #know() {
    this.origins ??= await origins();
    this.trip = await roundTrip();
    const [own, other = own] = this.origins;
    for (const lane of this.lanes) lane.origin = HELD.includes(lane.transport) ? other : own;
  }

  /** Let the feed speak anew, and count from there. */
  async #speak() {
    const wish = (this.#wishes += 1);
    const turn = this.#turn;
    const { rate, periodic, size } = this.settings;
    this.#hush();
    const sid = this.lanes.find((lane) => lane.entered)?.sid;
    if (!sid) return this.#later(AGAIN, () => this.#speak()); // no lane has come through: nobody would hear it
    const shape = periodic ? "periodic" : "poisson";
    const { feed } = await begin(sid, { rate, shape, size, room: this.#room, seconds: FEED });
    if (turn !== this.#turn || wish !== this.#wishes) return end(sid, feed); // not wanted any more
    this.#feed = { sid, feed };
    for (const lane of this.lanes) lane.feed = feed;
    this.#later(FEED * 1000, () => {
      this.#feed = null; // it has said all it had to say
      return this.#speak();
    });
  }

  /**
   * In so many ms, if it still runs then; again and again until it succeeds.
   * @param {number} ms @param {() => any} act
   */
  #later(ms, act) {
    clearTimeout(this.#renewal);
    const turn = this.#turn;
    this.#renewal = setTimeout(() => {
      if (turn === this.#turn && this.open) act().catch(() => this.#later(AGAIN, act));
    }, ms);
  }

  /** The hub has begun a new life: it knows nothing of links and feeds, and counts from nothing. */
  async #again() {
    this.#feed = null;
    await this.#wire();
    await this.#speak();
    this.counts.forget();
    this.recount();
  }

  #wire() {
    const { network, close } = this.settings;
    return Promise.all(this.lanes.map((lane) => lane.wire(network, close)));
  }

  #hush() {
    clearTimeout(this.#renewal);
    if (this.#feed) end(this.#feed.sid, this.#feed.feed);
    this.#feed = null;
  }

  /** Count from here. */
  recount() {
    for (const lane of this.lanes) lane.clear();
    this.counts.begin();
  }

  /** Be set otherwise, while it runs. @param {Settings} settings */
  async change(settings) {
    const old = this.settings;
    if (same(old, settings)) return;
    this.settings = settings;
    if (!this.open) return this.#forget();
    try {
      for (const lane of this.lanes) lane.every = settings.every;
      if (settings.network !== old.network || settings.close !== old.close) await this.#wire();
      if (this.state === "running" && this.settings === settings) {
        await this.#speak();
        this.recount();
      }
    } catch (/** @type {any} */ error) {
      this.stop({ text: "race.ended.error", why: error.message });
    }
  }

  /** What was measured with other knobs is not shown beside these. */
  #forget() {
    for (const lane of this.lanes) lane.clear();
    this.counts.forget();
  }

  /** End everything: lanes, feed, and the lines that look. `why`: a text, null for by hand. @param {Values | null} why */
  stop(why = null) {
    if (!this.open) return;
    this.#turn += 1;
    this.#hush();
    this.counts.close();
    this.clock.close();
    for (const lane of this.lanes) lane.leave();
    this.ended = why;
    this.#be("idle");
  }

  /** @param {boolean} seen */
  #seen(seen) {
    clearTimeout(this.#unseen);
    if (!seen) this.#unseen = setTimeout(() => this.stop({ text: "race.ended.unseen" }), UNSEEN);
  }

  /** @param {State} state */
  #be(state) {
    this.state = state;
    if (state === "starting") this.ended = null;
    if (state !== "idle") this.recount();
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {number} ms */
function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** @param {Settings} one @param {Settings} other */
function same(one, other) {
  return /** @type {(keyof Settings)[]} */ (Object.keys(other)).every((name) => one[name] === other[name]);
}
