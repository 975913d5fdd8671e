// Taking along: the picture as SVG, and the tape as data, each a file.

import { make } from "./dom.js";
import { now } from "./hubclock.js";
import { svg, writing } from "./svg.js";
import { text } from "./words.js";

/** @import { Side } from "./knobs.js" */
/** @import { Exchange, Tape } from "./tape.js" */
/** @import { Timeline } from "./timeline.js" */

/** The picture as it stands. @param {Timeline} timeline */
export function takePicture(timeline) {
  const { diagram, tape, width, height, colours, font, em } = timeline;
  const pen = writing();
  diagram.draw(pen, tape, timeline.view());
  save("wire.svg", "image/svg+xml", svg(pen, width, height, colours, font, em, text("title")));
}

/** All that is on the tape. @param {Tape} tape @param {Record<Side, string | null>} clients their public names */
export function takeTape(tape, clients) {
  save("wire.json", "application/json", JSON.stringify({ clients, ...record(tape) }, null, 1));
}

/** A tape as data. No sid is on it. @param {Tape} tape */
export function record({ flights, trace, missed, totals }) {
  const exchanges = new Map();
  for (const flight of flights) {
    const { exchange } = flight;
    if (!exchanges.has(exchange)) exchanges.set(exchange, { ...told(exchange), flights: [] });
    const { up, kind, left, came, bytes, payload, seqs } = flight;
    exchanges.get(exchange).flights.push({ way: up ? "up" : "down", kind, left, came, bytes, payload, seqs });
  }
  const { offset, doubt } = trace;
  const clock = { unit: "ms since 1970", offset, doubt };
  return { version: 1, at: now(), clock, missed, totals, exchanges: [...exchanges.values()] };
}

/** @param {Exchange} exchange */
function told(exchange) {
  const { side, name, method, target, status, fresh, headUp, headDown, over, ending, bytes } = exchange;
  return { side, name, method, target, status, newConnection: fresh, headUp, headDown, over, ending, bytes };
}

/** @param {string} name @param {string} type @param {string} words */
function save(name, type, words) {
  const address = URL.createObjectURL(new Blob([words], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
