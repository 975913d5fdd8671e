// @ts-check
// The codec: what may go up the wire, checked before an emit is numbered.
// A number once given must be used: the hub refuses a hole. So what the hub would refuse is refused here first.
import { jsonOf } from "./json.js";

export const DATA_BYTES = 16 * 1024; // of the compact UTF-8 JSON of one emit's data
const LIFE = "connect connection disconnect connecting connect_failed reconnect reconnecting reconnect_failed";
const RESERVED_EVENTS = new Set(`${LIFE} error switch gap`.split(" "));
// What Python's str.isprintable() takes: no control, format, private or unassigned character, of the spaces only " ".
const EVENT_NAME = /^(?:[^\p{Other}\p{Separator}]| )+$/u;

/** What the client refuses itself, or what a refused emit is answered with: an Error with a code. */
export class EmitError extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.name = "EmitError";
    this.code = code;
  }
}

/** Whether only the library itself may emit this event. @param {string} event */
export function reservedEvent(event) {
  return RESERVED_EVENTS.has(event) || event.startsWith("$");
}

/** Whether an event can have this name. @param {unknown} event */
export function namesEvent(event) {
  return typeof event === "string" && [...event].length <= 64 && EVENT_NAME.test(event);
}

/** Throws unless an application may emit this event. @param {string} event */
export function checkEvent(event) {
  if (!namesEvent(event)) {
    throw new EmitError("bad_event", "an event is 1-64 printable characters");
  }
  if (reservedEvent(event)) throw new EmitError("reserved", `"${event}" is an event of the library`);
}

/** The compact JSON of data, as it will travel. Throws what the hub would refuse, and what JSON would change. @param {unknown} data */
export function packData(data) {
  const text = data === undefined ? "null" : soundJson(data);
  const bytes = utf8Length(text);
  if (bytes > DATA_BYTES) {
    throw new EmitError("too_large", `data is ${bytes} bytes of JSON, the limit is ${DATA_BYTES}`);
  }
  return text;
}

/** A getter or a toJSON may throw, too. @param {unknown} data */
function soundJson(data) {
  try {
    return jsonOf(data);
  } catch (error) {
    throw new EmitError("bad_json", error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} text */
export function utf8Length(text) {
  return new TextEncoder().encode(text).length;
}

/** A new secret: 128 random bits as 22 characters of base64url. Unlike crypto.subtle it needs no secure context. */
export function newSid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
