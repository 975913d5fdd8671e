// What a test says: that two are the same, or that something is so.
import assert from "node:assert/strict";

export function same(actual, expected, about = "") {
  try {
    assert.deepEqual(actual, expected);
  } catch (error) {
    error.message = `${about} ${error.message}`.trim();
    throw error;
  }
}

export function ok(fact, about) {
  assert.ok(fact, `not so: ${about}`);
}
