// @ts-check
// The sid: the secret this client goes by, from its birth until the hub forgets it. Never stored, never shown.
import { newSid } from "./codec.js";
import { notBeyond } from "./reading.js";
/** @import {Gap} from "./types.js" */

export class Sid {
  value = newSid();
  forgotten = false; // by the hub: nothing goes up under it any more
  greeted = false; // /hello is asked who it is
  #bornAt;
  #lossTold;

  /** @param {string|null} bornAt the cursor it was made at; null: as a newcomer @param {boolean} lossTold whether the application knows of the loss for which it was made */
  constructor(bornAt = null, lossTold = false) {
    this.#bornAt = bornAt;
    this.#lossTold = lossTold;
  }

  /**
   * What a gap says: `tell` the application that; `lost`: the hub's log or its memory of this client is another; and
   * `news`: so this sid is forgotten. A sid made after the cursor it reads from is `away` there, as expected.
   * @param {Gap|null} gap @param {string|null} asked @returns {{tell: Gap|null, lost: boolean, news: boolean}}
   */
  hears(gap, asked) {
    const expected = gap?.reason === "away" && notBeyond(asked, this.#bornAt);
    const lost = gap?.reason === "epoch" || gap?.reason === "away";
    if (!expected) return { tell: gap, lost, news: lost };
    if (!this.#lossTold) {
      this.#lossTold = true;
      return { tell: gap, lost, news: false };
    }
    const beside = gap?.trimmed ? { reason: "trimmed", missed: gap.trimmed } : null; // a loss beside the one it knows
    return { tell: beside, lost, news: false };
  }
}
