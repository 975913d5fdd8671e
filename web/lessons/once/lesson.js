// Lesson 6: how often a thing counts that was said twice, because the first answer was lost; and a program that says each once.

import { make } from "/page/dom.js";
import { text } from "/page/words.js";
import { Program } from "../program.js";
import { marks, sign } from "../marks.js";
import { lasting } from "../waiting.js";
import { CASES, judged, NAME } from "./exercise.js";
import { Hand, PRESSES } from "./hand.js";
import { COUNT, NETWORK, Sending, WAYS } from "./sending.js";

/** @import { Lively, Stage } from "../steps.js" */
/** @import { Shown } from "./exercise.js" */
/** @import { Way } from "./sending.js" */

const SECONDS = { least: 2, most: 60, usual: 6 }; // in which they say it all; `?seconds=` in the address
const TICK = 200; // ms between two looks at what is in the room
const NEAR = 4; // messages by which a guess may be off and still be called near
const EXPECTED = Math.round(COUNT / (1 - Number(NETWORK.split(":")[1]))); // tries, in the mean: each is answered with that chance

/** @param {Stage} stage @returns {Lively} */
export function lesson(stage) {
  const course = new Once(stage);
  return {
    live: {
      presses: (element) => pressed(element, course.hand),
      room: (element) => heard(element, course.hand),
      "marks.anew": (element) => course.marks(element, "anew"),
      "marks.same": (element) => course.marks(element, "same"),
      case: (element) => shownCase(element, course.program.shown),
      sign,
    },
    forms: { guess: (values) => course.guess(values), program: (values) => course.program.check(values) },
    acts: { send: () => course.send(), run: () => course.press() },
    close: () => course.close(),
  };
}

class Once {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.seconds = lasting(SECONDS);
    this.hand = /** @type {Hand | null} */ (null);
    this.sending = /** @type {Sending | null} */ (null);
    this.running = /** @type {AbortController | null} */ (null);
    this.left = new AbortController(); // of what is done by hand
    this.program = /** @type {Program<Shown>} */ (new Program(stage, { name: NAME, cases: CASES, judged }));
    stage.tell({ count: COUNT, network: NETWORK, expected: EXPECTED, "hand.0": true });
  }

  /** @param {{one: string, anew: string, same: string}} values */
  guess({ one, anew, same }) {
    this.stage.tell({ guessed: true, "guess.one": one, "guess.anew": anew, "guess.same": same });
    this.stage.go("run");
  }

  // ---- by hand

  /** Press Send once more. After the last press all begins anew. */
  async send() {
    if (this.stage.facts["hand.sends"]) return;
    if (!this.hand || this.hand.presses.length === PRESSES) this.begin();
    const hand = /** @type {Hand} */ (this.hand);
    this.stage.tell({ "hand.sends": true, "hand.failed": false });
    try {
      await hand.press(this.left.signal);
    } catch (/** @type {any} */ error) {
      if (!this.left.signal.aborted) this.stage.tell({ "hand.failed": true, "hand.fault": error.message });
      this.begin();
    }
    this.stage.tell({ "hand.sends": false });
    this.pressed();
  }

  /** Another room, another line. */
  begin() {
    this.hand?.go();
    this.hand = new Hand();
    this.left = new AbortController();
  }

  /** What is known after a press. */
  pressed() {
    const made = this.hand?.presses.length ?? 0;
    const presses = Array.from({ length: PRESSES + 1 }, (_, i) => [`hand.${i}`, i === made]);
    this.stage.tell({ ...Object.fromEntries(presses), "hand.any": made > 0 });
    if (made === 2) this.stage.tell({ "hand.a": this.hand?.times(0) });
    if (made === PRESSES) this.stage.tell({ "hand.b": this.hand?.times(1), "hand.done": true });
    for (const name of ["presses", "room"]) this.stage.draw(name);
  }

  /** The first guess beside what is in the room. @param {number} times */
  one(times) {
    const guess = Number(this.stage.facts["guess.one"]);
    this.stage.tell({ "one.right": guess === times, "one.one": guess === 1 && times !== 1, "one.none": guess === 0, "one.more": guess > times, "truth.one": times });
  }

  // ---- twenty of them

  press() {
    if (this.running) return this.running.abort(new Error("stopped"));
    return this.follow();
  }

  /** Let both say it all while their marks change. */
  async follow() {
    const mine = (this.running = new AbortController());
    const sending = (this.sending = new Sending({ length: this.seconds * 1000 }));
    this.stage.tell({ running: true, failed: false, ran: false });
    const looking = setInterval(() => this.look(sending), TICK);
    this.look(sending);
    try {
      await sending.run(mine.signal);
    } catch (/** @type {any} */ error) {
      if (!mine.signal.aborted) this.stage.tell({ failed: true, fault: error.message });
    }
    clearInterval(looking);
    if (this.running === mine) this.running = null;
    if (!sending.over && this.sending === sending) this.sending = null;
    this.stage.tell({ running: false });
    if (sending.over) this.told(sending);
    this.look(sending);
  }

  /** How far it is. @param {Sending} sending */
  look(sending) {
    for (const way of WAYS) {
      const { tries, unanswered } = sending.senders[way];
      const facts = { room: sending.room(way), said: sending.said[way], tries, unanswered };
      this.stage.tell(Object.fromEntries(Object.entries(facts).map(([name, value]) => [`${way}.${name}`, value])));
      this.stage.draw(`marks.${way}`);
    }
  }

  /** @param {HTMLElement} element @param {Way} way */
  marks(element, way) {
    marks(element, this.sending?.fates(way) ?? Array(COUNT).fill("waits"));
  }

  /** What the run has shown, beside the guesses. @param {Sending} sending */
  told(sending) {
    const [anew, same] = WAYS.map((way) => sending.room(way));
    const guess = Number(this.stage.facts["guess.anew"]);
    const [near, off] = [Math.abs(guess - anew) <= NEAR, Number(this.stage.facts["guess.same"]) - same];
    this.one(Number(this.stage.facts["hand.a"]));
    const [made, came] = [sending.senders.anew.tries + sending.senders.same.tries, sending.came.anew + sending.came.same];
    this.stage.tell({
      ran: true, made, came, repeated: came > made, "anew.came": sending.came.anew, "same.came": sending.came.same,
      "anew.twice": sending.times.anew.filter((n) => n > 1).length, "anew.near": near, "anew.all": !near && guess === COUNT,
      "anew.low": !near && guess < COUNT, "anew.few": !near && guess > COUNT && guess < anew, "anew.high": !near && guess > anew,
      "same.whole": same === COUNT, "same.right": !off, "same.more": off > 0, "same.fewer": off < 0, "truth.anew": anew, "truth.same": same,
    });
  }

  close() {
    this.running?.abort(new Error("stopped"));
    this.left.abort(new Error("closed"));
    this.hand?.go();
    this.hand = null;
    this.pressed();
  }
}

/** Each press: what went up, and what came back. @param {HTMLElement} element @param {Hand | null} hand */
function pressed(element, hand) {
  const items = (hand?.presses ?? []).map(({ n, content, ack }, i) => {
    const back = ack ? make("code", {}, JSON.stringify({ n: ack.n, data: ack.data })) : make("small", {}, text("lessons.unanswered"));
    return make("li", {}, make("b", {}, String(i + 1)), make("code", {}, JSON.stringify({ n, content })), back);
  });
  element.replaceChildren(make("ol", { class: "events" }, ...items));
}

/** What is in the room. @param {HTMLElement} element @param {Hand | null} hand */
function heard(element, hand) {
  const items = (hand?.room ?? []).map((content) => make("li", {}, make("b", {}, content)));
  element.replaceChildren(make("ol", { class: "events" }, ...items));
}

/** A case that went wrong, up to where it did: what came back, and what went up then. @param {HTMLElement} element @param {Shown | null} shown */
function shownCase(element, shown) {
  const { inputs = [], wanted = [] } = CASES.find(({ name }) => name === shown?.name) ?? {};
  const items = (shown?.handed ?? []).map((sent, i) => {
    const words = [make("small", {}, text("lessons.sent", { what: list(sent) }))];
    if (i + 1 === shown?.handed.length) words.push(make("small", {}, text("lessons.wanted", { what: list(wanted[i]) })));
    return make("li", {}, make("b", {}, String(i + 1)), make("code", {}, JSON.stringify(inputs[i])), ...words);
  });
  element.replaceChildren(make("ol", { class: "events" }, ...items));
}

/** @param {(string | number)[]} numbers */
function list(numbers) {
  return numbers.length ? numbers.join(", ") : text("lessons.none");
}
