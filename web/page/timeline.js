// The timeline: the diagram as it moves, with what one does with it: stop it, go back, open an exchange, take it along.

import { Diagram } from "./diagram.js";
import { find, make } from "./dom.js";
import { now } from "./hubclock.js";
import { knob, set } from "./knobs.js";
import { Pen } from "./pen.js";
import { label } from "./label.js";
import { learn, say } from "./words.js";

/** @import { Shown, Use, View } from "./diagram.js" */
/** @import { Side } from "./knobs.js" */
/** @import { Pointing } from "./pointing.js" */
/** @import { Table } from "./table.js" */
/** @import { Flight, Tape } from "./tape.js" */
/** @typedef {(name: string) => HTMLElement} Role */

const SPANS = [1, 3, 8, 20, 60]; // s in sight
const USUAL = 8;
const USUAL_TYPE = 16; // px of the page's type where nobody asked for a bigger one
const BACK = 120; // s one may go back
const BETWEEN = 20; // ms from a picture until the next is asked for
const AHEAD = 0.85; // of the span that is still to come, where it stands still
const COLOURS = ["ink", "soft", "edge", "paper", "poll", "longpoll", "sse", "ws"];
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

export class Timeline {
  shown = /** @type {Shown[]} */ ([]); // what can be pointed at
  #asked = 0; // the animation frame that was asked for
  #seen = false;
  #next = 0; // the timer of that: a frame asked for and not drawn costs one, too

  /**
   * @param {HTMLElement} figure @param {Tape} tape @param {() => Record<Side | "hub", string>} names
   * @param {() => Record<Side, string | null>} ids the clients' public names
   * @param {() => Record<Side, Use>} uses by what each of them reads
   */
  constructor(figure, tape, names, ids, uses) {
    const role = /** @type {Role} */ ((name) => find(figure, `[data-role=${name}]`));
    this.figure = figure;
    this.tape = tape;
    this.names = names;
    this.ids = ids;
    this.uses = uses;
    this.canvas = /** @type {HTMLCanvasElement} */ (role("wire"));
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.box = role("exchange");
    this.chosen = /** @type {Flight | null} */ (null);
    this.hand = /** @type {Pointing | null} */ (null); // once somebody points
    this.diagram = new Diagram();
    this.stopped = /** @type {number | null} */ (null); // the time at the bottom, where it does not move
    this.paging = false; // page after page
    this.hovered = /** @type {number | null} */ (null);
    this.latest = now(); // where "back" counts from
    this.width = 0;
    this.height = 0;
    this.colours = /** @type {Record<string, string>} */ ({});
    this.font = "";
    this.em = 1; // how much bigger than usual the type is
    this.pause = role("pause");
    this.still = role("still");
    this.back = /** @type {HTMLInputElement} */ (role("back"));
    this.span = /** @type {HTMLSelectElement} */ (role("span"));
    this.table = /** @type {Table | null} */ (null);
    const table = /** @type {HTMLDetailsElement} */ (role("table"));
    table.addEventListener("toggle", () => this.tabulate(table), { once: true });
    this.controls(role);
    // The focus comes before the first key: that key must not scroll the page, too.
    for (const type of ["pointermove", "pointerleave", "click", "focus", "keydown"]) {
      this.canvas.addEventListener(type, (event) => this.take(event));
    }
    this.canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    new ResizeObserver(() => this.fit()).observe(this.place);
    new IntersectionObserver(([entry]) => this.look(entry.isIntersecting)).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.fit());
    document.addEventListener("visibilitychange", () => this.draw());
    tape.addEventListener("change", () => this.paging && this.happened());
    STILL.addEventListener("change", () => STILL.matches && this.go());
    this.fit();
    this.follow();
    if (STILL.matches) this.go();
  }

  /** What the canvas fills. */
  get place() {
    return /** @type {HTMLElement} */ (this.canvas.parentElement);
  }

  get seconds() {
    return SPANS.includes(Number(knob("span"))) ? Number(knob("span")) : USUAL;
  }

  /** Be as the address says. */
  follow() {
    this.span.value = String(this.seconds);
    this.draw();
  }

  /** @param {Role} role */
  controls(role) {
    for (const span of SPANS) this.span.append(make("option", { value: span }, `${span} s`));
    this.span.addEventListener("change", () => {
      set({ span: Number(this.span.value) === USUAL ? null : this.span.value });
      this.draw();
    });
    this.pause.addEventListener("click", () => (this.goes ? this.stop(now()) : this.go()));
    this.back.max = String(BACK);
    this.back.addEventListener("input", () => this.stop(this.latest - Number(this.back.value) * 1000));
    role("svg").addEventListener("click", async () => (await import("./take.js")).takePicture(this));
    role("json").addEventListener("click", async () => (await import("./take.js")).takeTape(this.tape, this.ids()));
    this.told();
  }

  /**
   * Move with the time; where no motion is wanted, show the time to come, in which things appear where they belong, when
   * they happen: once it is full, the next such page is shown.
   */
  go() {
    this.stop(STILL.matches ? now() + AHEAD * this.seconds * 1000 : null);
    this.paging = STILL.matches;
    this.told();
  }

  /** Stand still with this time at the bottom; null: move with the time. @param {number | null} at */
  stop(at) {
    const latest = this.stopped === null || at === null ? now() : this.latest;
    this.latest = Math.max(latest, at ?? 0);
    this.stopped = at;
    this.paging = false;
    this.back.value = at === null ? "0" : String(Math.max(0, (this.latest - at) / 1000));
    this.told();
    this.draw();
  }

  /** Something is drawn where it belongs: on the next page, where this one is full. */
  happened() {
    if (this.hovered === null && now() > Number(this.stopped)) this.go();
    else this.draw();
  }

  /** Whether it goes on by itself. */
  get goes() {
    return this.stopped === null || this.paging;
  }

  told() {
    say(this.pause, this.goes ? "wire.pause" : "wire.go");
    this.pause.setAttribute("aria-pressed", String(!this.goes));
    this.still.hidden = !this.paging;
  }

  /** The table is made when it is wanted. @param {HTMLDetailsElement} details */
  async tabulate(details) {
    const [{ Table }, hand] = await Promise.all([import("./table.js"), this.pointing(), learn("/page/texts/exchange")]);
    this.table = new Table(details, this.tape, (flight) => hand.choose(flight));
  }

  translated() {
    this.draw();
    this.table?.show();
    if (this.chosen) this.hand?.tell();
  }

  // ---- pointing

  /** How one points at things and opens them is loaded when somebody does, and does then what they did. */
  async pointing() {
    const { Pointing } = await import("./pointing.js");
    return (this.hand ??= new Pointing(this, this.box));
  }

  /** @param {Event} event */
  async take(event) {
    (this.hand ?? (await this.pointing())).take(event);
  }

  /**
   * Scroll in time, once it stands still: a moving picture must not catch the page's own scrolling.
   * @param {WheelEvent} event
   */
  wheel(event) {
    if (this.stopped === null || this.paging) return;
    event.preventDefault();
    const at = this.stopped + (event.deltaY / this.height) * this.seconds * 1000;
    this.stop(Math.min(this.latest, Math.max(this.latest - BACK * 1000, at)));
  }

  // ---- drawing

  /** @param {boolean} seen */
  look(seen) {
    this.#seen = seen;
    this.draw();
  }

  /** Fit the canvas to its place and the colours to the day. */
  fit() {
    const { clientWidth, clientHeight } = this.place;
    const sharp = Math.min(2, devicePixelRatio || 1);
    this.width = clientWidth;
    this.height = clientHeight;
    Object.assign(this.canvas, { width: clientWidth * sharp, height: clientHeight * sharp });
    this.context.setTransform(sharp, 0, 0, sharp, 0, 0);
    const style = getComputedStyle(this.figure);
    this.colours = Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    this.colours.post = this.colours.ink;
    this.font = style.fontFamily;
    this.em = parseFloat(getComputedStyle(document.documentElement).fontSize) / USUAL_TYPE;
    this.draw();
  }

  get bottom() {
    return this.hovered ?? this.stopped ?? now();
  }

  draw() {
    if (this.#asked || !this.#seen || document.hidden) return;
    this.#asked = requestAnimationFrame(() => {
      this.#asked = 0;
      this.render();
      clearTimeout(this.#next);
      const still = this.bottom === this.stopped && (this.paging || this.stopped <= now());
      if (!still) this.#next = setTimeout(() => this.draw(), BETWEEN); // time goes on
    });
  }

  /** @returns {View} */
  view(names = this.names()) {
    const { width, height, chosen, bottom } = this;
    /** @param {Flight | string} flight @param {boolean} [wide] */
    const words = (flight, wide) => label(flight, this.tape.said, wide);
    const times = { to: bottom, span: this.seconds * 1000, now: now() };
    return { width, height, em: this.em, ...times, names, words, uses: this.uses(), chosen: chosen?.exchange };
  }

  render() {
    if (!this.width) return;
    const pen = new Pen();
    this.shown = this.diagram.draw(pen, this.tape, this.view());
    this.context.clearRect(0, 0, this.width, this.height);
    pen.onto(this.context, this.colours, this.font, this.em);
  }
}
