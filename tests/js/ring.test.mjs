// The ring: quantiles of what it keeps, and none that are but the largest by another name.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Ring } from "../../web/page/race/ring.js";

/** @param {number} count @param {number} [most] */
function filled(count, most = 3000) {
  const ring = new Ring(most);
  for (let n = 1; n <= count; n += 1) ring.add(n, n);
  return ring.figures();
}

test("an empty one has no figures", () => assert.equal(filled(0), null));

test("a quantile that so few cannot tell from the largest is not told", () => {
  assert.deepEqual(filled(19), { mean: 10, p50: 10, p95: null, p99: null });
  assert.deepEqual(filled(20), { mean: 10.5, p50: 10, p95: 19, p99: null });
  assert.deepEqual(filled(99)?.p99, null);
  assert.deepEqual(filled(100), { mean: 50.5, p50: 50, p95: 95, p99: 99 });
});

test("it keeps the last ones only", () => assert.deepEqual(filled(250, 100), { mean: 200.5, p50: 200, p95: 245, p99: 249 }));
