// Programs for the exercise of lesson 6: right ones, and those that students write first.

export const RIGHT = [
  `function next(state, answer) {
  const { done, over } = state ?? { done: [], over: false };
  const acked = (answer?.acks ?? []).filter(({ error }) => error?.code !== "out_of_order").map(({ n }) => n);
  const known = [...done, ...acked];
  const ends = over || answer?.error?.code === "gone";
  const send = ends ? [] : [1, 2, 3, 4, 5].filter((n) => !known.includes(n)).slice(0, 3);
  return { state: { done: known, over: ends }, send };
}`,
];

/** A program that is right but for one thing. @param {string} is @param {string} instead */
function but(is, instead) {
  if (!RIGHT[0].includes(is)) throw new Error(is);
  return RIGHT[0].replace(is, instead);
}

/** One that keeps a place, and goes on behind it. @param {string} place how it comes from `state` and `answer` */
function placed(place) {
  return `function next(state, answer) {
  const place = ${place};
  return { state: place, send: [1, 2, 3, 4, 5].filter((n) => n > place).slice(0, 3) };
}`;
}

/** @type {Record<string, {program: string, kind: string, lost?: number[], twice?: number[], other?: number[]}>} `kind`: the case that it is shown */
export const PROGRAMS = {
  "goes on, whatever came": {
    program: `function next(state, answer) {
  const n = state ?? 0;
  return {
    state: n + 3,
    send: [1, 2, 3, 4, 5].slice(n, n + 3),
  };
}`,
    kind: "lost", lost: [1, 2, 3], other: [4, 5],
  },
  "sends one at a time": { program: but(".slice(0, 3)", ".slice(0, 1)"), kind: "plain", lost: [2, 3] },
  "sends all at once": { program: but(".slice(0, 3)", ""), kind: "plain", other: [4, 5] },
  "waits when nothing came": { program: but("const send = ends", "const send = ends || (state && !answer)"), kind: "lost", lost: [1, 2, 3] },
  "takes an answer for all acks": { program: but(".map(({ n }) => n)", ".flatMap(() => [1, 2, 3, 4, 5].filter((n) => !done.includes(n)).slice(0, 3))"), kind: "part", lost: [2, 3], other: [5] },
  "takes the last ack for its place": { program: placed("answer?.acks?.at(-1)?.n ?? state ?? 0"), kind: "order", other: [3] },
  "takes the largest for its place": { program: placed("Math.max(state ?? 0, ...(answer?.acks ?? []).map(({ n }) => n))"), kind: "hole", lost: [2] },
  "counts acks": { program: placed("(state ?? 0) + (answer?.acks?.length ?? 0)"), kind: "hole", lost: [2], other: [3] },
  "counts acks, and looks for holes": {
    program: but("slice(0, 3)", "slice(0, Math.min(3, 5 - done.length - acked.length))"), kind: "belated", lost: [5],
  },
  "takes each ack for done": { program: but(`.filter(({ error }) => error?.code !== "out_of_order")`, ""), kind: "early", lost: [3], other: [5] },
  "repeats what was refused": { program: but(`error?.code !== "out_of_order"`, "!error"), kind: "refused", other: [2] },
  "repeats what is stale": { program: but(`error?.code !== "out_of_order"`, `!["out_of_order", "stale"].includes(error?.code)`), kind: "stale", lost: [5], other: [1, 2] },
  "trips over a refusal": { program: but("(answer?.acks ?? [])", "(answer === null ? [] : answer.acks)"), kind: "threw" },
  "takes a refusal for all": { program: but("...acked]", "...acked, ...(answer?.error ? [1, 2, 3] : [])]"), kind: "rate", lost: [1, 2, 3], other: [4, 5] },
  "does not hear that it is over": { program: but(`over || answer?.error?.code === "gone"`, "false"), kind: "gone", other: [2, 3, 4] },
  "forgets that it is over": { program: but("over || answer", "answer"), kind: "gone", other: [2, 3, 4] },
  "sends the largest first": { program: but(".slice(0, 3)", ".slice(0, 3).reverse()"), kind: "plain" },
  "sends one twice": { program: but("slice(0, 3)", "slice(0, 3).flatMap((n) => n === 3 ? [3, 3] : [n])"), kind: "plain", twice: [3] },
};
