// The timeline: the diagram as it moves, with what one does with it: stop it, go back, open an exchange, take it along.

import { Diagram } from "./diagram.js";
import { find, make } from "./dom.js";
import { now } from "./hubclock.js";
import { knob, set } from "./knobs.js";
import { Pen } from "./pen.js";
import { learn, say, text } from "./words.js";

/** @import { Shown, View } from "./diagram.js" */
/** @import { Side } from "./knobs.js" */
/** @import { Table } from "./table.js" */
/** @import { Flight, Tape } from "./tape.js" */
/** @typedef {(name: string) => HTMLElement} Role */

const SPANS = [1, 3, 8, 20, 60]; // s in sight
const USUAL = 8;
const BACK = 120; // s one may go back
const MANY = 150; // lines in sight beyond which every second frame is enough
const AHEAD = 0.85; // of the span that is still to come, where it stands still
const NEAR = 9; // px from a line that still point at it
const EXCHANGE = "/page/texts/exchange"; // the texts of what is opened
const COLOURS = ["ink", "soft", "edge", "paper", "poll", "longpoll", "sse", "ws"];
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

export class Timeline {
  #shown = /** @type {Shown[]} */ ([]); // what can be pointed at
  #asked = 0; // the animation frame that was asked for
  #seen = false;
  #odd = false;

  /**
   * @param {HTMLElement} figure @param {Tape} tape @param {() => Record<Side | "hub", string>} names
   * @param {() => Record<Side, string | null>} ids the clients' public names
   */
  constructor(figure, tape, names, ids) {
    const role = /** @type {Role} */ ((name) => find(figure, `[data-role=${name}]`));
    this.figure = figure;
    this.tape = tape;
    this.names = names;
    this.ids = ids;
    this.canvas = /** @type {HTMLCanvasElement} */ (role("wire"));
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.box = role("exchange");
    this.chosen = /** @type {Flight | null} */ (null);
    this.opened = /** @type {typeof import("./exchange.js").opened | null} */ (null);
    this.diagram = new Diagram();
    this.stopped = /** @type {number | null} */ (null); // the time at the bottom, where it does not move
    this.hovered = /** @type {number | null} */ (null);
    this.latest = now(); // where "back" counts from
    this.width = 0;
    this.height = 0;
    this.colours = /** @type {Record<string, string>} */ ({});
    this.font = "";
    this.pause = role("pause");
    this.back = /** @type {HTMLInputElement} */ (role("back"));
    this.span = /** @type {HTMLSelectElement} */ (role("span"));
    this.table = /** @type {Table | null} */ (null);
    const table = /** @type {HTMLDetailsElement} */ (role("table"));
    table.addEventListener("toggle", () => this.tabulate(table), { once: true });
    this.controls(role);
    this.pointing();
    new ResizeObserver(() => this.fit()).observe(this.place);
    new IntersectionObserver(([entry]) => this.look(entry.isIntersecting)).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.fit());
    document.addEventListener("visibilitychange", () => this.draw());
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
    this.pause.addEventListener("click", () => (this.stopped === null ? this.stop(now()) : this.go()));
    this.back.max = String(BACK);
    this.back.addEventListener("input", () => this.stop(this.latest - Number(this.back.value) * 1000));
    role("svg").addEventListener("click", async () => save("wire.svg", "image/svg+xml", await this.svg()));
    role("json").addEventListener("click", () => save("wire.json", "application/json", this.json()));
    this.told();
  }

  /** Move with the time; where no motion is wanted, show the time to come, in which things appear where they belong. */
  go() {
    this.stop(STILL.matches ? now() + AHEAD * this.seconds * 1000 : null);
  }

  /** Stand still with this time at the bottom; null: move with the time. @param {number | null} at */
  stop(at) {
    const latest = this.stopped === null || at === null ? now() : this.latest;
    this.latest = Math.max(latest, at ?? 0);
    this.stopped = at;
    this.back.value = at === null ? "0" : String(Math.max(0, (this.latest - at) / 1000));
    this.told();
    this.draw();
  }

  told() {
    say(this.pause, this.stopped === null ? "wire.pause" : "wire.go");
    this.pause.setAttribute("aria-pressed", String(this.stopped !== null));
  }

  /** The table is made when it is wanted. @param {HTMLDetailsElement} details */
  async tabulate(details) {
    const [{ Table }] = await Promise.all([import("./table.js"), learn(EXCHANGE)]);
    this.table = new Table(details, this.tape, (flight) => this.choose(flight));
  }

  translated() {
    this.draw();
    this.table?.show();
    if (this.chosen) this.tell();
  }

  /** What an exchange was, in the box below; how that is told is loaded when it is asked for first. */
  async tell() {
    if (!this.opened) [{ opened: this.opened }] = await Promise.all([import("./exchange.js"), learn(EXCHANGE)]);
    if (this.chosen) this.opened(this.box, this.chosen);
  }

  // ---- pointing

  pointing() {
    const { canvas } = this;
    canvas.addEventListener("pointermove", (event) => this.point(event));
    canvas.addEventListener("pointerleave", () => this.point(null));
    canvas.addEventListener("click", (event) => {
      const flight = this.under(event);
      if (flight) this.choose(flight);
    });
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  /** @param {{offsetX: number, offsetY: number}} at */
  under({ offsetX: x, offsetY: y }) {
    let best = null;
    let least = NEAR;
    for (const { x1, y1, x2, y2, flight } of this.#shown) {
      const [low, high] = x1 < x2 ? [x1, x2] : [x2, x1];
      if (x < low - 4 || x > high + 4) continue;
      const distance = Math.abs(y1 + ((y2 - y1) * (x - x1)) / (x2 - x1 || 1) - y);
      if (distance < least) [best, least] = [flight, distance];
    }
    return best;
  }

  /**
   * What the pointer is on is opened, and stands still as long as it is there: one cannot read what runs away.
   * @param {PointerEvent | null} event
   */
  point(event) {
    const flight = event && this.under(event);
    this.hovered = flight ? (this.hovered ?? this.stopped ?? now()) : null;
    this.canvas.style.cursor = flight ? "pointer" : "";
    if (flight && flight !== this.chosen) this.open(flight);
    else if (!flight) this.draw();
  }

  /** Opened, and the time stopped. @param {Flight} flight */
  choose(flight) {
    const at = Math.max(flight.at, flight.came ?? 0);
    const { bottom } = this;
    if (this.stopped === null) this.stop(bottom);
    if (at > bottom || at < bottom - this.seconds * 1000) this.stop(at + (this.seconds * 1000) / 3);
    this.open(flight);
  }

  /** @param {Flight} flight */
  open(flight) {
    this.chosen = flight;
    this.tell();
    this.draw();
  }

  /**
   * Up and down go from one to the next in time, Home and End to the first and the last, Escape closes.
   * @param {KeyboardEvent} event
   */
  key(event) {
    this.render(); // a key may come before the first frame in sight
    const flights = this.#shown.map(({ flight }) => flight);
    const at = this.chosen ? flights.indexOf(this.chosen) : -1;
    const last = flights.length - 1;
    const next = { ArrowUp: at < 0 ? last : at - 1, ArrowDown: at < 0 ? last : at + 1, Home: 0, End: last }[event.key];
    if (event.key === "Escape") this.close();
    else if (event.key === " ") this.pause.click();
    else if (next !== undefined && flights.length) this.choose(flights[Math.max(0, Math.min(last, next))]);
    else return;
    event.preventDefault();
  }

  close() {
    this.chosen = null;
    this.box.replaceChildren();
    this.draw();
  }

  /**
   * Scroll in time, once it stands still: a moving picture must not catch the page's own scrolling.
   * @param {WheelEvent} event
   */
  wheel(event) {
    if (this.stopped === null) return;
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
    this.draw();
  }

  get bottom() {
    return this.hovered ?? this.stopped ?? now();
  }

  draw() {
    if (this.#asked || !this.#seen || document.hidden) return;
    this.#asked = requestAnimationFrame(() => {
      this.#asked = 0;
      this.#odd = !this.#odd;
      if (this.#odd || this.#shown.length < MANY) this.render();
      this.table?.tick();
      if (this.bottom !== this.stopped || this.stopped > now()) this.draw(); // time goes on
    });
  }

  /** @returns {View} */
  view(names = this.names()) {
    const { width, height, chosen, bottom } = this;
    /** @param {Flight | string} flight @param {boolean} [wide] */
    const words = (flight, wide) => label(flight, wide);
    return { width, height, to: bottom, span: this.seconds * 1000, now: now(), names, words, chosen: chosen?.exchange };
  }

  render() {
    if (!this.width) return;
    const pen = new Pen();
    this.#shown = this.diagram.draw(pen, this.tape, this.view());
    this.context.clearRect(0, 0, this.width, this.height);
    pen.onto(this.context, this.colours, this.font);
  }

  json() {
    return JSON.stringify({ clients: this.ids(), ...this.tape.toJSON() }, null, 1);
  }

  async svg() {
    const { svg, writing } = await import("./svg.js");
    const pen = writing();
    this.diagram.draw(pen, this.tape, this.view());
    return svg(pen, this.width, this.height, this.colours, this.font, text("wire.title"));
  }
}

/**
 * What a line says: what it is, and bytes: those that carry + those of the text.
 * @param {Flight | string} flight @param {boolean} [wide]
 */
function label(flight, wide) {
  if (typeof flight === "string") return text(`wire.${flight}`);
  const { exchange, up, kind, bytes, payload } = flight;
  const { headUp, headDown } = exchange.bytes;
  if (flight === exchange.ask) {
    const body = headUp === null || bytes === null ? null : bytes - headUp;
    return [wide ? `${exchange.method} ${exchange.name}` : exchange.name, sum(headUp ?? bytes, body ?? 0)].join("  ");
  }
  if (kind === "open") return exchange.status === 101 && wide ? `101 Upgrade  ${headDown ?? ""}` : `${exchange.status ?? ""}  ${headDown ?? ""}`;
  const size = exchange.stream ? sum(bytes === null || payload === null ? null : bytes - payload, payload) : sum(headDown, payload);
  const word = kind === "told" || up ? "" : wide || kind === "news" ? text(`wire.${kind}`, { count: flight.seqs.length }) : "";
  return [word, size].filter(Boolean).join("  ");
}

/** @param {number | null} carried @param {number | null} said */
const sum = (carried, said) => (carried === null || said === null ? "" : `${carried} + ${said}`);

/** @param {string} name @param {string} type @param {string} words */
function save(name, type, words) {
  const address = URL.createObjectURL(new Blob([words], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
