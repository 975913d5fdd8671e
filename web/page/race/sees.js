// What one sees: the race in five sentences, made of what was measured.

import { age, figure, percent, rate as rateOf } from "./format.js";
import { headOf } from "./view.js";

/** @import { Lane } from "./lane.js" */
/** @import { Race } from "./race.js" */
/** @import { Settings } from "./settings.js" */
/** @import { Shown } from "./view.js" */
/** @import { Values } from "../words.js" */
/** @typedef {[key: string, values: Values]} Sentence */

const ENOUGH = 3; // messages of a lane before anything is said of it
const ALIKE = { factor: 1.2, ms: 3 }; // so much slower is still as fast
const EXPLAINS = 0.3; // share of a difference that theory must account for, to be called its cause

/**
 * The sentences for what stands there now.
 * @param {Race} race @param {Record<string, Shown>} shown by transport @param {string | null} guess @returns {Sentence[]}
 */
export function sentences(race, shown, guess) {
  if (race.state === "idle" && !race.lanes.some(({ arrived }) => arrived)) return [["race.sees.idle", {}]];
  if (race.state === "starting") return [["race.sees.starting", {}]];
  const down = race.lanes.filter((lane) => lane.down);
  if (down.length) return [dead(down, race.lanes.length), wasted(shown.poll)].filter((sentence) => sentence !== null);
  const heard = race.lanes.every(({ arrived }) => arrived >= ENOUGH);
  /** @type {Sentence[]} */
  const first = heard ? [...soonest(shown, guess), ...compared(shown, race.settings)] : [["race.sees.silent", {}]];
  return [...first, wasted(shown.poll), framed(shown.poll, shown.ws)].filter((sentence) => sentence !== null);
}

/** @param {Lane[]} down @param {number} all @returns {Sentence} */
function dead(down, all) {
  if (down.length === all) return ["race.sees.none", {}];
  return ["race.sees.dead", { names: listed(down.map(({ transport }) => transport)) }];
}

/** Names of transports, as a sentence has them. @param {string[]} names */
function listed(names) {
  const last = names.length - 1;
  return names.flatMap((name, i) => [...(i ? [{ text: i === last ? "race.and" : "race.comma" }] : []), { text: name }]);
}

/**
 * Which of them hear a message first, whichever are as good as that one, and what was guessed.
 * @param {Record<string, Shown>} shown @param {string | null} guess @returns {Sentence[]}
 */
function soonest(shown, guess) {
  const means = Object.entries(shown).map(([name, { measured }]) => ({ name, mean: Math.max(0, measured?.mean ?? NaN) }));
  if (means.some(({ mean }) => Number.isNaN(mean))) return [];
  means.sort((one, other) => one.mean - other.mean);
  const [least, most] = [means[0].mean, means[means.length - 1]];
  const first = means.filter(({ mean }) => alike(mean, least)).map(({ name }) => name);
  const told = { names: listed(first), least: age(least), last: { text: most.name }, most: age(most.mean), guess: guessed(guess, first) };
  return [[first.length === means.length ? "race.sees.level" : "race.sees.first", told]];
}

/** @param {string | null} guess @param {string[]} first */
function guessed(guess, first) {
  return guess === null ? "" : { text: `race.guess.${first.includes(guess) ? "right" : "wrong"}`, name: { text: guess } };
}

/** Whether so much slower is still as fast. @param {number} slow @param {number} fast ms */
function alike(slow, fast) {
  return slow <= fast * ALIKE.factor + ALIKE.ms;
}

/**
 * Why long polling is as fast as WebSocket here, or why not.
 * @param {Record<string, Shown>} shown @param {Settings} settings @returns {Sentence[]}
 */
function compared({ longpoll, ws }, { rate, periodic }) {
  if (!longpoll.measured || !ws.measured || !longpoll.theory || !ws.theory) return [];
  const [slow, fast] = [longpoll.measured.mean, ws.measured.mean].map((ms) => Math.max(0, ms));
  const { gap, mean } = longpoll.theory;
  const values = {
    longpoll: age(slow), ws: age(fast), rate, gap: age(gap), due: rateOf((rate * gap) / 1000),
    period: age(1000 / rate),
  };
  const verdict = alike(slow, fast) ? "alike" : "behind";
  const explained = (mean - ws.theory.mean) / (slow - fast);
  const because = verdict === "behind" && explained < EXPLAINS ? "busy" : `${periodic ? "periodic." : ""}${verdict}`;
  return [[`race.sees.${verdict}`, values], [`race.because.${because}`, values]];
}

/** @param {Shown} shown @returns {Sentence | null} */
function wasted({ counts, theory }) {
  if (!counts || !theory) return null;
  const answers = (counts.empty ?? 0) + (counts.news ?? 0);
  if (!answers) return null;
  const values = { empty: counts.empty, answers, share: percent(counts.empty / answers), theory: percent(theory.empty) };
  return ["race.sees.wasted", values];
}

/** What a frame costs beside a request. @param {Shown} poll @param {Shown} ws @returns {Sentence | null} */
function framed({ counts: poll }, { counts: ws }) {
  if (!poll?.requests || !(poll.news + poll.empty) || !ws) return null;
  const frames = ws.news + ws.empty;
  if (!frames) return null;
  return ["race.sees.frame", { head: figure(headOf(poll)), frame: figure(ws.framing_down / frames) }];
}
