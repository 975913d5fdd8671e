// Panels: what is opened when wanted, each with its own address, and loaded no sooner.

import { dress, find } from "./dom.js";
import { knob, set } from "./knobs.js";
import { learn, translate } from "./words.js";

/** @import { Seat } from "./seat.js" */
/** @typedef {{seats: Seat[]}} Page */
/** @typedef {Partial<Record<"close" | "resume" | "follow" | "translated", () => unknown>>} Panel */

/**
 * A panel lives in `/page/NAME/`: `panel.js` with `open(section, page)`, texts `en.js` and `zh.js`, `panel.css`.
 * What `open` returns may have `close()` (put away), `resume()` (opened again), `follow()` (the address changed),
 * `translated()` (another language). One is open at a time.
 */
export class Panels {
  #panels = new Map(); // name -> what open() returned, or the promise of it

  /** @param {Iterable<HTMLDetailsElement>} list @param {Page} page */
  constructor(list, page) {
    this.list = [...list];
    this.page = page;
    for (const details of this.list) details.addEventListener("toggle", () => this.toggled(details));
    this.follow();
  }

  /** Open the one the address names. */
  follow() {
    const wanted = knob("panel");
    for (const details of this.list) {
      const opens = details.dataset.panel === wanted && !details.open;
      details.open = details.dataset.panel === wanted;
      if (opens) details.scrollIntoView();
    }
    this.each("follow");
  }

  translated() {
    this.each("translated");
  }

  /** @param {"follow" | "translated"} method */
  async each(method) {
    for (const panel of this.#panels.values()) (await panel)?.[method]?.();
  }

  /** @param {HTMLDetailsElement} details */
  async toggled(details) {
    const name = details.dataset.panel ?? "";
    if (details.open) {
      set({ panel: name });
      const known = this.#panels.get(name);
      if (known) (await known)?.resume?.();
      else this.#panels.set(name, this.load(name, find(details, "section")));
    } else {
      if (knob("panel") === name && !this.list.some(({ open }) => open)) set({ panel: null });
      (await this.#panels.get(name))?.close?.();
    }
  }

  /** @param {string} name @param {HTMLElement} section */
  async load(name, section) {
    dress(`/page/${name}/panel.css`);
    const [{ open }] = await Promise.all([import(`./${name}/panel.js`), learn(`/page/${name}`)]);
    const panel = await open(section, this.page);
    translate(section);
    return panel;
  }
}
