// The exercise: a frame written by hand, read byte by byte, and the first thing in it that is wrong.

import { apart, hex, written } from "./frame.js";

/** @typedef {{text: string, key: Uint8Array, size?: number}} Task   the text; with `size` only the head of a frame with so many bytes */
/** @typedef {Record<string, any>} Facts */

const WORDS = ["hello", "later", "never", "seven", "water"];
const KINDS = ["digit", "half", "fin", "rsv", "opcode", "unmasked", "length", "small", "large", "order", "key", "plain", "once", "byte", "short", "long"];

/** @returns {Task} */
export function whole() {
  return { text: WORDS[Math.floor(Math.random() * WORDS.length)], key: key() };
}

/** A frame that needs the longer length, of which no byte is another. @returns {Task} */
export function longer() {
  return { text: "", key: key(), size: 256 * (1 + Math.floor(Math.random() * 90)) + 128 + Math.floor(Math.random() * 127) };
}

/** A key of four different bytes, none of them 0: a mask that is there. */
function key() {
  const found = new Set();
  while (found.size < 4) found.add(1 + Math.floor(Math.random() * 255));
  return Uint8Array.from(found);
}

/** The bytes that a task asks for. @param {Task} task */
export function answer({ text, key, size }) {
  return written(new TextEncoder().encode(text), key, size);
}

/**
 * What is wrong with what somebody wrote for a task, as facts: `right`, or one of KINDS with what to say of it, and what a server
 * would read. Spaces, commas and 0x between bytes are no matter.
 * @param {string} typed @param {Task} task @returns {Facts}
 */
export function judged(typed, task) {
  const fault = firstFault(typed, task);
  const found = Object.fromEntries(KINDS.map((kind) => [kind, fault?.kind === kind]));
  return { ...found, given: true, right: !fault, at: "", is: "", wanted: "", ...fault?.says, ...readAs(typed) };
}

/** @param {string} typed */
function digits(typed) {
  return typed.toLowerCase().replace(/0x/g, "").replace(/[\s,]/g, "");
}

/**
 * @param {string} typed @param {Task} task
 * @returns {{kind: string, says: Facts} | null}
 */
function firstFault(typed, task) {
  const all = digits(typed);
  const strange = all.match(/[^0-9a-f]/);
  if (strange) return { kind: "digit", says: { is: strange[0] } };
  if (all.length % 2) return { kind: "half", says: { is: all.at(-1) } };
  const bytes = Uint8Array.from(all.match(/../g) ?? [], (two) => parseInt(two, 16));
  const right = answer(task);
  return headFault(bytes, right, task) ?? bodyFault(bytes, right, task) ?? countFault(bytes, right);
}

/** The first two bytes and the length. @param {Uint8Array} bytes @param {Uint8Array} right @param {Task} task */
function headFault(bytes, right, task) {
  const [is, wanted] = [apart(bytes), apart(right)];
  if (bytes.length > 0) {
    if (!is.fin) return { kind: "fin", says: {} };
    if (is.rsv) return { kind: "rsv", says: {} };
    if (is.opcode !== 1) return { kind: "opcode", says: { is: is.opcode } };
  }
  if (bytes.length < 2) return null; // what is missing is said at the end
  const size = task.size ?? task.text.length;
  if (!is.masked) return { kind: "unmasked", says: {} };
  if (is.short !== wanted.short) {
    const kind = wanted.short < 126 ? "length" : is.short === 127 ? "large" : "small";
    return { kind, says: { is: is.short, wanted: size } };
  }
  if (is.extended.length === wanted.extended.length && is.size !== wanted.size) {
    const turned = is.extended.toReversed().every((byte, i) => byte === wanted.extended[i]);
    return { kind: turned ? "order" : "length", says: { is: is.size, wanted: size } };
  }
  return null;
}

/** The key and what is masked by it. @param {Uint8Array} bytes @param {Uint8Array} right @param {Task} task */
function bodyFault(bytes, right, { key }) {
  const { plain, payload } = apart(right);
  const head = right.length - payload.length;
  const i = bytes.findIndex((byte, n) => n < right.length && byte !== right[n]);
  if (i < 0) return null;
  const n = i - head; // of the payload
  const says = { at: i + 1, is: hex(bytes.slice(i, i + 1)), wanted: hex(right.slice(i, i + 1)) };
  if (n < 0) return { kind: "key", says };
  const more = { ...says, letter: String.fromCharCode(plain[n]), code: hex(plain.slice(n, n + 1)), mask: hex(key.slice(n % 4, (n % 4) + 1)), nth: (n % 4) + 1 };
  if (bytes[i] === plain[n]) return { kind: "plain", says: more };
  const other = key.findIndex((byte) => (byte ^ plain[n]) === bytes[i]);
  if (other >= 0) return { kind: "once", says: { ...more, other: other + 1 } };
  return { kind: "byte", says: more };
}

/** @param {Uint8Array} bytes @param {Uint8Array} right */
function countFault(bytes, right) {
  const [is, wanted] = [bytes.length, right.length];
  if (is === wanted) return null;
  return { kind: is < wanted ? "short" : "long", says: { is, wanted, off: Math.abs(is - wanted) } };
}

/** What a server would read in these bytes. @param {string} typed */
function readAs(typed) {
  const all = digits(typed);
  const bytes = Uint8Array.from(all.match(/[0-9a-f]{2}/g) ?? [], (two) => parseInt(two, 16));
  const { fin, rsv, opcode, masked, size, plain } = apart(bytes);
  const text = new TextDecoder().decode(plain.slice(0, size)).replace(/[^\x20-\x7e\u00a0-\ud7ff]/g, "·");
  return { "read": bytes.length > 1, "read.fin": fin, "read.rsv": rsv, "read.opcode": opcode, "read.mask": Number(masked), "read.size": size, "read.text": text };
}
