// Lesson 7: who hears it: six forms of emit among four real clients, guessed, heard, and told anew of another situation.

import { make } from "/page/dom.js";
import { text } from "/page/words.js";
import { lasting } from "../waiting.js";
import { Hearing } from "./hearing.js";
import { compared, drawn, FIRST, FORMS, NAMES, PEOPLE, ticked, written } from "./situation.js";

/** @import { Lively, Stage } from "../steps.js" */
/** @import { Off, Person, Situation } from "./situation.js" */

const SECONDS = { least: 1, most: 60, usual: 4 }; // in which the six are said; `?seconds=` in the address
const CHECKING = 20; // ms between two emits where nobody watches

/** @param {Stage} stage @returns {Lively} */
export function lesson(stage) {
  const course = new Audience(stage);
  return {
    live: {
      heard: (element) => listed(element, FIRST, course.hearing?.heard.slice(0, course.hearing.at) ?? []),
      guess: (element) => listed(element, FIRST, course.truth, course.ticks),
      exercise: (element) => listed(element, course.situation, course.answer),
    },
    forms: { guess: (values) => course.guess(values), table: (values) => course.check(values) },
    typed: { table: () => course.unsaid() },
    acts: { run: () => course.press(), another: () => course.another() },
    close: () => course.stop(),
  };
}

class Audience {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.pace = (lasting(SECONDS) * 1000) / FIRST.emits.length;
    this.ticks = /** @type {Person[][]} */ ([]);
    this.truth = /** @type {Person[][]} */ ([]); // who heard what in the run that was whole
    this.hearing = /** @type {Hearing | null} */ (null);
    this.running = /** @type {AbortController | null} */ (null);
    this.checking = /** @type {AbortController | null} */ (null);
    this.situation = drawn(Math.random);
    this.answer = /** @type {Person[][]} */ ([]);
    stage.tell({ count: FIRST.emits.length, ...described("first", FIRST) });
    this.another();
  }

  /** @param {Record<string, string>} values */
  guess(values) {
    this.ticks = FIRST.emits.map((_, i) => ticked(values, i + 1));
    const none = this.ticks.every((people) => !people.length);
    this.stage.tell({ guessed: !none, "guess.none": none });
    if (!none) this.stage.go("run");
  }

  // ---- run

  press() {
    if (this.running) return this.stop();
    return this.follow();
  }

  async follow() {
    const mine = (this.running = new AbortController());
    const hearing = (this.hearing = new Hearing({ situation: FIRST, pace: this.pace, asks: true }));
    this.stage.tell({ running: true, failed: false, ran: false });
    const look = () => this.look(hearing);
    look();
    try {
      await hearing.run(mine.signal, look);
    } catch (/** @type {any} */ error) {
      if (!mine.signal.aborted) this.stage.tell({ failed: true, fault: error.message });
    }
    if (this.running !== mine) return;
    this.running = null;
    if (!hearing.over) this.hearing = null;
    this.stage.tell({ running: false });
    if (hearing.over) this.told(hearing);
    this.stage.draw("heard");
  }

  /** @param {Hearing} hearing */
  look({ at }) {
    this.stage.tell({ at, "run.begins": !at, "run.goes": at > 0 });
    this.stage.draw("heard");
  }

  stop() {
    this.running?.abort(new Error("stopped"));
    this.checking?.abort(new Error("stopped"));
  }

  // ---- see

  /** What the run has shown, beside the guesses. @param {Hearing} hearing */
  told({ heard, acks }) {
    this.truth = heard;
    const off = compared(this.ticks, heard);
    const right = off.filter((one) => !wrong(one)).length;
    this.stage.tell({ ran: true, right, "all.right": right === FIRST.emits.length });
    const each = heard.flatMap((people, i) => PEOPLE.map((one) => [`truth.${i + 1}.${one}`, people.includes(one)]));
    this.stage.tell(Object.fromEntries(each));
    this.stage.tell(Object.fromEntries(FIRST.emits.map(({ form }, i) => [`off.${form}`, wrong(off[i])])));
    if (acks) this.stage.tell(Object.fromEntries(Object.entries(acks).map(([name, value]) => [`acks.${name}`, value])));
    this.stage.draw("guess");
  }

  // ---- exercise

  another() {
    this.checking?.abort(new Error("another one"));
    this.situation = drawn(Math.random);
    this.stage.tell({ ...described("ex", this.situation), "check.failed": false });
    this.unsaid();
  }

  /** Nothing is said of what stands there now. */
  unsaid() {
    this.answer = [];
    this.stage.tell({ "check.given": false, "check.right": false, "check.left": false, ...Object.fromEntries(FORMS.map((form) => [`why.${form}`, false])) });
    this.stage.draw("exercise");
  }

  /** Have it really said, and look who heard. @param {Record<string, string>} values */
  async check(values) {
    const ticks = FIRST.emits.map((_, i) => ticked(values, i + 1));
    this.checking?.abort(new Error("once more"));
    const mine = (this.checking = new AbortController());
    const hearing = new Hearing({ situation: this.situation, pace: CHECKING });
    this.unsaid();
    this.stage.tell({ "check.runs": true, "check.failed": false });
    try {
      await hearing.run(mine.signal, () => {});
      if (this.checking === mine) this.judge(ticks, hearing.heard);
    } catch (/** @type {any} */ error) {
      if (!mine.signal.aborted) this.stage.tell({ "check.failed": true, "check.fault": error.message });
    }
    if (this.checking === mine) this.stage.tell({ "check.runs": false });
  }

  /** The first that is wrong is told, with who really heard it. @param {Person[][]} ticks @param {Person[][]} heard */
  judge(ticks, heard) {
    const off = compared(ticks, heard);
    const at = off.findIndex(wrong);
    this.stage.tell({ "check.given": true, "check.right": at < 0 });
    if (at < 0) {
      this.answer = heard;
      return this.stage.draw("exercise");
    }
    const { emits, leaves } = this.situation;
    const { form, room } = emits[at];
    const left = leaves !== null && at >= leaves.before && room === leaves.room && off[at].extra.includes(leaves.who);
    this.stage.tell({
      "ex.row": at + 1, "ex.heard": named(heard[at]), "ex.ticked": named(ticks[at]), "check.left": left, [`why.${form}`]: !left,
    });
  }
}

/** @param {Off} off */
function wrong({ missed, extra }) {
  return missed.length + extra.length > 0;
}

/** A situation as facts: each emit, who is in which rooms, and who leaves. @param {string} name @param {Situation} situation */
function described(name, { emits, rooms, leaves }) {
  const said = emits.map((emit, i) => [`${name}.${i + 1}`, `${NAMES[emit.who]}: ${written(emit, i + 1)}`]);
  const places = PEOPLE.map((person) => [`${name}.${person}`, rooms[person].join(" + ") || "–"]);
  const leaving = leaves ? `${NAMES[leaves.who]}: socket.leave('${leaves.room}')` : "";
  return { ...Object.fromEntries([...said, ...places]), [`${name}.leaves`]: leaving };
}

/** @param {Person[]} people */
function named(people) {
  return PEOPLE.filter((person) => people.includes(person)).map((person) => NAMES[person]).join(", ") || "–";
}

/** Each emit, and who heard it; with ticks, also who was ticked. @param {HTMLElement} element @param {Situation} situation @param {Person[][]} heard @param {Person[][]} [ticks] */
function listed(element, { emits }, heard, ticks) {
  const items = heard.map((people, i) => {
    const who = named(people);
    const guess = ticks && named(ticks[i] ?? []);
    const key = guess === undefined ? "lessons.heard" : guess === who ? "lessons.heard.same" : "lessons.heard.other";
    return make("li", {}, make("b", {}, String(i + 1)), make("code", {}, `${NAMES[emits[i].who]}: ${written(emits[i], i + 1)}`), make("small", {}, text(key, { who, guess })));
  });
  element.replaceChildren(make("ol", { class: "events" }, ...items));
}
