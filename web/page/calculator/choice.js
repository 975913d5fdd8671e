// The choice: what a server pays for so many readers, and which transport it would be, as `python -m bench choose` says.
//
// tests/vectors/choose.json holds the two together. Times in ms, but the costs in facts.js, which are in seconds.

import { event, frame, model } from "../theory.js";

/** @typedef {[number, number][]} Curve   how many a second, and what one of them takes */
/**
 * @typedef {{of: string, base: number, message: number, curves: Record<string, Curve>, beats: Record<string, Curve>,
 *   memory: Record<string, Curve>, machine: {cores: number, memory: number, mbit: number}, level: number,
 *   plain: string[], head: number}} Facts
 * @typedef {{clients: number, rate: number, every: number, size: number, rtt: number}} Knobs
 * @typedef {{empty: number, message: number, heads: Record<string, {up: number, down: number}>}} Bytes
 *   of a batch without a message, of a message with its text, and of the heads of a question and its answer
 * @typedef {{cores: number, memory: number, down: number, up: number, requests: number, mean: number, p99: number,
 *   processes: number, beyond: boolean, cost: number}} Row   of 1,000 readers; down, up: Mbit/s
 */

const P99 = 0.99;
const SAME = 0.02; // loads so near each other are one
const NOTHING = 0.001; // a second: what is rarer than that costs nothing
const SIZE = 100; // bytes of text in the messages whose cost was measured
const LIGHT = 0.01; // of a core: less than that, read below all that was measured, is next to nothing

/** The cost at a load: between two points of the curve, else that of the nearest. @param {Curve} curve @param {number} x */
export function at(curve, x) {
  const [low, high] = [curve[0], curve[curve.length - 1]];
  if (x <= low[0]) return { value: low[1], below: x < low[0] * (1 - SAME), above: false };
  if (x >= high[0]) return { value: high[1], below: false, above: x > high[0] * (1 + SAME) };
  const after = curve.findIndex((point) => point[0] > x);
  const [[x0, y0], [x1, y1]] = [curve[after - 1], curve[after]];
  return { value: y0 * (y1 / y0) ** (Math.log(x / x0) / Math.log(x1 / x0)), below: false, above: false };
}

/**
 * What 1,000 readers out of all cost by one transport.
 * @param {string} transport @param {Knobs} knobs @param {Bytes} bytes @param {Facts} facts
 * @returns {Row}
 */
export function row(transport, { clients, rate, every, size, rtt }, { empty, message, heads }, facts) {
  const { mean, quantile, requests, empty: share, beats } = model(transport, { rate, every, rtt });
  const asks = transport === "poll" || transport === "longpoll";
  const beating = rate * beats; // heartbeats a second, of a stream
  let [cores, beyond] = [0, size > 2 * SIZE];
  /** @param {Curve} curve @param {number} count */
  const add = (curve, count) => {
    if (count < NOTHING) return 0;
    const { value, below, above } = at(curve, count);
    cores += count * value;
    beyond ||= above || (below && count * value > LIGHT);
    return value;
  };
  const each = add(facts.curves[transport], clients * (asks ? requests : rate));
  if (asks) {
    // The cost of an answered long poll has its first message in it, that of a poll has none.
    const first = transport === "poll" ? 0 : requests * (1 - share);
    cores += clients * Math.max(0, rate - first) * facts.message;
  } else add(facts.beats[transport], clients * beating);
  const processes = Math.max(1, Math.ceil(cores));
  cores += processes * facts.base;
  const span = transport === "poll" ? 0 : (1000 * each * clients) / processes; // ms in which all are written to
  const [down, up] = asks
    ? [
        requests * (heads[transport].down + empty) + rate * message + Math.max(0, rate - requests * (1 - share)),
        requests * heads[transport].up,
      ]
    : [rate * framed(transport, empty + message) + beating * framed(transport, empty), 0];
  const found = {
    cores: (cores * 1000) / clients,
    memory: 1000 * at(facts.memory[transport], clients).value,
    down: (down * 8) / 1000,
    up: (up * 8) / 1000,
    requests: 1000 * requests,
    mean: mean + span / 2,
    p99: quantile(P99) + P99 * span,
    processes,
    beyond: beyond || processes > 1,
  };
  const { machine } = facts;
  const shares = [found.cores / machine.cores, found.memory / machine.memory, found.down / machine.mbit, found.up / machine.mbit];
  return { ...found, cost: Math.max(...shares) };
}

/** @param {string} transport @param {number} text */
function framed(transport, text) {
  return text + (transport === "ws" ? frame : event)(text);
}

/**
 * The transports, the best first: who is later than short polling stands behind who is not; of costs that are level the
 * plainest comes first. bench/choose/ranking.py says it in words.
 * @param {Record<string, Row>} rows @param {Facts} facts
 */
export function ranked(rows, { plain, level }) {
  const bound = rows.poll.p99 * (1 + 1e-9);
  let left = [...plain];
  const found = [];
  while (left.length) {
    const timely = left.filter((name) => rows[name].p99 <= bound);
    const among = timely.length ? timely : left;
    const least = Math.min(...among.map((name) => rows[name].cost));
    const best = /** @type {string} */ (among.find((name) => rows[name].cost <= least * (1 + level)));
    found.push(best);
    left = left.filter((name) => name !== best);
  }
  return found;
}
