// The lane: what went between hub and browser in a trial, from left to right.

import { text } from "/page/words.js";
import { dot, line, put, rem, shape, words } from "./sketch.js";

/** @import { Question } from "./trial.js" */
/**
 * What is drawn: times in ms of this page's clock, null for what has not happened. `spans`: when an answer was open.
 * @typedef {{said: number, came: number | null}} News
 * @typedef {{from: number, to: number | null}} Span
 * @typedef {{transport: string, began: number | null, length: number, at: number, questions: Question[], news: News[], spans?: Span[]}} Drawn
 */

/**
 * Draw a trial into `element`, as far as it has come; null: only the two lines. `seconds`: how long it is.
 * @param {HTMLElement} element @param {Drawn | null} trial @param {number} seconds
 */
export function lane(element, trial, seconds) {
  new Picture(element, trial, seconds).draw();
}

class Picture {
  /** @param {HTMLElement} element @param {Drawn | null} trial @param {number} seconds */
  constructor(element, trial, seconds) {
    const em = rem();
    this.element = element;
    this.trial = trial;
    this.seconds = seconds;
    this.em = em;
    this.shapes = /** @type {SVGElement[]} */ ([]);
    this.left = 4.25 * em;
    this.right = element.clientWidth - 0.5 * em;
    this.hub = 2 * em;
    this.browser = 4.25 * em;
  }

  /**
   * Where on the page a time (ms of its clock) stands: never before the beginning, never after now.
   * @param {number | null} time
   */
  x(time) {
    const { trial, left, right, seconds } = this;
    const at = trial?.began ? Math.min(trial.at, Math.max(0, (time ?? Infinity) - trial.began)) : 0;
    return left + ((right - left) * at) / (seconds * 1000);
  }

  /** @param {...SVGElement} shapes */
  add(...shapes) {
    this.shapes.push(...shapes);
  }

  draw() {
    this.frame();
    if (this.trial?.began) {
      const { transport, questions, spans = [] } = this.trial;
      for (const { from, to } of spans) this.pipe(this.x(from), this.x(to));
      if (transport === "ws") this.pipe(this.left, this.x(null));
      else for (const question of questions) this.question(question);
      this.news();
    }
    put(this.element, 6.25 * this.em, this.shapes);
  }

  frame() {
    const { left, right, hub, browser, em, seconds } = this;
    for (const { y, name } of [{ y: hub, name: "lessons.hub" }, { y: browser, name: "lessons.browser" }]) {
      this.add(line(left, y, right, y, "rail"), words(left - 0.625 * em, y + 0.3 * em, text(name), "word", "end"));
    }
    const step = seconds > 5 ? 5 : 1;
    for (let second = 0; second <= seconds; second += 1) {
      const x = left + ((right - left) * second) / seconds;
      this.add(line(x, browser + 0.5 * em, x, browser + 0.75 * em, "rail"));
      if (second % step === 0) this.add(words(x, browser + 1.75 * em, `${second} s`, "word", second < seconds ? "middle" : "end"));
    }
  }

  /**
   * A question goes up, waits perhaps, and its answer comes down: a ring where it is empty.
   * @param {Question} question
   */
  question({ asked, answered, messages }) {
    const { hub, browser, em } = this;
    const [from, to] = [this.x(asked), this.x(answered)];
    this.add(line(from, browser, from, hub, "asks"));
    if (this.trial?.transport === "longpoll") this.add(line(from + 2, hub, Math.max(from + 2, to - 2), hub, "held"));
    if (answered === null || !this.trial?.began || answered > this.trial.began + this.trial.length) return;
    if (to > from + 1) this.add(line(to, hub, to, browser, "asks"));
    this.add(dot(to, browser, 0.3 * em, messages ? "full" : "empty"));
  }

  /** A line, or an answer, that is open. @param {number} from @param {number} to */
  pipe(from, to) {
    const middle = (this.hub + this.browser) / 2;
    for (const y of [middle - 2.5, middle + 2.5]) this.add(line(from, y, to, y, "asks"));
  }

  /** What the hub knew, and how long it could not tell. */
  news() {
    let free = 0; // where there is room for words
    for (const { said, came } of this.trial?.news ?? []) {
      const { hub, browser, em } = this;
      const [from, to] = [this.x(said), this.x(came)];
      const size = 0.3 * em;
      if (came !== null) this.add(line(to, hub, to, browser, "brings"), dot(to, browser, size, "full"));
      if (to > from + 1) this.add(line(from, hub, to, hub, "waits"));
      this.add(shape("path", { d: `M${from} ${hub - size}l${size} ${size}l${-size} ${size}l${-size} ${-size}z`, class: "news" }));
      const begins = Math.min(from - size, this.right - 4 * em);
      if (begins < free || came === null) continue;
      this.add(words(begins, hub - 0.75 * em, text("lessons.age", { ms: Math.max(0, Math.round(came - said)) }), "word strong"));
      free = begins + 4.25 * em;
    }
  }
}

/** What the signs of a lane look like, for its key. @param {HTMLElement} element */
export function sign(element) {
  const em = rem();
  const [middle, y] = [element.clientWidth / 2, em / 2];
  const all = {
    empty: [dot(middle, y, 0.3 * em, "empty")],
    full: [dot(middle, y, 0.3 * em, "full")],
    waits: [line(middle - em, y, middle + em, y, "waits"), shape("path", { d: `M${middle - em} ${y - 5}l5 5l-5 5l-5 -5z`, class: "news" })],
    held: [line(middle - em, y, middle + em, y, "held")],
    open: [line(middle - em, y - 2.5, middle + em, y - 2.5, "asks"), line(middle - em, y + 2.5, middle + em, y + 2.5, "asks")],
  };
  put(element, em, all[/** @type {keyof typeof all} */ (element.dataset.sign)]);
}
