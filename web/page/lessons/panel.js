// Lessons: the list of them, and the one that is open. The address says which, and at which step.

import { LESSONS, WALKS } from "/lessons/list.js";
import { prose } from "/lessons/prose.js";
import { Lesson } from "/lessons/steps.js";
import { find, led, make, saying } from "../dom.js";
import { addressWith, knob, set } from "../knobs.js";
import { hush, language, say, translate } from "../words.js";

/** @import { Page } from "../panels.js" */
/** @typedef {Record<string, string | number | null>} Knobs */
/** The number of a lesson, or the name of a walk. @typedef {number | string} Place */

/** @param {Knobs} knobs */
const search = (knobs) => addressWith(knobs).search;

/** What the address names: a lesson by its number, or a walk by its name; null: none. @param {string | null} asked @returns {Place | null} */
function placeOf(asked) {
  if (asked !== null && Object.hasOwn(WALKS, asked)) return asked;
  const number = Number(asked);
  return LESSONS[number - 1] ? number : null;
}

class Lessons {
  #known = new Map(); // place → Lesson
  #turn = 0; // what was asked for last counts

  /** @param {HTMLElement} section @param {Page} page */
  constructor(section, page) {
    this.section = section;
    this.page = page;
    this.open = null;
    this.trouble = make("p", { "data-role": "lessons-trouble", role: "status" });
    this.place = make("div", { class: "lesson" });
    section.append(this.trouble, this.place);
  }

  /** Show what the address names: a lesson at its step, or the list. */
  async follow(look = true) {
    if (knob("panel") !== "lessons") return;
    const place = placeOf(knob("lesson"));
    const turn = (this.#turn += 1);
    try {
      if (place !== null) await this.show(place, turn, look);
      else await this.list(turn);
      hush(this.trouble);
    } catch (/** @type {any} */ error) {
      say(this.trouble, "lessons.silent", { why: error.message });
    }
  }

  /** @param {Place} place @param {number} turn @param {boolean} look */
  async show(place, turn, look) {
    const lesson = this.lesson(place);
    if (this.open === lesson && lesson.article) return lesson.show(Number(knob("step")));
    lesson.step = Number(knob("step"));
    const root = make("div");
    lesson.root = root;
    await lesson.open();
    if (turn !== this.#turn) return;
    if (this.open !== lesson) this.open?.close();
    this.open = lesson;
    const back = make("a", { href: search({ lesson: null, step: null }) });
    this.leads(back, { lesson: null, step: null });
    this.place.replaceChildren(make("p", { class: "up" }, say(back, "lessons.all")), root);
    this.number(find(root, "h2"), place);
    for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (root.querySelectorAll("a[data-walk]"))) {
      this.leads(link, { lesson: link.dataset.walk ?? null, step: 1 });
    }
    translate(this.place);
    if (look) lesson.look();
  }

  /** @param {Place} place */
  lesson(place) {
    const name = typeof place === "number" ? LESSONS[place - 1] : place;
    if (!this.#known.has(place)) this.#known.set(place, new Lesson(null, name, place, this.page, () => this.beyond(place)));
    return this.#known.get(place);
  }

  /**
   * From the lesson's first step to the one before it, from its last to the next; after the last one, to the list. From a
   * walk to the lesson it belongs to. @param {Place} place
   */
  beyond(place) {
    /** @param {number} other */
    const to = (other) => this.leads(saying("a", "lessons.other", { number: other }), { lesson: other, step: this.#known.get(other)?.step ?? 1 });
    const all = () => this.leads(saying("a", "lessons.all"), { lesson: null, step: null });
    if (typeof place === "string") return [to(LESSONS.indexOf(WALKS[place]) + 1), all()];
    return [place > 1 ? to(place - 1) : null, place < LESSONS.length ? to(place + 1) : all()];
  }

  /** @param {HTMLElement} heading @param {Place} place */
  number(heading, place) {
    if (typeof place === "number") say(heading, "lessons.title", { number: place, title: heading.textContent });
  }

  /** @param {number} turn */
  async list(turn) {
    const places = [...LESSONS.map((_, i) => i + 1), ...Object.keys(WALKS)];
    const articles = await Promise.all([...LESSONS, ...Object.keys(WALKS)].map((name) => prose(name, language())));
    if (turn !== this.#turn) return;
    this.open?.close();
    this.open = null;
    const items = articles.map((article, i) => this.item(article, places[i]));
    const walks = make("ul", { class: "all" }, ...items.splice(LESSONS.length));
    this.place.replaceChildren(saying("p", "lessons.lead"), make("ol", { class: "all" }, ...items), saying("p", "lessons.walks"), walks);
  }

  /** @param {HTMLElement} article @param {Place} place */
  item(article, place) {
    const step = this.#known.get(place)?.step ?? 1;
    const heading = find(article, "h2");
    this.number(heading, place);
    const link = make("a", { class: "main" });
    this.leads(link, { lesson: place, step });
    say(link, step > 1 ? "lessons.goon" : "lessons.begin", { step });
    return make("li", {}, heading, find(article, "[data-lead]"), make("p", {}, link));
  }

  /** @param {HTMLAnchorElement} link @param {Knobs} knobs */
  leads(link, knobs) {
    link.href = search(knobs);
    return led(link, () => {
      set(knobs);
      this.follow();
    });
  }

  /** Put away: nothing runs on, and the address speaks of it no more. */
  close() {
    this.open?.close();
    if (["lessons", "class"].includes(knob("panel") ?? "") || knob("lesson") === null) return; // a class comes to it
    history.replaceState(null, "", search({ lesson: null, step: null }) || location.pathname);
  }

  /** Opened again by hand: where it was. */
  resume() {
    if (this.open && knob("lesson") === null) {
      history.replaceState(null, "", search({ lesson: this.open.number, step: this.open.step }));
    }
    return this.follow();
  }

  /** In another language the prose is another. */
  translated() {
    const { open } = this;
    this.open = null;
    if (open) open.article = null;
    return this.follow(false); // who asked for it is elsewhere
  }
}

/** @param {HTMLElement} section where to be @param {Page} page */
export async function open(section, page) {
  const lessons = new Lessons(section, page);
  await lessons.follow();
  return {
    close: () => lessons.close(),
    resume: () => lessons.resume(),
    follow: () => lessons.follow(),
    translated: () => lessons.translated(),
  };
}
