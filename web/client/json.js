// @ts-check
// JSON: the text of a value, or the name of what in it JSON would drop or change without a word.
// JSON.stringify makes {} of a Map and null of NaN, and leaves a function out.

const DEPTH = 8; // levels of arrays and objects
const SAFE_INTEGER = 2 ** 53; // beyond it a JavaScript number is no longer that integer
const LONE_SURROGATE = /\p{Surrogate}/u;
const BINARY = "send base64, or an array of numbers";
/** @type {Record<string, string>} */
const INSTEAD = {
  undefined: "send null",
  function: "call it, or leave it out",
  symbol: "send its description",
  bigint: "send it as a string",
  Map: "send [...map]",
  Set: "send [...set]",
  Promise: "await it",
  ArrayBuffer: BINARY,
  DataView: BINARY,
  Blob: "read it, and send base64",
  File: "read it, and send base64",
};

/**
 * The compact JSON of a value. What has a toJSON goes as that says, a Date as its ISO string; a property that is
 * undefined is left out, for reading it gives undefined there, too; -0 goes as 0. TypeError: `path` is not JSON.
 * @param {any} value @param {string} path what it is called @param {object[]} within what holds it @returns {string}
 */
export function jsonOf(value, path = "data", within = []) {
  if (typeof value === "object" && value !== null) return objectJson(value, path, within);
  const { toJSON } = Object(value); // a program may give BigInt one
  if (typeof value === "bigint" && typeof toJSON === "function") return jsonOf(toJSON.call(value), path, within);
  if (typeof value === "string") return stringJson(value, path);
  if (typeof value === "number") return numberJson(value, path);
  if (typeof value === "boolean" || value === null) return String(value);
  throw wrong(path, typeof value);
}

/** @param {string} path @param {string} kind @param {string} instead */
function wrong(path, kind, instead = INSTEAD[kind] ?? "send a plain object of what matters, or give it a toJSON") {
  const article = kind === "undefined" ? "" : /^[aeio]/i.test(kind) ? "an " : "a ";
  return new TypeError(`${path} is ${article}${kind}, which JSON does not have: ${instead}`);
}

/** @param {string} text @param {string} path */
function stringJson(text, path) {
  if (LONE_SURROGATE.test(text)) throw new TypeError(`${path} holds half a surrogate pair, which is no character`);
  return JSON.stringify(text);
}

/** @param {number} number @param {string} path */
function numberJson(number, path) {
  if (!Number.isFinite(number)) throw wrong(path, String(number), "send null, or a word for it");
  if (Math.abs(number) > SAFE_INTEGER && /^-?\d+$/.test(String(number))) {
    throw new TypeError(`${path} is an integer beyond 2^53, which does not survive the way: send it as a string`);
  }
  return JSON.stringify(number);
}

/** @param {any} object @param {string} path @param {object[]} within */
function objectJson(object, path, within) {
  if (typeof object.toJSON !== "function") return partsJson(object, path, within);
  const said = object.toJSON();
  if (said === null && kindOf(object) === "Date") throw new TypeError(`${path} is a Date that stands for no time`);
  return typeof said === "object" && said !== null ? partsJson(said, path, within) : jsonOf(said, path, within);
}

/** @param {object} object @param {string} path @param {object[]} within */
function partsJson(object, path, within) {
  if (within.includes(object)) throw new TypeError(`${path} contains itself`);
  if (within.length === DEPTH) throw new TypeError(`${path} is nested deeper than ${DEPTH} levels`);
  const inside = [...within, object];
  return Array.isArray(object) ? arrayJson(object, path, inside) : recordJson(object, path, inside);
}

/** @param {any[]} list @param {string} path @param {object[]} within */
function arrayJson(list, path, within) {
  if (Object.keys(list).length !== list.length) {
    throw new TypeError(`${path} is an array with holes, or with names beside its places: send each value in a place`);
  }
  return `[${Array.from(list, (item, place) => jsonOf(item, `${path}[${place}]`, within)).join(",")}]`;
}

/** @param {any} record @param {string} path @param {object[]} within */
function recordJson(record, path, within) {
  const kind = kindOf(record);
  if (kind !== "Object") throw wrong(path, kind, /Array$/.test(kind) ? BINARY : undefined);
  if (Object.getOwnPropertySymbols(record).some((symbol) => Object.prototype.propertyIsEnumerable.call(record, symbol))) {
    throw new TypeError(`${path} has a property named by a symbol, which JSON does not have: name it by a string`);
  }
  const parts = [];
  for (const key of Object.keys(record)) {
    const value = record[key];
    const name = stringJson(key, `a name in ${path}`);
    if (value !== undefined) parts.push(`${name}:${jsonOf(value, `${path}.${key}`, within)}`);
  }
  return `{${parts.join(",")}}`;
}

/** "Object" of a plain one, whatever frame it is from; else the name of what it is. @param {object} object */
function kindOf(object) {
  const tag = Object.prototype.toString.call(object).slice(8, -1);
  if (tag !== "Object") return tag;
  const prototype = Object.getPrototypeOf(object);
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return tag;
  const name = object.constructor?.name;
  return typeof name === "string" && name && name !== "Object" ? name : "object with a prototype of its own";
}
