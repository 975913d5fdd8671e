// Programs for the exercise of lesson 9: right ones, and those that students write first.

export const RIGHT = [
  `function read(state, piece) {
  const { rest, cursor } = state ?? { rest: [], cursor: null };
  if (!piece) return { state: { rest: [], cursor }, messages: [], cursor };
  const bytes = [...rest, ...piece];
  const end = bytes.lastIndexOf(10) + 1;
  const text = new TextDecoder().decode(new Uint8Array(bytes.slice(0, end)));
  const batches = text.split("\\n").filter((line) => line.trim()).map((line) => JSON.parse(line));
  const place = batches.at(-1)?.cursor ?? cursor;
  return { state: { rest: bytes.slice(end), cursor: place }, messages: batches.flatMap(({ messages }) => messages), cursor: place };
}`,
];

/** A program that is right but for one thing. @param {string} is @param {string} instead */
function but(is, instead) {
  if (!RIGHT[0].includes(is)) throw new Error(is);
  return RIGHT[0].replace(is, instead);
}

const BY_TEXT = `function read(state, piece) {
  const { rest, cursor } = state ?? { rest: "", cursor: null };
  if (!piece) return { state: { rest: "", cursor }, messages: [], cursor };
  const lines = (rest + new TextDecoder().decode(piece)).split("\\n");
  const left = lines.pop();
  const batches = lines.filter((line) => line.trim()).map((line) => JSON.parse(line));
  const place = batches.at(-1)?.cursor ?? cursor;
  return { state: { rest: left, cursor: place }, messages: batches.flatMap(({ messages }) => messages), cursor: place };
}`;

/**
 * `kind`: the case that it is shown; `place`: the call after which the cursor is wrong.
 * @type {Record<string, {program: string, kind: string, lost?: string[], other?: string[], place?: number, threw?: boolean}>}
 */
export const PROGRAMS = {
  "takes a piece for a line": {
    program: `function read(state, piece) {
  return { state, ...JSON.parse(new TextDecoder().decode(piece)) };
}`,
    kind: "several", threw: true,
  },
  "forgets half a line": { program: but("rest: bytes.slice(end)", "rest: []"), kind: "half", threw: true },
  "decodes each piece": { program: BY_TEXT, kind: "character", lost: ["你好"], other: ["\ufffd\ufffd\ufffd好"] },
  "takes a blank line for a batch": { program: but(".filter((line) => line.trim())", ".slice(0, -1)"), kind: "blank", threw: true },
  "takes its cursor from a batch with messages": {
    program: but("batches.at(-1)?.cursor", "batches.findLast(({ messages }) => messages.length)?.cursor"), kind: "beat", place: 2,
  },
  "stops at a gap": {
    program: but("messages: batches.flatMap(({ messages }) => messages), cursor: place",
      "messages: batches.flatMap(({ gap, messages }) => (gap ? [] : messages)), cursor: place"),
    kind: "gap", lost: ["eight", "nine"],
  },
  "keeps half a line beyond a break": { program: but("state: { rest: [], cursor }, messages", "state: { rest, cursor }, messages"), kind: "broken", threw: true },
  "goes back to the beginning after a break": {
    program: but("state: { rest: [], cursor }, messages: [], cursor }", "state: null, messages: [], cursor: null }"), kind: "broken", place: 3,
  },
  "hands nothing on": {
    program: "function read(state, piece) { return { state, messages: [], cursor: null }; }", kind: "plain", lost: ["one", "two"],
  },
};
