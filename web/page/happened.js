// Happened: what befell a client and what it decided, as two lists, once somebody wants to see them.

import { saying } from "./dom.js";
import { Lines, lived } from "./life.js";
import { phrase } from "./phrases.js";
import { learn } from "./words.js";

/** @import { Decision } from "/client/socket.js" */
/** @import { Parts } from "./seat.js" */
/** @typedef {{at: number, event: string, detail: any}} Befallen   a life-cycle event; `at`: ms since 1970 */

await Promise.all([learn("/page/texts/said"), learn("/page/texts/life")]);

export class Happened {
  /** @param {Parts} parts @param {Befallen[]} befallen so far @param {readonly Decision[]} decisions so far */
  constructor(parts, befallen, decisions) {
    this.life = new Lines(parts.life);
    this.decisions = new Lines(parts.decisions);
    for (const one of befallen) this.lived(one);
    for (const one of decisions) this.decided(one);
  }

  /** @param {Befallen} befallen */
  lived({ at, event, detail }) {
    this.life.add(lived(event, detail), at, { "data-event": event });
  }

  /** @param {Decision} decision */
  decided({ at, text, parts }) {
    this.decisions.add(saying("span", "said", { parts: phrase(parts) }, { title: text }), at);
  }
}
