// The program: what a reader wrote for an exercise, run against its cases, and what the prose may say of it.

import { make } from "/page/dom.js";
import { text } from "/page/words.js";
import { FAULTS } from "./handed.js";
import { run } from "./sandbox.js";

/** @import { Handed, Judged } from "./handed.js" */
/** @import { Told } from "./sandbox.js" */
/** @import { Stage } from "./steps.js" */
/**
 * The facts of it, with its name before each: runs, failed, fault, given, right, why, raised, number, shown, lost.which,
 * twice.which, other.which, and of the faults and cases the one that it is told of. Besides: did.lost, did.twice,
 * did.other, did.mixed.
 * @template {Handed & {name: string}} Shown
 */
export class Program {
  shown = /** @type {Shown | null} */ (null);
  #checks = 0;

  /**
   * `name`: of the function that it defines; `cases`: their names, and the inputs of each; the element `case` is drawn anew.
   * @param {Stage} stage @param {{name: string, cases: {name: string, inputs: unknown[]}[], judged: (told: Told) => Judged<Shown>}} exercise
   */
  constructor(stage, { name, cases, judged }) {
    this.stage = stage;
    this.name = name;
    this.cases = cases;
    this.judged = judged;
    stage.tell({ cases: cases.length });
  }

  /** Run one against all cases; of several at once the last is told of. @param {{program: string}} values */
  async check({ program }) {
    const { name, stage } = this;
    const mine = (this.#checks += 1);
    stage.tell({ [`${name}.runs`]: true, [`${name}.given`]: false, [`${name}.right`]: false, [`${name}.failed`]: false });
    try {
      const told = await run({ program, name, cases: this.cases.map(({ inputs }) => inputs) });
      if (mine === this.#checks) this.#verdict(this.judged(told));
    } catch (/** @type {any} */ error) {
      if (mine === this.#checks) stage.tell({ [`${name}.failed`]: true, [`${name}.fault`]: error.message });
    }
    if (mine === this.#checks) stage.tell({ [`${name}.runs`]: false });
  }

  /** @param {Judged<Shown>} judged */
  #verdict({ right, kind, why, shown }) {
    const { name, stage } = this;
    const kinds = [...FAULTS, ...this.cases.map((one) => one.name)];
    this.shown = shown;
    stage.tell(Object.fromEntries(kinds.map((one) => [`${name}.${one}`, one === kind])));
    for (const what of /** @type {const} */ (["lost", "twice", "other"])) {
      const places = shown?.[what] ?? [];
      stage.tell({ [`did.${what}`]: places.length > 0, [`${name}.${what}.which`]: places.join(", ") });
    }
    const number = this.cases.findIndex((one) => one.name === kind) + 1;
    const facts = { given: true, right, why, raised: Boolean(shown && why), shown: Boolean(shown), number };
    stage.tell(Object.fromEntries(Object.entries(facts).map(([fact, value]) => [`${name}.${fact}`, value])));
    stage.tell({ "did.mixed": Boolean(shown?.mixed) });
    stage.draw("case");
  }
}

/**
 * A case that went wrong: each input as it came, and what the program handed on of it.
 * @param {HTMLElement} element @param {Program<any>} program @param {(input: any) => string} asCame
 */
export function shownCase(element, { shown, cases }, asCame) {
  const inputs = cases.find(({ name }) => name === shown?.name)?.inputs ?? [];
  const items = inputs.map((input, i) => {
    const handed = shown?.handed[i];
    const what = handed?.join(", ");
    const told = what ? text("lessons.handed", { what }) : text("lessons.handed.none");
    const parts = [make("b", {}, String(i + 1)), make("code", {}, asCame(input))];
    if (handed) parts.push(make("small", {}, told)); // of a case in which it threw nobody knows
    return make("li", {}, ...parts);
  });
  element.replaceChildren(make("ol", { class: "events" }, ...items));
}
