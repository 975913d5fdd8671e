// The steps: what all lessons share. One step is shown at a time, and the address says which.

import { find, led, make, mark, saying } from "/page/dom.js";
import { addressWith, knob, set } from "/page/knobs.js";
import { language } from "/page/words.js";
import { quote, show as showLines } from "./code.js";
import { fill, prose } from "./prose.js";
import { guessOf } from "./votes.js";

/** @import { Facts } from "./prose.js" */
/** @import { Page } from "/page/panels.js" */
/**
 * @typedef {{facts: Facts, page: Page, tell: (facts: Facts) => void, draw: (name: string) => void, go: (kind: string) => void}} Stage
 * @typedef {{live: Record<string, (element: HTMLElement) => void>, forms: Record<string, (values: any) => void>,
 *   typed?: Record<string, (values: any) => void>, acts: Record<string, () => void>, close?: () => void}} Lively   what lives in a lesson
 * @typedef {{dress: (form: HTMLFormElement) => void, said: (values: Record<string, string>) => void, show: () => void, close: () => void}} Gathered
 */

const GUESS = "guess"; // the form in which one guesses

/**
 * A lesson: prose in two languages, and `lesson.js`, whose `lesson(stage)` gives what lives in it:
 *   live   name → draw(element): fills the element with that `data-live`, again whenever it changes or has a new size
 *   forms  name → taken(values): what a `<form data-form>` was filled with
 *   typed  name → typed(values): what stands in that form, at each change
 *   acts   name → done(): what a `<button data-do>` does
 *   close  (): the lesson is put away
 * A fact `truth.NAME` is what happened of what was guessed in the field NAME: it is drawn into the guesses of a class.
 * `stage` is what it may use: `facts`, `tell(facts)`, `draw(name)`, `go(kind)` and `page`.
 */
export class Lesson {
  #parts = /** @type {Lively | null} */ (null);
  #sizes = new ResizeObserver((seen) => seen.forEach(({ target }) => this.#draw(/** @type {HTMLElement} */ (target))));
  #filled = /** @type {Record<string, Record<string, string>>} */ ({}); // form → what stands in its fields
  #gathering = /** @type {Promise<Gathered> | null} */ (null); // the guesses of a class

  /** `number`: of a lesson; of a walk its name. @param {HTMLElement | null} root @param {string} name @param {number | string} number @param {Page} page @param {() => (HTMLAnchorElement | null)[]} beyond the links to what is before and after it */
  constructor(root, name, number, page, beyond) {
    this.root = root;
    this.name = name;
    this.number = number;
    this.page = page;
    this.beyond = beyond;
    this.facts = /** @type {Facts} */ ({});
    this.step = 1;
    this.article = /** @type {HTMLElement | null} */ (null); // until it is open
    this.steps = /** @type {HTMLElement[]} */ ([]);
    this.links = /** @type {HTMLAnchorElement[]} */ ([]);
    this.ends = /** @type {HTMLAnchorElement[]} */ ([]);
    this.out = /** @type {(HTMLAnchorElement | null)[]} */ ([]); // of the lesson, at its two ends
  }

  /** Put the prose up, in the language the page speaks now. */
  async open() {
    const [article, { lesson }] = await Promise.all([prose(this.name, language()), import(`./${this.name}/lesson.js`)]);
    this.#parts ??= lesson({
      facts: this.facts,
      page: this.page,
      /** @param {Facts} facts */
      tell: (facts) => this.tell(facts),
      /** @param {string} name */
      draw: (name) => this.#each(`[data-live="${name}"]`, (element) => this.#draw(element)),
      /** @param {string} kind */
      go: (kind) => this.go(this.#numberOf(kind)),
    });
    this.article = article;
    this.steps = [.../** @type {NodeListOf<HTMLElement>} */ (article.querySelectorAll("[data-step]"))];
    this.#dress(article);
    this.root?.replaceChildren(article);
    this.tell({});
    this.show(this.step);
  }

  close() {
    this.#parts?.close?.();
    this.#gathering?.then((gathered) => gathered.close(), () => {});
  }

  /** Something is known now: the prose says so. @param {Facts} facts */
  tell(facts) {
    Object.assign(this.facts, facts);
    if (this.article) fill(this.article, this.facts);
    if (Object.keys(facts).some((name) => name.startsWith("truth."))) this.#gathering?.then((gathered) => gathered.show(), () => {});
  }

  // ---- steps

  /** Show a step, and nothing else of the lesson. A number there is none of: the nearest. @param {number} number */
  show(number) {
    this.step = Math.min(this.steps.length, Math.max(1, Math.round(number) || 1));
    if (this.article) this.article.dataset.at = String(this.step);
    this.steps.forEach((section, i) => (section.hidden = i + 1 !== this.step));
    for (const [i, link] of this.links.entries()) {
      if (i + 1 === this.step) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    }
    for (const [i, link] of this.ends.entries()) {
      const out = this.out[i];
      link.hidden = this.step === (i ? this.steps.length : 1);
      link.href = this.#href(this.step + (i ? 1 : -1));
      if (out) out.hidden = !link.hidden;
    }
  }

  /** Go to a step, as a reader does: the address follows, the eye and the keyboard too. @param {number} number */
  go(number) {
    set({ lesson: this.number, step: number });
    this.show(number);
    this.look();
  }

  /** Bring the step into view, and let the keyboard go on from its heading. */
  look() {
    const heading = find(this.steps[this.step - 1], "h3");
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    const top = this.article?.getBoundingClientRect().top ?? 0;
    if (top < 0 || top > innerHeight / 3) this.article?.scrollIntoView({ block: "start" });
  }

  /** @param {string} kind */
  #numberOf(kind) {
    return this.steps.findIndex((section) => section.dataset.step === kind) + 1;
  }

  /** @param {number} number */
  #href(number) {
    return addressWith({ panel: "lessons", lesson: this.number, step: number }).search;
  }

  // ---- what the prose asks for

  /** @param {HTMLElement} article */
  #dress(article) {
    this.#sizes.disconnect();
    article.classList.toggle("walk", typeof this.number === "string");
    this.links = this.steps.map((section, i) => this.#link(i + 1, make("b", {}, String(i + 1)), this.#label(section)));
    const nav = make("nav", { "data-text-label": "lessons.steps" }, make("ol", {}, ...this.links.map((link) => make("li", {}, link))));
    find(article, "[data-step]").before(nav);
    this.ends = ["lessons.before", "lessons.after"].map((key, i) => this.#link(() => this.step + (i ? 1 : -1), saying("span", key)));
    this.out = this.beyond();
    const [before, after] = this.out.map((link) => (link ? [link] : []));
    article.append(make("p", { class: "ends" }, ...before, ...this.ends, ...after));
    this.#each("[data-way]", (place) => place.prepend(mark(place.dataset.way)));
    this.#each("[data-go]", (link) => this.#leads(link, () => this.#numberOf(link.dataset.go)));
    this.#each("[data-do]", (button) => button.addEventListener("click", () => this.#parts?.acts[button.dataset.do]()));
    this.#each("[data-form]", (form) => this.#form(form));
    this.#each("pre[data-source]", quote);
    this.#each("pre[data-quotes]", (box) => showLines(box, box.textContent.trimEnd().split("\n"), box.dataset.mark));
    this.#each("[data-live]", (element) => this.#sizes.observe(element)); // which draws it, too
  }

  /** A step of a lesson is of a kind; one of a walk has the name that its heading says. @param {HTMLElement} section */
  #label(section) {
    if (typeof this.number === "number") return saying("span", `lessons.${section.dataset.step}`);
    return make("span", {}, find(section, "h3").textContent ?? "");
  }

  /** @param {string} selector @param {(element: any) => void} use */
  #each(selector, use) {
    this.article?.querySelectorAll(selector).forEach((element) => use(element));
  }

  /** @param {number | (() => number)} number @param {...HTMLElement} words */
  #link(number, ...words) {
    return this.#leads(make("a", {}, ...words), typeof number === "function" ? number : () => number);
  }

  /** @param {HTMLAnchorElement} link @param {() => number} number */
  #leads(link, number) {
    link.href = this.#href(number());
    return led(link, () => this.go(number()));
  }

  /** @param {HTMLFormElement} form */
  #form(form) {
    const name = form.dataset.form ?? "";
    const kept = (this.#filled[name] ??= {});
    for (const field of form.elements) {
      if (!isWritten(field) || !field.name) continue;
      if (field instanceof HTMLTextAreaElement) field.value = kept[field.name] ??= field.defaultValue;
      else if (field.type === "radio") field.checked = kept[field.name] === field.value;
      else if (field.type === "checkbox") field.checked = kept[field.name] === "on";
      else field.value = kept[field.name] ?? "";
      if (field.dataset.most && field instanceof HTMLInputElement) field.max = this.facts[field.dataset.most];
    }
    form.addEventListener("input", ({ target }) => {
      if (!isWritten(target)) return;
      const empty = target instanceof HTMLInputElement && target.type === "checkbox" && !target.checked;
      kept[target.name] = empty ? "" : target.value;
      this.#parts?.typed?.[name]?.(kept);
    });
    form.addEventListener("reset", () => Object.keys(kept).forEach((field) => delete kept[field]));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const values = name === GUESS ? guessOf(form) : null; // before anything in it is fixed
      this.#parts?.forms[name](kept);
      if (values) this.#gather((gathered) => gathered.said(values));
    });
    if (name === GUESS) this.#gather((gathered) => gathered.dress(form));
  }

  /**
   * In a class a guess goes to all of it: to the screen of whoever opens the lesson with `?view=class`.
   * @param {(gathered: Gathered) => void} use
   */
  #gather(use) {
    const { name, facts } = this;
    this.#gathering ??= import(knob("view") === "class" ? "./classview.js" : "./guesses.js").then(({ gathering }) => gathering({ name, facts }));
    this.#gathering.then(use, () => (this.#gathering = null)); // it could not be loaded: tried again with the next guess
  }

  /** @param {HTMLElement} element */
  #draw(element) {
    if (element.clientWidth) this.#parts?.live[element.dataset.live ?? ""](element);
  }
}

/** A field that is filled in. @param {unknown} field @returns {field is HTMLInputElement | HTMLTextAreaElement} */
function isWritten(field) {
  return field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement;
}
