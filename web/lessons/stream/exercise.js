// The exercise: streams written by hand, read as a browser reads them, and what each that is wrong would have dispatched.

import { interpret } from "./interpret.js";

/** @import { Dispatched, Read } from "./interpret.js" */
/** @typedef {{wanted: Dispatched[], escaped?: boolean, also?: (read: Read, text: string) => string | null}} Task   `also`: what is still asked for, or null */
/** @typedef {Record<string, any>} Facts */

export const KINDS = [
  "ends", "unknown", "left", "nothing", "joined", "split", "empty", "comment", "apart", "noid", "type", "space", "text",
];

/** @param {string} data @param {string} [type] @param {string} [lastEventId] @returns {Dispatched} */
const event = (data, type = "message", lastEventId = "") => ({ type, data, lastEventId });

export const TASKS = /** @type {Task[]} */ ([
  { wanted: [event("Ada: hello\nBo: hi")] },
  { wanted: [event("still here")], also: ({ blocks }) => (blocks.some(({ comments }) => comments) ? null : "comment") },
  {
    wanted: [event("go", "message", "7")],
    also: ({ blocks }) => (blocks.some(({ id, data }) => id === "7" && !data.length) ? null : "apart"),
  },
  { wanted: [event("3:2", "score")], escaped: true, also: (_read, text) => (/\r(?!\n)|(?<!\r)\n/.test(text) ? "ends" : null) },
  { wanted: [event("one"), event("two")] },
]);

/** The text that a field stands for; where a task says so, its line ends are written out, and those of the field are none. @param {string} typed @param {Task} task */
export function streamOf(typed, { escaped }) {
  if (!escaped) return typed.replace(/\r\n/g, "\n");
  return typed.replace(/[\r\n]/g, "").replaceAll("\\r", "\r").replaceAll("\\n", "\n");
}

/**
 * Whether a stream does what a task asks for, as facts: `right`, or one of KINDS, the first thing that is wrong.
 * @param {string} typed @param {Task} task @returns {Facts & {events: Dispatched[]}}
 */
export function judged(typed, task) {
  const text = streamOf(typed, task);
  const read = interpret(text);
  const fault = firstFault(read, text, task);
  const said = Object.fromEntries(KINDS.map((kind) => [kind, fault === kind]));
  const strange = [...read.blocks, ...(read.left ? [read.left] : [])].flatMap(({ unknown }) => unknown)[0] ?? "";
  return { ...said, given: true, right: fault === null, strange, count: read.events.length, none: !read.events.length, events: read.events };
}

/** @param {Read} read @param {string} text @param {Task} task */
function firstFault({ events, blocks, left, ...rest }, text, { wanted, also, escaped }) {
  const read = { events, blocks, left, ...rest };
  const same = JSON.stringify(events) === JSON.stringify(wanted);
  if (same && !left) return also?.(read, text) ?? null;
  if (escaped && also?.(read, text)) return "ends";
  if ([...blocks, ...(left ? [left] : [])].some(({ unknown }) => unknown.length)) return "unknown";
  if (left) return "left";
  if (!events.length) return "nothing";
  if (events.some(({ data }) => data === "") && events.length > wanted.length) return "empty";
  if (events.length < wanted.length) return "joined";
  if (events.length > wanted.length) return "split";
  return lastFault(events, wanted);
}

/** As many events as are wanted, but others. @param {Dispatched[]} events @param {Dispatched[]} wanted */
function lastFault(events, wanted) {
  const i = events.findIndex((one, n) => JSON.stringify(one) !== JSON.stringify(wanted[n]));
  const [is, should] = [events[i], wanted[i]];
  if (is.data !== should.data) return is.data.replace(/^ +/gm, "") === should.data ? "space" : "text";
  return is.type !== should.type ? "type" : "noid";
}
