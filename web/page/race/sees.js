// What one sees: the race in four sentences, made of what was measured.

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
 * @param {Race} race @param {Record<string, Shown>} shown by transport @returns {Sentence[]}
 */
export function sentences(race, shown) {
  if (race.state === "idle" && !race.lanes.some(({ arrived }) => arrived)) return [["race.sees.idle", {}]];
  if (race.state === "starting") return [["race.sees.starting", {}]];
  const down = race.lanes.filter((lane) => lane.down);
  if (down.length) return [dead(down, race.lanes.length), wasted(shown.poll)].filter((sentence) => sentence !== null);
  const heard = race.lanes.every(({ arrived }) => arrived >= ENOUGH);
  /** @type {Sentence[]} */
  const first = heard ? compared(shown, race.settings) : [["race.sees.silent", {}]];
  return [...first, wasted(shown.poll), framed(shown.poll, shown.ws)].filter((sentence) => sentence !== null);
}

/** @param {Lane[]} down @param {number} all @returns {Sentence} */
function dead(down, all) {
  if (down.length === all) return ["race.sees.none", {}];
  const names = down.flatMap(({ transport }, i) => [...(i ? [{ text: "race.and" }] : []), { text: transport }]);
  return ["race.sees.dead", { names }];
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
  const verdict = slow <= fast * ALIKE.factor + ALIKE.ms ? "alike" : "behind";
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
