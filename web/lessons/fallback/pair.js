// The pair: the naive client and ours, each over a link of its own to the same kind of network, while the server speaks to both.

import { newSid } from "/client/codec.js";
import { io } from "/client/socket.js";
import { now } from "/page/hubclock.js";
import { linkName } from "/page/network.js";
import { tapped } from "/page/tap.js";
import { lead } from "../asking.js";
import { Bystander } from "../bystander.js";
import { sleep } from "../waiting.js";
import { naive } from "./naive.js";
import { Watched } from "./watched.js";

/** @import { Decision, Socket } from "/client/socket.js" */
/** @import { Way } from "./watched.js" */
/** @typedef {{at: number, parts: Decision["parts"]}} Decided   `at`: ms after the beginning */
/** @typedef {"naive" | "ours"} Who */

export const WHO = /** @type {Who[]} */ (["naive", "ours"]);
const RATE = 5; // messages a second
const TICK = 100; // ms between two looks whether it is over

export class Pair {
  began = 0; // 0: not yet
  over = false;
  decisions = /** @type {Decided[]} */ ([]); // of ours
  content = /** @type {number | null} */ (null); // ms after the beginning, when the naive one took it that all is well
  ends = /** @type {Record<Who, Way | null>} */ ({ naive: null, ours: null }); // by what each reads in the end
  silence = /** @type {Record<Who, number>} */ ({ naive: 0, ours: 0 }); // ms, the longest
  #bystander = new Bystander();
  #socket = /** @type {Socket | null} */ (null);
  #links = { naive: `/via/~${linkName()}`, ours: `/via/~${linkName()}` };

  /**
   * `network`: by its setting; `turns`: ms after which nothing stands in the way any more, null: that does not happen.
   * @param {{network: string, turns?: number | null, length: number}} settings
   */
  constructor({ network, turns = null, length }) {
    this.network = network;
    this.turns = turns;
    this.length = length;
    this.naive = new Watched(this.#bystander.room);
    this.ours = new Watched(this.#bystander.room);
  }

  /** ms since it began, at most its length; 0 before. */
  get at() {
    return this.began ? Math.min(this.length, now() - this.began) : 0;
  }

  /** Messages that were said so far, and could be here. */
  get said() {
    return this.began ? Math.max(1, Math.floor((this.at * RATE) / 1000)) : 0;
  }

  /** Run to the end. Throws where the server does not answer, or the signal aborts. @param {AbortSignal} signal */
  async run(signal) {
    const mine = new AbortController();
    try {
      await this.#bystander.come(signal);
      await this.#lead(this.network, signal);
      await this.#bystander.speak(RATE, this.length, signal);
      this.began = now();
      this.#startNaive(mine.signal);
      this.#startOurs();
      if (this.turns !== null) await this.#turn(this.turns, signal);
      await this.#until(this.length, signal);
      const at = this.began + this.length;
      this.ends = { naive: this.naive.reads(at), ours: this.ours.reads(at) && (this.#socket?.transport ?? null) };
      for (const who of WHO) this.silence[who] = this[who].silence(this.began, this.length);
      this.over = true;
    } finally {
      mine.abort(new Error("over"));
      this.#socket?.close();
      this.#bystander.go();
    }
  }

  /** Both links lead through this network from now on. @param {string} network @param {AbortSignal} signal */
  #lead(network, signal) {
    return Promise.all(WHO.map((who) => lead(this.#links[who], network, signal)));
  }

  /** The network lets all pass from now on. As in a browser that comes to another network, ours is told. @param {number} ms @param {AbortSignal} signal */
  async #turn(ms, signal) {
    await this.#until(ms, signal);
    await this.#lead("direct", signal);
    this.#socket?.changed();
  }

  /** @param {AbortSignal} signal */
  #startNaive(signal) {
    const sid = newSid();
    naive({
      base: location.origin + this.#links.naive, sid, emits: this.#bystander.apart, world: tapped(this.naive, "naive"), signal,
      hear: (messages) => {
        for (const { event, room, data } of messages) if (event === "feed" && room === this.#bystander.room) this.naive.take(data.n);
      },
      works: () => (this.content ??= now() - this.began),
    });
    signal.addEventListener("abort", () => fetch(`/bye?sid=${sid}`, { method: "POST", keepalive: true }).catch(() => {}), { once: true });
  }

  /** Without the browser's storage: what it learns here is of no use elsewhere, and tells nobody which network it was. */
  #startOurs() {
    const socket = io(this.#links.ours, { autoConnect: false, world: { ...tapped(this.ours, "ours"), storage: null } });
    this.#socket = socket;
    socket.onDecision(({ parts }) => this.decisions.push({ at: now() - this.began, parts }));
    socket.on("feed", ({ n }, _reply, { room }) => room === this.#bystander.room && this.ours.take(n));
    for (const { event, data } of this.#bystander.apart) socket.emit(event, data);
    socket.connect();
  }

  /** Wait until so many ms after the beginning. @param {number} ms @param {AbortSignal} signal */
  async #until(ms, signal) {
    while (now() < this.began + ms) await sleep(Math.min(TICK, this.began + ms - now()), signal);
  }
}
