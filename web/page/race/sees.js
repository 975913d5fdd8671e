// What one sees: the race in four sentences, made of what was measured.

import { age, figure, percent, rate as rateOf } from "./format.js";
import { headOf } from "./view.js";

const ENOUGH = 3; // messages of a lane before anything is said of it
const ALIKE = { factor: 1.2, ms: 3 }; // so much slower is still as fast
const EXPLAINS = 0.3; // share of a difference that theory must account for, to be called its cause

/**
 * The sentences for what stands there now: `[key, values]` each.
 * @param {import("./race.js").Race} race @param {Record<string, object>} shown transport → {measured, theory, counts}
 */
export function sentences(race, shown) {
  if (race.state === "idle" && !race.lanes.some(({ arrived }) => arrived)) return [["race.sees.idle", {}]];
  if (race.state === "starting") return [["race.sees.starting", {}]];
  const down = race.lanes.filter((lane) => lane.down);
  if (down.length) return [dead(down, race.lanes.length), wasted(shown.poll)].filter(Boolean);
  const heard = race.lanes.every(({ arrived }) => arrived >= ENOUGH);
  const first = heard ? compared(shown, race.settings) : [["race.sees.silent", {}]];
  return [...first, wasted(shown.poll), framed(shown.poll, shown.ws)].filter(Boolean);
}

function dead(down, all) {
  if (down.length === all) return ["race.sees.none", {}];
  const names = down.flatMap(({ transport }, i) => [...(i ? [{ text: "race.and" }] : []), { text: transport }]);
  return ["race.sees.dead", { names }];
}

/** Why long polling is as fast as WebSocket here, or why not. */
function compared({ longpoll, ws }, { rate, periodic }) {
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

function wasted({ counts, theory }) {
  const answers = (counts?.empty ?? 0) + (counts?.news ?? 0);
  if (!answers || !theory) return null;
  const values = { empty: counts.empty, answers, share: percent(counts.empty / answers), theory: percent(theory.empty) };
  return ["race.sees.wasted", values];
}

/** What a frame costs beside a request. */
function framed({ counts: poll }, { counts: ws }) {
  const frames = ws ? ws.news + ws.empty : 0;
  if (!poll?.requests || !(poll.news + poll.empty) || !frames) return null;
  return ["race.sees.frame", { head: figure(headOf(poll)), frame: figure(ws.framing_down / frames) }];
}
