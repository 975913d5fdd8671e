// The guess: which transport hears a message first. It is made before a race, and stays while one runs.

import { make, saying } from "../dom.js";
import { LANES } from "./lane.js";

/** @import { Transport } from "/client/socket.js" */

export class Guess {
  constructor() {
    this.root = make("fieldset", { class: "guess", "data-role": "race-guess" }, saying("legend", "race.guess"));
    for (const transport of LANES) {
      const choice = make("input", { type: "radio", name: "race-guess", value: transport, autocomplete: "off" });
      this.root.append(make("label", {}, choice, saying("span", transport)));
    }
  }

  /** null: none was made. */
  get name() {
    const chosen = /** @type {HTMLInputElement | null} */ (this.root.querySelector("input:checked"));
    return /** @type {Transport | null} */ (chosen?.value ?? null);
  }

  /** @param {boolean} runs */
  show(runs) {
    this.root.disabled = runs;
  }
}
