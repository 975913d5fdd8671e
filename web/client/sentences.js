// @ts-check
// Sentences: what the ladder decided, as parts that a person can read in any language; here in English.
// A decision is a list of parts, {key, ...values}; each brings its own lead-in. A value may be a part again, or a list of them.

/** @import {Part} from "./types.js" */

/** @type {Record<string, string>} */
export const ENGLISH = {
  // What came back
  died: "{rung} opened and died after {time}",
  refused: "{rung} did not open: it failed after {time}",
  late: "{rung} gave no first batch within {time}",
  "late.open": "{rung} opened, but gave no first batch within {time}",
  still: "; it may still come",
  silent: "{rung} was silent for {time}",
  deaf: "{rung} takes nothing up any more, though news still comes down",
  cut: "{rung} was cut by hand after {time}",
  lease: "{rung} has to wait: this browser holds four readers open at this server already",
  sent: "the server sends {rung} away",
  wait: "the server asks {rung} to wait",
  stop: "the server refuses {rung}: it is not tried again",
  why: " ({because})",
  // What that means
  count: ", the {nth} time while {witness} was delivering",
  uncounted: ", which does not count: {because}",
  convicted: "the way was open: ",
  rest: ": resting it for {time}",
  pause: ": trying it again in {time}",
  lesson: ": from now on it beats every {time}",
  carries: "; {rung} carries on; silence 0 ms",
  // What is tried
  tried: "{rung}: tried, {time} for its first batch",
  passed: "{rung} passed after {time}",
  use: ": in use",
  better: ": better than {old}, which reads on until {rung} has lived {time}",
  fresh: ": a fresh line",
  worse: ": {old} is better, let go",
  silence: "; silence {time}",
  proven: "{rung} has lived {time}: {old} is let go",
  witness: "{rung} is asked once more: does the network deliver?",
  doubt: "{rung} does not answer what went up: {other} is tried beside it",
  beside: ": it reads beside {old}, which is in doubt",
  speaks: "{rung} speaks again: {other} is let go",
  nothing: "nothing reads: next try in {time}",
  // What a person or the browser did
  hand: "{rung} is asked for by hand",
  strict: "{rung} is asked for by hand, the old one goes first",
  auto: "the ladder chooses",
  unpinned: "; the ladder chooses again",
  online: "the browser says it is online",
  offline: "the browser says it is offline",
  slept: "this client slept for {time}: that silence proves nothing",
  away: "the page was put away",
  newsid: "a new sid",
  forgotten: "the server has forgotten this client: it goes on with a new sid",
  retry: "by hand: rests and pauses are over",
  forget: "what was learnt is forgotten",
  network: "this is the network {name}: {known}",
  "network.new": "nothing is known of it",
  "network.known": "what was learnt on it holds again",
  ended: "ended: {because}",
  closed: "closed by the application",
  none: "the server refuses every transport there is",
  // Why something failed
  code: "closed with {code}",
  "code.reason": "closed with {code}: {reason}",
  answer: "no answer",
  stranger: "{status} that is not the server's word",
  word: "{code}: {message}",
  broke: "the stream broke",
  garbled: "what came is not a batch",
  over: "the pipe ended",
  dropped: "its batch was dropped: {reason}",
  hidden: "the page is hidden",
  // The way up
  lost: "emit: some were lost on the way, they go again",
  unsent: "emit by {way}: {because}",
  moved: "emit by POST: a redirect led to {base}, so it is posted there",
  giveup: "emit by {way}: no answer, asked whether it lives",
  goeson: "; {other} carries on",
  slow: "emit by {way}: alive, so a handler is slow or one answer was lost",
  dumb: "emit by {way}: it answers nothing",
};

const NTH = ["", "first", "second", "third"];

/** A time in words. @param {number} exact in ms */
export function span(exact) {
  const ms = Math.round(exact);
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000} min`;
  if (ms < 1000) return `${Math.max(0, ms)} ms`;
  if (ms < 100_000) return `${Math.round(ms / 100) / 10} s`.replace(".0 ", " ");
  return `${Math.round(ms / 60_000)} min`;
}

/** English made of parts; a part nobody knows is shown as its `text`. @param {Part|Part[]} parts @returns {string} */
export function sentence(parts) {
  return [parts].flat().map(clause).join("");
}

/** @param {Part} part */
function clause({ key, ...values }) {
  const form = ENGLISH[key] ?? String(values.text ?? key);
  return form.replace(/\{(\w+)\}/g, (_all, name) => word(name, values[name]));
}

/** @param {string} name @param {unknown} value */
function word(name, value) {
  if (value !== null && typeof value === "object") return sentence(/** @type {Part|Part[]} */ (value));
  if (name === "time") return span(Number(value));
  if (name === "nth") return NTH[Number(value)] ?? `${value}th`;
  return String(value);
}
