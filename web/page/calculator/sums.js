// The sums: what many readers cost, from what one question and one frame were measured to cost.

import { bytesPerMessage, EMPTY, event, frame, messageBytes, model, ratios } from "../theory.js";
import { lineEnds } from "./measure.js";

/** @import { Measured } from "./measure.js" */
/** @import { Settings } from "./settings.js" */
/** @typedef {{requests: number, mbit: number, around: number, text: number, mean: number}} Cost   around, text: parts of mbit */

export const WAYS = ["poll", "longpoll", "sse", "ws"];
export const CASES = [1000, 10_000, 100_000]; // readers: Kaazing's A, B and C
// Kaazing counted characters without line ends; the same heads with them are 909 bytes, in 19 lines.
export const KAAZING = { up: 455, down: 454, lines: 19, body: 21, framing: 2, printed: ["6.6", "66", "665"] };
const COOKIE_LINE = 10; // bytes: "Cookie: " and the line's end

/**
 * The heads of one question, with the cookies it would carry. One that is not answered yet has no head of an answer.
 * @param {Measured} measured @param {string} transport @param {number} cookie
 * @returns {{up: number, down: number, lines: number|null}}
 */
export function headOf({ transports, heads }, transport, cookie) {
  const { head_up: up, head_down: down, requests, news, empty } = transports[transport];
  const more = cookie ? cookie + COOKIE_LINE : 0;
  const lines = heads ? lineEnds(heads.up) + lineEnds(heads.down) + Number(cookie > 0) : null;
  return { up: up / requests + more, down: down / (news + empty), lines };
}

/**
 * What all readers together ask of the hub by one transport, and how old their news is.
 * @param {string} transport @param {Measured} measured @param {Settings} settings
 */
export function cost(transport, measured, { clients, rate, every, size, rtt, cookie }) {
  const asks = transport === "poll" || transport === "longpoll";
  const { up, down } = asks ? headOf(measured, transport, cookie) : { up: 0, down: 0 };
  const head = up + down;
  const { requests, mean } = model(transport, { rate, every, rtt });
  const bytes = bytesPerMessage(transport, { rate, every, rtt, size, head }) * rate * clients;
  const around = asks ? head * requests * clients : framing(transport, size) * rate * clients;
  return { requests: requests * clients, mbit: megabits(bytes), around: megabits(around), text: megabits(size * rate * clients), mean };
}

/** Bytes that frame one message in a batch of its own. @param {string} transport @param {number} size */
export function framing(transport, size) {
  const text = body(size);
  return transport === "ws" ? frame(text) : event(text);
}

/** Bytes of a batch with one message. @param {number} size */
export function body(size) {
  return EMPTY + messageBytes(size);
}

/** Bytes a second as Mbit/s: 10^6 bits, as networks are sold. @param {number} bytes */
export function megabits(bytes) {
  return (bytes * 8) / 1e6;
}

/** The same in Kaazing's way: 2^20 bits. @param {number} bytes */
export function mebibits(bytes) {
  return (bytes * 8) / 2 ** 20;
}

/**
 * All ratios, Kaazing's and this browser's: `[{counts, kaazing: {poll, ws}, own: {poll, ws}|null}]`.
 * @param {Measured | null} measured @param {Settings} settings
 */
export function allRatios(measured, { size, cookie }) {
  const theirs = ratios(KAAZING);
  const head = measured && headOf(measured, "poll", cookie);
  const own = head && ratios({ ...head, lines: head.lines ?? 0, body: body(size) });
  return theirs.map(({ counts, poll, ws }, i) => {
    const known = own && (counts !== "characters" || head.lines !== null);
    return { counts, kaazing: { poll, ws }, own: known ? own[i] : null };
  });
}
