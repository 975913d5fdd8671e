// The figures of lesson 2: a frame as its fields, and a handshake as a picture in which something may have ended.

import { make } from "/page/dom.js";
import { text } from "/page/words.js";
import { line, put, rem, shape, words } from "../sketch.js";
import { apart, hex } from "./frame.js";

/** @import { Shown } from "./line.js" */
/** @import { Place } from "./networks.js" */

const BYTES = 16; // of a payload that are shown

/** A frame, field by field, with the bits of its first two bytes. @param {HTMLElement} element @param {Shown | null} shown */
export function frameFigure(element, shown) {
  if (!shown) return element.replaceChildren();
  const { fin, rsv, opcode, masked, short, extended, key, payload, plain, size } = apart(shown.bytes);
  const fields = [
    field("fin", bits(fin, 1)), field("rsv", bits(rsv, 3)), field("opcode", bits(opcode, 4)),
    field("mask", bits(Number(masked), 1)), field("length", bits(short, 7), String(short)),
  ];
  if (extended.length) fields.push(field("extended", hex(extended), size.toLocaleString("en")));
  if (key.length) fields.push(field("key", hex(key)));
  const more = size > BYTES ? " …" : "";
  if (size) fields.push(field("payload", hex(payload.slice(0, BYTES)) + more, spoken(plain.slice(0, BYTES)) + more));
  element.replaceChildren(make("ol", { class: "frame" }, ...fields));
}

/** @param {string} name @param {string} value @param {string} [means] */
function field(name, value, means = "") {
  const parts = [make("span", {}, text(`lessons.frame.${name}`)), make("code", {}, value)];
  if (means) parts.push(make("small", {}, means));
  return make("li", { "data-field": name }, ...parts);
}

/** @param {number} value @param {number} count */
function bits(value, count) {
  return value.toString(2).padStart(count, "0");
}

/** The text in these bytes; a character that was cut at their end is left out. @param {Uint8Array} bytes */
function spoken(bytes) {
  return `“${new TextDecoder().decode(bytes, { stream: true })}”`;
}

/**
 * Question up, answer down, frames: 1, 2, 3. `place`: where it ended, by a cross; null: it did not.
 * @param {HTMLElement} element @param {Place | null} place
 */
export function handshakeFigure(element, place) {
  const em = rem();
  const [left, right, hub, browser] = [4.25 * em, element.clientWidth - 0.5 * em, 2 * em, 5.5 * em];
  const shapes = [hub, browser].flatMap((y, i) => [
    line(left, y, right, y, "rail"),
    words(left - 0.625 * em, y + 0.3 * em, text(i ? "lessons.browser" : "lessons.hub"), "word", "end"),
  ]);
  const wide = right - left > 18 * em; // else the words would not stand beside each other
  /** @param {string} number @param {string} said */
  const label = (number, said) => (wide ? `${number} ${said}` : number);
  /** @param {number} part */
  const x = (part) => left + (right - left) * part;
  const middle = (hub + browser) / 2;
  /** @param {number} at @param {number} y */
  const cross = (at, y) => shape("path", { d: `M${at - 7} ${y - 7}l14 14m0 -14l-14 14`, class: "cross" });
  const inside = place === "refused" || place === "unanswered"; // the network lets nothing through to the hub
  const far = inside ? middle : hub;
  const ends = { unanswered: x(0.12), refused: x(0.38), open: x(0.8) };
  if (place) shapes.push(line(left, middle, right, middle, "guide"), words(left - 0.625 * em, middle + 0.3 * em, text("lessons.network"), "word", "end"));
  shapes.push(line(x(0.06), browser, inside ? x(0.12) : x(0.18), far, "asks"), words(x(0.14), browser + 1.4 * em, label("1", "GET"), "word strong", "middle"));
  if (place !== "unanswered") {
    shapes.push(line(inside ? x(0.38) : x(0.32), far, x(0.44), browser, "asks"));
    shapes.push(words(x(0.4), browser + 1.4 * em, label("2", place === "refused" ? "400" : "101"), "word strong", "middle"));
  }
  if (place === null || place === "open") {
    const end = place ? ends.open : right;
    for (const off of [-3, 3]) shapes.push(line(x(0.5), middle + off, end, middle + off, "asks"));
    shapes.push(words(x(0.7), browser + 1.4 * em, label("3", text("lessons.frame.frames")), "word strong", "middle"));
  }
  if (place) shapes.push(cross(ends[place], middle));
  put(element, 8 * em, shapes);
}
