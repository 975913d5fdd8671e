// The bystander: a client of a lesson's own, in a room of its own and behind no network: it has the server speak there, and hears all.

import { newSid } from "/client/codec.js";
import { numbered } from "/page/alone.js";
import { begin } from "/page/speaking.js";
import { asked, posted } from "./asking.js";
import { sleep } from "./waiting.js";

/** @import { Message } from "/client/socket.js" */

const EVERY = 60_000; // ms: who says it polls so seldom is here for minutes
const HOLD = 20; // s a question may wait
const AGAIN = 300; // ms until the server is asked once more, where so many others have it speak

export class Bystander {
  sid = newSid();
  room = `lesson-${newSid()}`;
  #cursor = "";

  /** What a client says first that is to be in the room too, and to hear nobody else. */
  get apart() {
    return numbered(this.room);
  }

  /** Be in the room. Throws where the server does not answer. @param {AbortSignal} signal */
  async come(signal) {
    const { cursor } = await asked(`/poll?sid=${this.sid}&every=${EVERY}`, { signal });
    this.#cursor = cursor;
    await posted(`/emit?sid=${this.sid}`, { emits: this.apart }, signal);
  }

  /** Have the server speak in the room: so many messages a second, for so many ms. @param {number} rate @param {number} ms @param {AbortSignal} signal */
  async speak(rate, ms, signal) {
    for (;;) {
      try {
        return await begin(this.sid, { rate, seconds: ms / 1000, size: 0, room: this.room }, signal);
      } catch (/** @type {any} */ error) {
        if (error.code !== "full") throw error;
      }
      await sleep(AGAIN, signal);
    }
  }

  /** Hand on what is said in the room, until the signal aborts. @param {(message: Message) => void} take @param {AbortSignal} signal */
  async follow(take, signal) {
    for (;;) this.#take(await asked(`/longpoll?sid=${this.sid}&cursor=${this.#cursor}&hold=${HOLD}`, { signal }), take);
  }

  /** Hand on what has been said so far and was not handed on. @param {(message: Message) => void} take @param {AbortSignal} signal */
  async catchUp(take, signal) {
    for (let more = true; more; ) {
      const batch = await asked(`/poll?sid=${this.sid}&cursor=${this.#cursor}&every=${EVERY}`, { signal });
      this.#take(batch, take);
      more = batch.more;
    }
  }

  /** @param {{cursor: string, messages: Message[]}} batch @param {(message: Message) => void} take */
  #take({ cursor, messages }, take) {
    this.#cursor = cursor;
    for (const message of messages) if (message.room === this.room) take(message);
  }

  /** Leave, also when the page is on its way out. */
  go() {
    fetch(`/bye?sid=${this.sid}`, { method: "POST", keepalive: true }).catch(() => {});
  }
}
