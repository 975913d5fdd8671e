// The museum: four ways of before, each at work on the same log with the same cursor.

import { lasting } from "../waiting.js";
import { EXHIBITS } from "./exhibits.js";
import { Visit } from "./visit.js";

/** @import { Lively, Stage } from "../steps.js" */
/** @typedef {keyof typeof EXHIBITS} Kind */

const KINDS = /** @type {Kind[]} */ (Object.keys(EXHIBITS));
const SECONDS = { least: 2, most: 55, usual: 20 }; // in which the server speaks; `?seconds=` in the address
const AFTER = 2000; // ms after its last word

/** @param {Stage} stage @returns {Lively} */
export function lesson(stage) {
  const course = new Museum(stage);
  return {
    live: { place: (element) => course.put(element) },
    forms: {},
    acts: Object.fromEntries(KINDS.map((kind) => [kind, () => course.press(kind)])),
    close: () => course.stop(),
  };
}

class Museum {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.seconds = lasting(SECONDS);
    this.running = /** @type {AbortController | null} */ (null);
    this.kind = /** @type {Kind | null} */ (null);
    this.place = document.createElement("div"); // of what is at work: it moves on with the text
    stage.tell({ activex: "ActiveXObject" in globalThis });
  }

  /** @param {HTMLElement} element */
  put(element) {
    if (element.dataset.kind === this.kind && this.place.parentElement !== element) element.replaceChildren(this.place);
  }

  /** One exhibit is at work at a time. @param {Kind} kind */
  press(kind) {
    const again = this.running === null || this.kind !== kind;
    this.stop();
    if (again) this.follow(kind);
  }

  /** @param {Kind} kind */
  async follow(kind) {
    const mine = (this.running = new AbortController());
    const visit = new Visit();
    this.kind = kind;
    this.place = document.createElement("div");
    this.stage.tell({ [`${kind}.runs`]: true, [`${kind}.failed`]: false, [`${kind}.came`]: false, [`${kind}.over`]: false, [`${kind}.bytes`]: "" });
    this.stage.draw("place");
    /** @param {any} batch */
    const heard = (batch) => {
      visit.take(batch);
      if (this.running === mine) this.told(kind, visit);
    };
    let timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
    try {
      await visit.begin(this.seconds, mine.signal);
      timer = setTimeout(() => mine.abort(new Error("over")), this.seconds * 1000 + AFTER);
      /** @param {string} text */
      const shown = (text) => this.stage.tell({ [`${kind}.bytes`]: text, [`${kind}.came`]: true });
      if (kind === "replace") this.stage.tell({ "replace.came": true });
      await EXHIBITS[kind]({ place: this.place, visit, name: kind, heard, shown, signal: mine.signal });
    } catch (/** @type {any} */ error) {
      if (!mine.signal.aborted) this.stage.tell({ [`${kind}.failed`]: true, [`${kind}.fault`]: error.message });
    }
    clearTimeout(timer);
    visit.end();
    this.stage.tell({ [`${kind}.runs`]: false, [`${kind}.over`]: true });
    if (this.running === mine) this.running = null;
  }

  /** @param {Kind} kind @param {Visit} visit */
  told(kind, { heard, cursor, batches }) {
    this.stage.tell({ [`${kind}.came`]: heard.length > 0, [`${kind}.heard`]: heard.join(" "), [`${kind}.cursor`]: cursor, [`${kind}.batches`]: batches });
  }

  stop() {
    this.running?.abort(new Error("stopped"));
    this.running = null;
  }
}
