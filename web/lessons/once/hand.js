// By hand: somebody presses Send over a line that loses every other answer; first each press is a new number, then the thing keeps it.

import { newSid } from "/client/codec.js";
import { linkName } from "/page/network.js";
import { lead } from "../asking.js";
import { Bystander } from "../bystander.js";
import { Sender } from "./sender.js";

/** @import { WireAck } from "/client/types.js" */
/** @typedef {{n: number, content: string, ack: WireAck | null}} Press   null: no answer came */

const THINGS = ["A", "B"]; // what is said: the first with a number for each press, the second with one of its own
export const PRESSES = 4; // each twice: the answer to the first press is lost

export class Hand {
  presses = /** @type {Press[]} */ ([]);
  room = /** @type {string[]} */ ([]); // what is in the room
  #bystander = new Bystander();
  #link = `/via/~${linkName()}`;
  #sender = new Sender({ link: this.#link, sid: newSid(), same: false });
  #n = 0;

  /** How often this is in the room. @param {number} thing from 0 */
  times(thing) {
    return this.room.filter((content) => content === THINGS[thing]).length;
  }

  /** Press Send. Throws where the server does not answer, or the signal aborts. @param {AbortSignal} signal */
  async press(signal) {
    const at = this.presses.length;
    const [thing, first] = [at >> 1, at % 2 === 0];
    if (at === 0) {
      await this.#bystander.come(signal);
      await this.#sender.join(this.#bystander.room, signal);
    }
    await lead(this.#link, first ? "lost:1" : "direct", signal, { close: true }); // on a used connection browsers repeat a POST by themselves
    if (first || thing === 0) this.#n = this.#sender.next();
    const content = THINGS[thing];
    const ack = await this.#sender.try(this.#n, { user: "", content, room: this.#bystander.room }, signal);
    this.presses.push({ n: this.#n, content, ack });
    await this.#bystander.catchUp(({ event, data }) => event === "s2c" && this.room.push(data.content), signal);
  }

  /** Both leave. */
  go() {
    this.#bystander.go();
    this.#sender.go();
  }
}
