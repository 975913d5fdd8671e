// @ts-check
// The options: what io() and use() may be told, each checked where it is said and refused by its name: by a RangeError
// where it is a value that does not occur here, by a TypeError where it is of another kind.
import { namesEvent } from "./codec.js";
import { RUNGS } from "./rungs.js";
/** @import {Options, Transport} from "./types.js" */

/** @type {Record<"every"|"hold"|"heartbeat", [number, number, string]>} */
const RANGES = { every: [100, 60_000, "ms"], hold: [1, 30, "s"], heartbeat: [1, 30, "s"] }; // what a server takes
const OPTIONS = ["transports", "use", ...Object.keys(RANGES), "history", "autoConnect", "clock", "world"];
/** @type {Record<string, string>} */
const CALLED_HERE = { websocket: '"ws"', polling: '"longpoll" or "poll"', "long-polling": '"longpoll"', eventsource: '"sse"' };

/** Throws unless these are options of io(). @param {Options} options */
export function checkOptions(options) {
  checkNames("io", options, OPTIONS);
  const { transports, use, history, autoConnect } = options;
  if (transports !== undefined) checkTransports(transports);
  if (use !== undefined && use !== "auto") checkTransport("use", use);
  for (const [name, [least, most, unit]] of Object.entries(RANGES)) {
    const value = /** @type {Record<string, unknown>} */ (options)[name];
    if (value === undefined || (typeof value === "number" && value >= least && value <= most)) continue;
    throw new RangeError(`${name}: ${shown(value)} is not a number of ${unit} from ${least} to ${most}`);
  }
  if (history !== undefined && !(Number.isSafeInteger(history) && history >= 0)) {
    throw new RangeError(`history: ${shown(history)} is not a number of messages, 0 or more`);
  }
  if (autoConnect !== undefined && typeof autoConnect !== "boolean") {
    throw new TypeError(`autoConnect: ${shown(autoConnect)} is neither true nor false`);
  }
}

/**
 * Throws a TypeError unless `options` is an object that has these names only. `of`: whose options they are.
 * @param {string} of @param {object} options @param {string[]} known
 */
export function checkNames(of, options, known) {
  if (typeof options !== "object" || options === null) throw new TypeError(`${of}: its options are an object`);
  const strange = Object.keys(options).find((name) => !known.includes(name));
  if (strange === undefined) return;
  throw new TypeError(`${of}: there is no option "${strange}" here; there ${known.length > 1 ? "are" : "is"} ${known.join(", ")}`);
}

/** @param {unknown} names */
function checkTransports(names) {
  const list = `a list of names, best first, out of ${RUNGS.join(", ")}`;
  if (!Array.isArray(names)) throw new TypeError(`transports: ${shown(names)} is not ${list}`);
  if (!names.length) throw new RangeError(`transports: none is given; it is ${list}`);
  for (const name of names) checkTransport("transports", name);
  const twice = names.find((name, place) => names.indexOf(name) < place);
  if (twice) throw new RangeError(`transports: "${twice}" stands there twice`);
}

/**
 * Throws a RangeError unless there is such a transport. `said`: by which word it was asked for.
 * @param {string} said @param {unknown} name @returns {asserts name is Transport}
 */
export function checkTransport(said, name) {
  if (RUNGS.includes(/** @type {Transport} */ (name))) return;
  const right = Object.hasOwn(CALLED_HERE, String(name).toLowerCase()) ? CALLED_HERE[String(name).toLowerCase()] : null;
  const instead = right ? `it is called ${right}` : `there are ${RUNGS.join(", ")}`;
  throw new RangeError(`${said}: there is no ${shown(name)} here; ${instead}`);
}

/**
 * The handler. Throws a TypeError unless it can be called. `said`: the method it was given to.
 * @template H @param {string} said @param {H} handler @returns {H}
 */
export function callable(said, handler) {
  if (typeof handler !== "function") throw new TypeError(`${said}: a handler is a function, not ${shown(handler)}`);
  return handler;
}

/** Throws a TypeError unless an event of this name can come. @param {string} said the method it was given to @param {string} event */
export function checkEventName(said, event) {
  if (!namesEvent(event)) throw new TypeError(`${said}: an event is 1-64 printable characters; ${shown(event)} is none`);
  if (event.startsWith("$")) throw new TypeError(`${said}: "${event}" is of the wire alone and comes to nobody`);
}

/** @param {unknown} value */
function shown(value) {
  if (typeof value === "string") return `"${value}"`;
  return typeof value === "object" && value !== null ? Object.prototype.toString.call(value).slice(8, -1) : String(value);
}
