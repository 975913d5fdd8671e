// Status: why a seat does not read by what it was told to, what carries meanwhile, and when that is tried next.

import { phrase } from "./phrases.js";
import { clock } from "./time.js";
import { now } from "./hubclock.js";
import { learn } from "./words.js";

/** @import { Decision, Socket } from "/client/socket.js" */
/** @import { Seat } from "./seat.js" */
/** @import { Values } from "./words.js" */

await learn("/page/texts/said");

const FAILED = new Set(["died", "refused", "late", "late.open", "silent", "deaf", "cut", "lease", "sent", "wait", "stop"]);
const TOLD = new Set(["resting", "waits", "trying", "refused", "absent", "probation"]); // states that have a text

/** @param {Seat} seat @returns {[key: string, values: Values]} */
export function reason({ transport, use, socket }) {
  const wanted = use === "auto" ? socket.transports[0] : use;
  const values = known(socket, wanted);
  if (transport === "none") return lost(socket, values);
  if (transport !== wanted) return ["why.other", { ...values, text: "", now: { text: transport } }];
  return values.count ? ["why.fails", values] : ["why.silent", silence(socket)];
}

/** For how long nothing has come, and when that counts as a failure. @param {Socket} socket @returns {Values} */
function silence({ heard }) {
  return heard ? { ago: Math.round((now() - heard.at) / 1000), when: clock(heard.until) } : { ago: 0, when: "?" };
}

/** What is known of the transport that one would rather have. @param {Socket} socket @param {string} name @returns {Values} */
function known(socket, name) {
  const { state = "absent", until = null, fails = 0, evidence = null } = socket.rungs.find((one) => one.name === name) ?? {};
  const last = failure(socket.decisions, name) ?? evidence;
  const because = last ? phrase(last) : { text: "why.unknown" };
  const next = { text: `why.wanted.${TOLD.has(state) ? state : "ready"}`, when: until ? clock(until) : "?" };
  return { wanted: { text: name }, because, next, count: fails };
}

/** The last time this transport failed, as the client put it. @param {readonly Decision[]} decisions @param {string} name */
function failure(decisions, name) {
  const last = decisions.findLast(({ parts: [first] }) => FAILED.has(first.key) && first.rung === name);
  return last?.parts.slice(0, 1);
}

/**
 * Nothing reads: for what reason, what is done about it, and when.
 * @param {Socket} socket @param {Values} values @returns {[key: string, values: Values]}
 */
function lost({ next }, values) {
  if (!next) return ["why.ended", {}];
  const { attempt, at } = next;
  return at === null ? ["why.trying", { ...values, attempt }] : ["why.retry", { ...values, attempt, when: clock(at) }];
}
