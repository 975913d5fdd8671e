// The networks: the same line through three of them, each under a letter, and what a browser is told of it.
// One after the other: a browser opens one WebSocket to a place at a time (RFC 6455, section 4.1), so one that hangs holds up all.

import { newSid } from "/client/codec.js";
import { linkName } from "/page/network.js";
import { lead } from "../asking.js";
import { Line } from "./line.js";

/** @typedef {"refused" | "unanswered" | "open"} Place   where it ends: at its answer, for want of one, or after it */
/** @typedef {"A" | "B" | "C"} Letter */

export const LETTERS = /** @type {Letter[]} */ (["A", "B", "C"]);
export const PATIENCE = 4000; // ms a line is given to open
const KINDS = /** @type {{setting: string, place: Place}[]} */ ([
  { setting: "no-upgrade", place: "refused" },
  { setting: "hang", place: "unanswered" },
  { setting: "kill:600", place: "open" },
]);

/** A line through one network: `over` when it has ended, was given up or put away. */
export class Crossing {
  over = false;
  gaveUp = false;
  line = /** @type {Line | null} */ (null);
  sid = newSid();
  #timer = 0;
  #ended = () => {};

  /** @param {Letter} letter @param {{setting: string, place: Place}} kind @param {() => void} changed */
  constructor(letter, { setting, place }, changed) {
    this.letter = letter;
    this.setting = setting;
    this.place = place;
    this.changed = changed;
  }

  get name() {
    return this.setting.split(":")[0];
  }

  /** Resolves when it is over. Throws where the lab does not take the network. */
  async run() {
    const link = `/via/~${linkName()}`;
    await lead(link, this.setting);
    if (this.over) return;
    const ended = new Promise((resolve) => (this.#ended = () => resolve(null)));
    let greeted = false;
    const changed = () => {
      if (line.opened !== null && !greeted) {
        greeted = true;
        clearTimeout(this.#timer);
        line.say("hello");
      }
      if (line.ended !== null) this.end();
      this.changed();
    };
    const line = new Line(`${link}/lab/mirror?sid=${this.sid}`, { changed });
    this.line = line;
    this.#timer = setTimeout(() => {
      this.gaveUp = true;
      this.end();
      this.changed();
    }, PATIENCE);
    await ended;
  }

  end() {
    clearTimeout(this.#timer);
    this.over = true;
    this.line?.close();
    this.#ended();
  }
}

/** Which network is behind which letter: another each time. @param {() => void} changed */
export function crossings(changed) {
  const kinds = KINDS.map((kind) => ({ kind, luck: Math.random() })).sort((one, other) => one.luck - other.luck);
  return kinds.map(({ kind }, i) => new Crossing(LETTERS[i], kind, changed));
}
