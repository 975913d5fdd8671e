// A line: one WebSocket to the hub's mirror, and all that a page is told of it: when it opened, what came, when it ended.

import { now } from "/page/hubclock.js";
import { bytesOf } from "./frame.js";

/** @typedef {{size: number, bytes: Uint8Array}} Shown   a frame: its size, and its first bytes */
/** @typedef {{text: string, up: Shown, down: Shown}} Mirrored */

/** Tells `changed` of everything; `mirrored` of what was said and came back, with the bytes of both frames. */
export class Line {
  #socket;
  #said = /** @type {string[]} */ ([]); // that have not come back
  #back = false; // the first of them has, and its bytes are told next

  /** @param {string} address @param {{changed(): void, mirrored?(frames: Mirrored): void}} ear */
  constructor(address, { changed, mirrored = () => {} }) {
    const began = now();
    this.opened = /** @type {number | null} */ (null); // ms after it began, as all times here
    this.heard = /** @type {number | null} */ (null); // the first time
    this.ended = /** @type {number | null} */ (null);
    this.code = /** @type {number | null} */ (null);
    this.refusal = ""; // why the hub ended it
    this.mirrored = mirrored;
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.onopen = () => {
      this.opened = now() - began;
      changed();
    };
    socket.onmessage = ({ data }) => {
      this.heard ??= now() - began;
      this.#hear(data);
      changed();
    };
    socket.onclose = ({ code }) => {
      this.ended = now() - began;
      this.code = code;
      changed();
    };
  }

  get open() {
    return this.#socket.readyState === 1;
  }

  /** @param {string} text */
  say(text) {
    this.#said.push(text);
    this.#socket.send(text);
  }

  close() {
    this.#socket.close();
  }

  /** @param {string} words */
  #hear(words) {
    if (this.#back) {
      const { up, down } = JSON.parse(words);
      this.#back = false;
      this.mirrored({ text: this.#said.shift() ?? "", up: shown(up), down: shown(down) });
    } else if (words === this.#said[0]) this.#back = true;
    else this.refusal = JSON.parse(words).error.message;
  }
}

/** @param {{size: number, start: string}} told @returns {Shown} */
function shown({ size, start }) {
  return { size, bytes: bytesOf(start) };
}
