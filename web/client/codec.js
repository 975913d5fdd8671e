// The codec: what may go up the wire, checked before an emit is numbered.
// A number once given must be used: the hub refuses a hole. So what the hub would refuse is refused here first.

export const DATA_BYTES = 16 * 1024; // of the compact UTF-8 JSON of one emit's data
export const DATA_DEPTH = 8; // levels of arrays and objects, counted from data
const SAFE_INTEGER = 2 ** 53; // beyond it a JavaScript number is no longer that integer
const LIFE = "connect connection disconnect connecting connect_failed reconnect reconnecting reconnect_failed";
const RESERVED_EVENTS = new Set(`${LIFE} error switch gap`.split(" "));
// What Python's str.isprintable() takes: no control, format, private or unassigned character, of the spaces only " ".
const EVENT_NAME = /^(?:[^\p{Other}\p{Separator}]| )+$/u;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** What the client refuses itself, or what a refused emit is answered with: an Error with a code. */
export class EmitError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "EmitError";
    this.code = code;
  }
}

/** Whether only the library itself may emit this event. */
export function reservedEvent(event) {
  return RESERVED_EVENTS.has(event) || event.startsWith("$");
}

/** Throws unless an application may emit this event. */
export function checkEvent(event) {
  if (typeof event !== "string" || [...event].length > 64 || !EVENT_NAME.test(event)) {
    throw new EmitError("bad_event", "an event is 1-64 printable characters");
  }
  if (reservedEvent(event)) throw new EmitError("reserved", `"${event}" is an event of the library`);
}

/** The compact JSON of data, as it will travel. Throws what the hub would refuse. */
export function packData(data) {
  let text;
  try {
    text = JSON.stringify(data === undefined ? null : data, soundValue) ?? "null";
  } catch (error) {
    if (error instanceof EmitError) throw error;
    throw new EmitError("bad_json", `data is not JSON: ${error.message}`);
  }
  const depth = jsonDepth(text);
  if (depth > DATA_DEPTH) throw new EmitError("bad_json", `data is nested ${depth} deep, the limit is ${DATA_DEPTH}`);
  const bytes = utf8Length(text);
  if (bytes > DATA_BYTES) {
    throw new EmitError("too_large", `data is ${bytes} bytes of JSON, the limit is ${DATA_BYTES}`);
  }
  return text;
}

/** JSON.stringify alone would turn NaN into null and say nothing. */
function soundValue(key, value) {
  if (LONE_SURROGATE.test(key) || (typeof value === "string" && LONE_SURROGATE.test(value))) {
    throw new EmitError("bad_json", "half a surrogate pair is not a character");
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new EmitError("bad_json", "NaN and infinity are not JSON");
  }
  if (typeof value === "number" && Math.abs(value) > SAFE_INTEGER && /^-?\d+$/.test(String(value))) {
    throw new EmitError("bad_json", "an integer beyond 2^53 does not survive the way");
  }
  return value;
}

/** How deep arrays and objects are nested in a JSON text. A loop: recursion would overflow before it could refuse. */
function jsonDepth(text) {
  let depth = 0;
  let deepest = 0;
  for (const [mark] of text.matchAll(/"(?:[^"\\]|\\.)*(?:"|$)|[[\]{}]/g)) {
    if (mark === "[" || mark === "{") deepest = Math.max(deepest, (depth += 1));
    else if (mark === "]" || mark === "}") depth -= 1;
  }
  return deepest;
}

export function utf8Length(text) {
  return new TextEncoder().encode(text).length;
}

/** A new secret: 128 random bits as 22 characters of base64url. Unlike crypto.subtle it needs no secure context. */
export function newSid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
