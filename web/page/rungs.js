// Rungs: the ladder drawn, with what becomes of each transport and why, what was measured, and what one may do.

import { dress, find, make, mark, saying } from "./dom.js";
import { phrase } from "./phrases.js";
import { span } from "/client/sentences.js";
import { TRANSPORTS } from "./knobs.js";
import { clock } from "./time.js";
import { hush, say } from "./words.js";

/** @import { Socket } from "/client/socket.js" */
/** @import { Parts } from "./seat.js" */
/** @typedef {Socket["rungs"][number]} Rung */

dress("/page/rungs.css");

const ACTS = /** @type {const} */ (["cut", "retry", "forget"]);

export class Rungs {
  /** @param {Parts} parts @param {Socket} socket */
  constructor(parts, socket) {
    this.socket = socket;
    this.list = make("ol", { "data-role": "rungs" });
    this.first = make("dd", { "data-role": "first" });
    this.silence = make("dd", { "data-role": "silence" });
    this.repeats = make("dd", { "data-role": "repeats" });
    const acts = ACTS.map((act) => {
      const button = saying("button", `act.${act}`, {}, { type: "button", "data-role": act });
      button.addEventListener("click", () => socket[act]());
      return button;
    });
    /** @param {"first" | "silence" | "repeats"} name */
    const measured = (name) => make("div", {}, saying("dt", `fact.${name}`), this[name]);
    const facts = make("dl", { class: "measured" }, measured("first"), measured("silence"), measured("repeats"));
    find(parts["decision-panel"], "summary").after(this.list, make("p", { class: "acts" }, ...acts), facts);
    this.show();
  }

  show() {
    const known = new Map(this.socket.rungs.map((rung) => [rung.name, rung]));
    const ladder = TRANSPORTS.toReversed(); // best on top
    this.list.replaceChildren(...ladder.map((name) => row(name, known.get(name))));
    this.facts();
  }

  facts() {
    const { first, silence, longest, repeats } = this.socket.facts;
    fact(this.first, first === null ? null : span(first));
    fact(this.silence, silence === null ? null : `${span(silence)} · ${span(longest)}`);
    this.repeats.textContent = String(repeats);
  }
}

/** @param {HTMLElement} element @param {string | null} words */
function fact(element, words) {
  if (words === null) return say(element, "fact.none");
  hush(element);
  element.textContent = words;
}

/** @param {string} name @param {Rung | undefined} rung */
function row(name, rung) {
  const state = rung?.state ?? "absent";
  const item = make("li", { "data-rung": name, "data-transport": name, "data-state": state }, mark(name));
  const words = make("p", {}, saying("b", name), " ", saying("span", `rung.${state}`, values(rung)));
  if (rung?.fails && state !== "resting") words.append("; ", saying("span", "rung.fails", values(rung)));
  if (rung?.beat) words.append("; ", saying("span", "rung.beat", { beat: rung.beat }));
  if (rung?.works && ["ready", "trying"].includes(state)) words.append("; ", saying("span", "rung.works"));
  item.append(words);
  return item;
}

/** @param {Rung | undefined} rung */
function values(rung) {
  if (!rung) return {};
  const why = rung.evidence ? phrase(rung.evidence) : "?";
  return { when: rung.until ? clock(rung.until) : "?", count: rung.fails, why };
}
