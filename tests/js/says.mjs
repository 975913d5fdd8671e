// What a test says: that two are the same, or that something is so.
import assert from "node:assert/strict";

/** @param {unknown} actual @param {unknown} expected @param {unknown} about */
export function same(actual, expected, about = "") {
  try {
    assert.deepEqual(actual, expected);
  } catch (/** @type {any} */ error) {
    error.message = `${about} ${error.message}`.trim();
    throw error;
  }
}

/** @param {unknown} fact @param {unknown} about */
export function ok(fact, about) {
  assert.ok(fact, `not so: ${about}`);
}
