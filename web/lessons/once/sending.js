// The sending: twenty things over lines that lose answers, by a sender that takes each try for new and by one that numbers what it says.

import { newSid } from "/client/codec.js";
import { now } from "/page/hubclock.js";
import { linkName } from "/page/network.js";
import { lead } from "../asking.js";
import { Bystander } from "../bystander.js";
import { sleep } from "../waiting.js";
import { Sender } from "./sender.js";

/** @import { Message } from "/client/socket.js" */
/** @import { Fate } from "../marks.js" */
/** @typedef {"anew" | "same"} Way   each try under a new number, or under the same */

export const WAYS = /** @type {Way[]} */ (["anew", "same"]);
export const COUNT = 20; // things each of them says
export const NETWORK = "lost:0.3";

export class Sending {
  over = false;
  said = /** @type {Record<Way, number>} */ ({ anew: 0, same: 0 }); // things that were answered
  times = /** @type {Record<Way, number[]>} */ ({ anew: Array(COUNT).fill(0), same: Array(COUNT).fill(0) }); // how often each is in the room
  came = /** @type {Record<Way, number>} */ ({ anew: 0, same: 0 }); // tries that the server has heard
  senders = /** @type {Record<Way, Sender>} */ ({ anew: sender(false), same: sender(true) });
  #bystander = new Bystander();

  /** @param {{length: number}} settings ms in which they say it all, about */
  constructor({ length }) {
    this.length = length;
  }

  /** Messages in the room. @param {Way} way */
  room(way) {
    return this.times[way].reduce((sum, n) => sum + n, 0);
  }

  /** What became of each thing; what is not in the room by the end is lost. @param {Way} way @returns {Fate[]} */
  fates(way) {
    return this.times[way].map((n) => (n > 1 ? "twice" : n ? "here" : this.over ? "lost" : "waits"));
  }

  /** Run to the end. Throws where the server does not answer, or the signal aborts. @param {AbortSignal} signal */
  async run(signal) {
    const mine = new AbortController();
    const stop = () => mine.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      await this.#bystander.come(signal);
      const seed = Math.floor(Math.random() * 2 ** 31); // the same chance for both
      for (const way of WAYS) {
        await this.senders[way].join(this.#bystander.room, signal);
        await lead(this.senders[way].link, NETWORK, signal, { seed, close: true }); // on a used connection browsers repeat a POST by themselves
      }
      /** @param {Message} message */
      const take = ({ event, data }) => event === "s2c" && this.#heard(data);
      this.#bystander.follow(take, mine.signal).catch(() => {}); // what it does not hear is caught up with
      const began = now();
      await Promise.all(WAYS.map((way) => this.#sayAll(way, began, mine.signal)));
      mine.abort(new Error("over"));
      await this.#bystander.catchUp(take, signal);
      for (const way of WAYS) this.came[way] = await this.senders[way].came(signal);
      this.over = true;
    } finally {
      signal.removeEventListener("abort", stop);
      mine.abort(new Error("over"));
      this.#bystander.go();
      for (const way of WAYS) this.senders[way].go();
    }
  }

  /** One thing after the other, each at its time or as soon as the one before was answered. @param {Way} way @param {number} began @param {AbortSignal} signal */
  async #sayAll(way, began, signal) {
    for (let k = 0; k < COUNT; k += 1) {
      await sleep(began + (k * this.length) / COUNT - now(), signal);
      await this.senders[way].say({ way, k, room: this.#bystander.room }, signal);
      this.said[way] += 1;
    }
  }

  /** @param {{way: Way, k: number}} data */
  #heard({ way, k }) {
    if (k in (this.times[way] ?? [])) this.times[way][k] += 1;
  }
}

/** @param {boolean} same */
function sender(same) {
  return new Sender({ link: `/via/~${linkName()}`, sid: newSid(), same });
}
