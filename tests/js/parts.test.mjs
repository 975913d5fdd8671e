// The parts of an exchange come to the whole of it, whatever the two clocks say of each other.

import assert from "node:assert/strict";
import { test } from "node:test";

import { shared } from "../../web/page/parts.js";

test("what both clocks say is kept where it is possible", () => {
  assert.deepEqual(shared(38, 10, 20), { all: 38, up: 10, hub: 20, down: 8 });
});

test("no part is longer than what is left of the whole", () => {
  assert.deepEqual(shared(38, 41, 0), { all: 38, up: 38, hub: 0, down: 0 });
  assert.deepEqual(shared(38, -3, 30), { all: 38, up: 0, hub: 30, down: 8 });
  assert.deepEqual(shared(5, 1, 9), { all: 5, up: 0, hub: 5, down: 0 });
});

test("the parts come to the whole as they are rounded", () => {
  for (let all = 0; all < 60; all += 0.7) {
    for (let up = -5; up < 60; up += 1.3) {
      for (let hub = 0; hub < 60; hub += 2.1) {
        const parts = shared(all, up, hub);
        assert.ok(Math.min(...Object.values(parts)) >= 0, JSON.stringify([all, up, hub, parts]));
        assert.ok(Math.abs(parts.up + parts.hub + parts.down - parts.all) <= 1, JSON.stringify([all, up, hub, parts]));
      }
    }
  }
});
