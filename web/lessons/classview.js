// The class's view of a lesson: how all have guessed, growing as guesses come, and what happened, drawn into it on a button.

import { find, led, make, mark, saying } from "/page/dom.js";
import { addressWith, TRANSPORTS } from "/page/knobs.js";
import { hush, say, translate } from "/page/words.js";
import { choices, figure } from "./guessed.js";
import { AGAIN, client, inClass, isKnownAnew, isLost } from "./guesses.js";
import { chosen, fieldsOf, guessers, LEFT, numbers, quantile, TICKED } from "./votes.js";

/** @import { Socket } from "/client/socket.js" */
/** @import { Facts } from "./prose.js" */
/** @import { Field } from "./votes.js" */
/** @typedef {{ways: Record<string, number>, values: Record<string, unknown>}} Told   by the hub */
/** @typedef {{root: HTMLElement, count: HTMLElement, fields: HTMLElement, ways: HTMLElement, truth: HTMLButtonElement, fill: HTMLButtonElement, wait: HTMLElement}} Place */

const GUESSES = "lab-guesses"; // the event by which the hub is asked, and by which it tells
const STEPS = ["predict", "see"]; // where it is shown

/** What a lesson does with its guess on the screen of a class. @param {{name: string, facts: Facts}} lesson */
export function gathering(lesson) {
  return new View(lesson);
}

class View {
  #form = /** @type {HTMLFormElement | null} */ (null);
  #places = /** @type {Place[]} */ ([]);
  #told = /** @type {Told} */ ({ ways: {}, values: {} });
  #drawn = false; // what happened
  #socket = /** @type {Socket | null} */ (null);
  #widths = new Map(); // place → px it was drawn for
  #sizes = new ResizeObserver((seen) => seen.some(({ target }) => this.#widths.get(target) !== target.clientWidth) && requestAnimationFrame(() => this.show()));

  /** @param {{name: string, facts: Facts}} lesson */
  constructor({ name, facts }) {
    this.name = name;
    this.facts = facts;
  }

  /** Stand before the form, and where its guesses are answered. @param {HTMLFormElement} form */
  async dress(form) {
    this.#form = form;
    this.#sizes.disconnect();
    const article = /** @type {HTMLElement} */ (form.closest("article"));
    this.#places = STEPS.map((step) => this.#place(find(article, `[data-step=${step}] h3`)));
    this.show();
    if (!(await inClass())) for (const { wait } of this.#places) say(wait, "lessons.class.closed");
    else this.#listen();
  }

  /** A guess of this screen's own is not the class's. */
  said() {}

  close() {
    this.#socket?.close();
    this.#socket = null;
  }

  // ---- hearing

  #listen() {
    if (this.#socket) return;
    const socket = client();
    this.#socket = socket;
    socket.on(GUESSES, (told, _reply, message) => message.room === `guesses ${this.name}` && this.#take(told));
    socket.onLife((event, detail) => isKnownAnew(event, detail) && this.#ask(socket));
  }

  /** @param {Socket} socket */
  #ask(socket) {
    if (this.#socket !== socket) return; // it was closed
    socket.emit(GUESSES, { lesson: this.name }, (_answer, error) => {
      if (isLost(error)) setTimeout(() => this.#ask(socket), AGAIN);
      else if (error) this.#refused(error);
    });
  }

  /** @param {any} told */
  #take(told) {
    const { ways, values } = told ?? {};
    this.#told = { ways: objectOf(ways), values: objectOf(values) };
    this.show();
  }

  /** @param {any} error */
  #refused(error) {
    for (const { wait } of this.#places) say(wait, "lessons.class.silent", { why: error.message ?? error.code });
  }

  // ---- showing

  /** @param {HTMLElement} heading */
  #place(heading) {
    const count = make("p", { class: "verdict", "data-role": "guesses-count" });
    const [fields, ways] = [make("div", { class: "fields" }), make("ul", { class: "ways", "data-text-label": "lessons.class.ways" })];
    const wait = make("p", { class: "small", role: "status" });
    const truth = saying("button", "lessons.class.truth", {}, { type: "button", "aria-pressed": "false", "data-role": "guesses-truth" });
    const fill = saying("button", "lessons.class.fill", {}, { type: "button", "data-role": "guesses-fill" });
    const way = led(saying("a", "lessons.class.in", {}, { href: addressWith({ panel: "class" }).search }), comeIn);
    const root = make("section", { class: "guesses", "data-text-label": "lessons.class.title" }, count, ways, fields, make("p", { class: "press" }, truth, fill, way), wait);
    truth.addEventListener("click", () => {
      this.#drawn = !this.#drawn;
      this.show();
    });
    fill.addEventListener("click", () => this.#fill());
    heading.after(root);
    translate(root);
    this.#sizes.observe(root);
    return { root, count, fields, ways, truth, fill, wait };
  }

  /** Everything as it is known now. */
  show() {
    const form = this.#form;
    if (!form) return;
    const fields = fieldsOf(form);
    const known = fields.some((field) => this.#truths(field) !== null);
    const { ways, values } = this.#told;
    const count = Math.max(0, ...fields.map((field) => guessers(field, values)));
    for (const place of this.#places) {
      say(place.count, count === 1 ? "lessons.class.one" : count ? "lessons.class.count" : "lessons.class.none", { count });
      this.#ways(place.ways, ways);
      if (place.root.clientWidth) this.#draw(place, fields);
      say(place.truth, this.#drawn ? "lessons.class.hide" : "lessons.class.truth").setAttribute("aria-pressed", String(this.#drawn));
      place.truth.disabled = !known;
      place.fill.hidden = !count || Boolean(form.querySelector("fieldset:disabled"));
      if (known) hush(place.wait);
      else if (!place.wait.dataset.text) say(place.wait, "lessons.class.wait");
    }
  }

  /** What happened in a field, as the lesson told it: all that is true of it; null: nothing is known yet. @param {Field} field */
  #truths({ name, choices: list, several }) {
    const names = several ? (list ?? []).map(({ value }) => value) : [name];
    const known = names.filter((one) => (this.facts[`truth.${one}`] ?? null) !== null);
    if (!known.length) return null;
    return several ? known.filter((one) => this.facts[`truth.${one}`]) : [this.facts[`truth.${name}`]].flat().map(String); // one, or as many as are right
  }

  /** @param {Place} place @param {Field[]} fields */
  #draw({ root, fields: list }, fields) {
    const { values } = this.#told;
    this.#widths.set(root, root.clientWidth);
    const parts = fields.map((field) => {
      const truths = this.#drawn ? this.#truths(field) : null;
      const part = make("div", { "data-field": field.name }, make("h4", {}, field.question));
      const draw = field.choices ? choices(chosen(field, values), truths) : figure(numbers(field, values), field.whole, truths);
      return { part, draw };
    });
    list.replaceChildren(...parts.map(({ part }) => part));
    for (const { part, draw } of parts) draw(part); // now that it has a width
  }

  /** Over which transports the guesses came. @param {HTMLElement} list @param {Record<string, unknown>} told */
  #ways(list, told) {
    const found = TRANSPORTS.filter((name) => Number.isSafeInteger(told[name]));
    list.replaceChildren(
      ...found.map((name) => make("li", { "data-transport": name }, mark(name), saying("span", `called.${name}`), " ", make("b", {}, String(told[name])))),
    );
    list.hidden = !found.length;
  }

  /** Guess as the class did: the middle of its numbers, what most of it chose, and what more than half of it ticked. */
  #fill() {
    const [form, { values }] = [this.#form, this.#told];
    for (const field of form ? fieldsOf(form) : []) {
      const [list, votes] = [chosen(field, values), field.choices ? [] : numbers(field, values)];
      const most = Math.max(1, ...list.map(({ count }) => count));
      const best = list.find(({ count }) => count === most);
      if (field.several) for (const { value, count } of list) fillIn(form, value, 2 * count > guessers(field, values) ? TICKED : LEFT);
      else if (votes.length) fillIn(form, field.name, String(quantile(votes, 0.5)));
      else if (best) fillIn(form, field.name, best.value);
    }
  }
}

/** What was told, where it can be what it should. @param {any} told @returns {Record<string, any>} */
function objectOf(told) {
  return told && typeof told === "object" ? told : {};
}

/** @param {HTMLFormElement | null} form @param {string} name @param {string} value */
function fillIn(form, name, value) {
  for (const field of form?.elements ?? []) {
    const input = /** @type {HTMLInputElement} */ (field);
    if (input.name !== name || (input.type === "radio" && input.value !== value)) continue;
    if (input.type === "radio") input.checked = true;
    else if (input.type === "checkbox") input.checked = value === TICKED;
    else input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** Show the address and the code by which a class comes in. */
function comeIn() {
  const panel = /** @type {HTMLDetailsElement} */ (document.querySelector("details[data-panel=class]"));
  panel.open = true;
  panel.scrollIntoView();
}
