// Pointing: what the pointer is on, or the keys have come to, is opened below the picture.

import { now } from "./hubclock.js";
import { learn } from "./words.js";

/** @import { Flight } from "./tape.js" */
/** @import { Timeline } from "./timeline.js" */

const NEAR = 9; // px from a line that still point at it
const FINGER = 22; // half of the 44 px that a finger hits (Apple, Human Interface Guidelines: Buttons)

export class Pointing {
  #opened = /** @type {typeof import("./exchange.js").opened | null} */ (null);

  /** @param {Timeline} timeline @param {HTMLElement} box in which an exchange is told */
  constructor(timeline, box) {
    this.timeline = timeline;
    this.box = box;
  }

  /** Something was done on the canvas. @param {Event} event */
  take(event) {
    if (event instanceof KeyboardEvent) this.key(event);
    else if (event.type === "pointerleave") this.point(null);
    else if (event instanceof MouseEvent) {
      const flight = this.under(event);
      if (event.type !== "click") this.point(flight);
      else if (flight) this.choose(flight);
    }
  }

  /** @param {MouseEvent} event */
  under(event) {
    const { clientX, clientY } = event;
    const { left, top } = this.timeline.canvas.getBoundingClientRect();
    const [x, y] = [clientX - left, clientY - top];
    let best = null;
    let least = event instanceof PointerEvent && event.pointerType === "touch" ? FINGER : NEAR;
    for (const { x1, y1, x2, y2, flight } of this.timeline.shown) {
      const [low, high] = x1 < x2 ? [x1, x2] : [x2, x1];
      if (x < low - 4 || x > high + 4) continue;
      const distance = Math.abs(y1 + ((y2 - y1) * (x - x1)) / (x2 - x1 || 1) - y);
      if (distance < least) [best, least] = [flight, distance];
    }
    return best;
  }

  /**
   * What the pointer is on is opened, and stands still as long as it is there: one cannot read what runs away.
   * @param {Flight | null} flight
   */
  point(flight) {
    const { timeline } = this;
    timeline.hovered = flight ? (timeline.hovered ?? timeline.stopped ?? now()) : null;
    timeline.canvas.style.cursor = flight ? "pointer" : "";
    if (flight && flight !== timeline.chosen) this.open(flight);
    else if (!flight) timeline.draw();
  }

  /** Opened, and the time stopped. @param {Flight} flight */
  choose(flight) {
    const { timeline } = this;
    const { bottom } = timeline;
    const at = Math.max(flight.at, flight.came ?? 0);
    if (timeline.stopped === null) timeline.stop(bottom);
    if (at > bottom || at < bottom - timeline.seconds * 1000) timeline.stop(at + (timeline.seconds * 1000) / 3);
    this.open(flight);
  }

  /** @param {Flight} flight */
  open(flight) {
    this.timeline.chosen = flight;
    this.tell();
    this.timeline.draw();
  }

  /** What an exchange was, in the box; how that is told is loaded when it is asked for first. */
  async tell() {
    if (!this.#opened) {
      const [{ opened }] = await Promise.all([import("./exchange.js"), learn("/page/texts/exchange")]);
      this.#opened = opened;
    }
    if (this.timeline.chosen) this.#opened(this.box, this.timeline.chosen);
  }

  /**
   * Up and down go from one to the next in time, Home and End to the first and the last, Escape closes.
   * @param {KeyboardEvent} event
   */
  key(event) {
    const { timeline } = this;
    timeline.render(); // a key may come before the first frame in sight
    const shown = timeline.shown.map(({ flight }) => flight);
    const flights = shown.length ? shown : timeline.tape.flights.slice(-1); // a page that has just begun is empty
    const at = timeline.chosen ? flights.indexOf(timeline.chosen) : -1;
    const last = flights.length - 1;
    const next = { ArrowUp: at < 0 ? last : at - 1, ArrowDown: at < 0 ? last : at + 1, Home: 0, End: last }[event.key];
    if (event.key === "Escape") this.close();
    else if (event.key === " ") timeline.pause.click();
    else if (next !== undefined && flights.length) this.choose(flights[Math.max(0, Math.min(last, next))]);
    else return;
    event.preventDefault();
  }

  close() {
    this.timeline.chosen = null;
    this.box.replaceChildren();
    this.timeline.draw();
  }
}
