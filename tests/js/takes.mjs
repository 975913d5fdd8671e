// Programs for the exercise of lesson 4: right ones, and those that students write first.

const PLACE = `const place = (cursor) => { const [epoch, seq] = cursor.split("."); return { epoch, seq: Number(seq) }; };`;

export const RIGHT = [
  `${PLACE}
function take(state, batch) {
  if (!batch) return { state, messages: [] };
  const [after, end] = [place(batch.after), place(batch.cursor)];
  if (state === null) return { state: end, messages: batch.messages };
  if (after.epoch !== state.epoch) {
    return batch.gap?.reason === "epoch" ? { state: end, messages: batch.messages } : { state, messages: [] };
  }
  if (after.seq > state.seq || end.seq <= state.seq) return { state, messages: [] };
  return { state: end, messages: batch.messages.filter(({ seq }) => seq > state.seq) };
}`,
];

/** A program that is right but for one thing. @param {string} is @param {string} instead */
function but(is, instead) {
  if (!RIGHT[0].includes(is)) throw new Error(is);
  return RIGHT[0].replace(is, instead);
}

const after = [4, 5].map((seq) => `k7.${seq}`);

/** @type {Record<string, {program: string, kind: string, lost?: string[], twice?: string[], other?: string[]}>} `kind`: the case that it is shown */
export const PROGRAMS = {
  "hands all on": {
    program: "function take(state, batch) { return { state: batch.cursor, messages: batch.messages }; }",
    kind: "repeat", twice: after,
  },
  "compares by text": {
    program: but("Number(seq)", "seq"), kind: "ten", lost: ["k7.10", "k7.11"],
  },
  "forgets epochs": {
    program: but("after.epoch !== state.epoch", "false"), kind: "epoch", lost: ["b2.1", "b2.2", "b2.3"],
  },
  "treats a gap as the end": {
    program: but("if (after.seq > state.seq", "if (batch.gap || after.seq > state.seq"), kind: "gap", lost: ["k7.8", "k7.9", "k7.10"],
  },
  "keeps an old epoch's cursor": {
    program: but(`"epoch" ? { state: end,`, `"epoch" ? { state,`), kind: "epoch", lost: ["b2.3"], twice: ["b2.1", "b2.2"],
  },
  "hands nothing on": {
    program: "function take(state) { return { state, messages: [] }; }",
    kind: "plain", lost: ["k7.4", "k7.5", "k7.6", "k7.8"],
  },
  "drops a batch that begins before its place": {
    program: but("after.seq > state.seq", "after.seq !== state.seq"), kind: "overlap", lost: ["k7.6", "k7.7"],
  },
  "lets a late batch set it back": {
    program: but(" || end.seq <= state.seq", ""), kind: "behind", twice: ["k7.5"],
  },
  "begins anew after a cut": {
    program: but("if (!batch) return { state,", "if (!batch) return { state: { epoch: state.epoch, seq: 0 },"), kind: "cut",
    lost: ["k7.6", "k7.7"],
  },
  "takes its place from the last message": {
    program: but("state: end, messages: batch.messages.filter(", "state: { ...end, seq: batch.messages.at(-1)?.seq ?? state.seq }, messages: batch.messages.filter("),
    kind: "empty", lost: ["k7.8"],
  },
  "takes what lies beyond its place": {
    program: but("after.seq > state.seq || ", ""), kind: "ahead", lost: ["k7.6", "k7.7"],
  },
  "goes back with an old epoch": {
    program: but(`batch.gap?.reason === "epoch"`, "true"), kind: "old", twice: ["k7.5"], other: ["k7.6"],
  },
};
