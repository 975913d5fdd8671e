// Bundles: what lies too close to be told apart is one line, and says how many messages it is.

import assert from "node:assert/strict";
import { test } from "node:test";

import { bundled } from "../../web/page/bundles.js";

const SCALE = 0.07; // px for each ms: 8 s in 560 px
const line = { side: "right", way: "ws", spare: null };

/** @param {number} at @param {Record<string, any>} [more] */
function flight(at, more = {}) {
  return /** @type {any} */ ({ exchange: line, kind: "news", up: false, at, left: at, came: at + 5, seqs: [at], ...more });
}

/** @param {number} each ms @param {number} count @param {Record<string, any>} [more] */
const flow = (each, count, more) => Array.from({ length: count }, (_, i) => flight(i * each, more));

test("what comes once in a while stands by itself", () => {
  for (const each of [1000, 300, 130]) assert.equal(bundled(flow(each, 60), SCALE).size, 0, `each ${each} ms`);
});

test("fifty a second are bundled, and no message is forgotten", () => {
  const flights = flow(20, 400);
  const found = bundled(flights, SCALE);
  const bundles = new Set(found.values());
  assert.ok(found.size > 380 && bundles.size < 20);
  assert.equal([...bundles].reduce((sum, { messages }) => sum + messages, 0), found.size);
  for (const [one, { first }] of found) assert.ok(one.at >= first.at && one.at - first.at < 36 / SCALE);
});

test("a bundle stays what it is while the picture moves on", () => {
  const flights = flow(20, 400);
  const before = bundled(flights, SCALE);
  const after = bundled(flights.slice(100), SCALE);
  let same = 0;
  for (const [one, { first }] of after) same += Number(before.get(one)?.first === first);
  assert.ok(after.size - same < 30); // but for those of the bundle that is only partly in sight
});

test("what a person says, what is lost and what the other seat hears are not in it", () => {
  assert.equal(bundled(flow(10, 90, { kind: "say", up: true }), SCALE).size, 0);
  assert.equal(bundled(flow(10, 90, { came: null }), SCALE).size, 0);
  const both = [...flow(10, 20), ...flow(10, 20, { exchange: { ...line, side: "left" } })];
  const found = bundled(both, SCALE);
  for (const [one, { first }] of found) assert.equal(one.exchange.side, first.exchange.side);
});

test("questions are bundled apart from their answers, and say nothing of messages", () => {
  const asked = { exchange: { ...line, way: "longpoll" }, kind: "ask", up: true, seqs: [] };
  for (const { messages } of bundled(flow(20, 100, asked), SCALE).values()) assert.equal(messages, 0);
});
