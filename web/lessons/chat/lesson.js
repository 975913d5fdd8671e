// The article's chat room in ten steps: each runs as it stands there, on a server of its own, for two people.

import { make } from "/page/dom.js";
import { stage as stageOf } from "../stage.js";
import { Seat } from "./seat.js";

/** @import { Lively, Stage } from "../steps.js" */

const PEOPLE = /** @type {const} */ ([["Ada", "longpoll"], ["Bo", "ws"]]);

/** @param {Stage} stage @returns {Lively} */
export function lesson(stage) {
  const course = new Chat(stage);
  return {
    live: { seats: (element) => course.show(element) },
    forms: {},
    acts: { anew: () => course.anew() },
    close: () => course.close(),
  };
}

class Chat {
  #seats = /** @type {Seat[]} */ ([]);
  #element = /** @type {HTMLElement | null} */ (null);

  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
  }

  /** The step that is in sight runs, and no other. @param {HTMLElement} element */
  show(element) {
    if (this.#element === element && this.#seats.length) return;
    this.close();
    this.#element = element;
    this.open(element);
  }

  anew() {
    const element = this.#element;
    this.close();
    if (element) this.open(element);
  }

  /** @param {HTMLElement} element */
  async open(element) {
    const { page } = element.dataset;
    const base = stageOf(`chat${page}`);
    const seats = (this.#seats = PEOPLE.map(([who, use]) => new Seat(base, who, use, { heard: (event, data) => this.heard(event, data) })));
    const places = seats.map(() => make("div"));
    element.replaceChildren(...seats.map(({ who }, i) => make("div", {}, make("p", { class: "small" }, who), places[i])));
    this.stage.tell({ failed: false });
    try {
      await Promise.all(seats.map((seat, i) => seat.open(places[i], `/lessons/chat/${page}.html`)));
    } catch (/** @type {any} */ error) {
      if (this.#seats === seats) this.stage.tell({ failed: true, fault: error.message });
    }
  }

  /** The two slips are found by who makes them. @param {string} event @param {any} data */
  heard(event, data) {
    if (event !== "s2c") return;
    if (/<\w/.test(String(data?.user))) this.stage.tell({ "found.html": true });
    if (typeof data?.content === "string" && !data.content.trim()) this.stage.tell({ "found.blank": true });
  }

  close() {
    for (const seat of this.#seats) seat.close();
    this.#seats = [];
  }
}
