// Programs for the exercise of lesson 10: right ones, and those that students write first.

export const RIGHT = [
  `function answer(state, { log, cursor }) {
  const messages = log.filter(({ seq }) => seq > cursor);
  const end = log.at(-1)?.seq ?? 0;
  return { state, messages, cursor: Math.max(cursor, end) };
}`,
  `function answer(state, asked) {
  const messages = asked.log.filter((one) => one.seq > asked.cursor);
  return { state: null, messages, cursor: messages.length ? messages[messages.length - 1].seq : asked.cursor };
}`,
];

/** A program that is right but for one thing. @param {string} is @param {string} instead */
function but(is, instead) {
  if (!RIGHT[0].includes(is)) throw new Error(is);
  return RIGHT[0].replace(is, instead);
}

/** @type {Record<string, {program: string, kind: string, lost?: string[], twice?: string[], other?: string[], cursor?: string}>} `kind`: the case that it is shown */
export const PROGRAMS = {
  "gives all each time": {
    program: but("seq > cursor", "true"), kind: "plain", other: ["m1", "m2"],
  },
  "keeps the place in the server": {
    program: "function answer(sent, { log }) { return { state: log.length, messages: log.slice(sent ?? 0), cursor: log.length }; }",
    kind: "other", other: ["m1", "m2"],
  },
  "believes what it remembers, if it does": {
    program: `function answer(state, { log, cursor }) {
  const from = state ?? cursor;
  const end = log.at(-1)?.seq ?? cursor;
  return { state: end, messages: log.filter(({ seq }) => seq > from), cursor: end };
}`,
    kind: "back", other: ["m2", "m3"],
  },
  "goes on from the later of both": {
    program: `function answer(state, { log, cursor }) {
  const from = Math.max(state ?? 0, cursor);
  const end = Math.max(from, log.at(-1)?.seq ?? 0);
  return { state: end, messages: log.filter(({ seq }) => seq > from), cursor: end };
}`,
    kind: "two", lost: ["m2"],
  },
  "counts from the cursor": {
    program: but("log.filter(({ seq }) => seq > cursor)", "log.slice(cursor)"), kind: "holes", lost: ["m9"],
  },
  "has no cursor for an empty log": {
    program: but("?.seq ?? 0", "?.seq").replace("Math.max(cursor, end)", "end === undefined ? null : Math.max(cursor, end)"), kind: "empty", cursor: "null",
  },
  "leads back": {
    program: but("Math.max(cursor, end)", "end"), kind: "behind", cursor: "2",
  },
  "answers the same question once": {
    program: `const seen = new Set();
function answer(state, { log, cursor }) {
  const messages = log.filter(({ seq }) => seq > cursor && !seen.has(seq));
  for (const { seq } of messages) seen.add(seq);
  return { state, messages, cursor: Math.max(cursor, log.at(-1)?.seq ?? 0) };
}`,
    kind: "again", lost: ["m3"],
  },
};
