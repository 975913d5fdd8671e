"""What a browser gets of a script: all but the types in its comments."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.root import ROOT
from transport_fallback.serving.untyped import untyped

WEB = ROOT / "web"
TYPED = """\
/** @import { Seat } from "./seat.js" */

/**
 * The weight of a seat, in grams; see seat.js.
 *
 * @param {Seat} seat who sits there
 * @returns {number}
 */
export function weight(seat) {
  const all = /** @type {number[]} */ (JSON.parse("[1]"));
  /* not of @types */ // @ts-check
  return all[0];
}

/** Mail to somebody@example. @returns {void} */
/**
 * Two lines
 * of words. @param {string} word
 */
/**
 * @type {Seat | null}
 */
export let seat = null;

/** Who sits there. @param {number} place counted from the left @returns {Seat} */
export const sitter = (place) => seats[place];
"""
PLAIN = """\


/** The weight of a seat, in grams; see seat.js. */





export function weight(seat) {
  const all = (JSON.parse("[1]"));
  /* not of @types */ // @ts-check
  return all[0];
}

/** Mail to somebody@example. */
/**
 * Two lines
 * of words. */




export let seat = null;

/** Who sits there. */
export const sitter = (place) => seats[place];
"""
TOKENS = """
const { createRequire } = require("node:module");
const acorn = createRequire(process.argv[1] + "/")("acorn");
const tokens = (text) => [...acorn.tokenizer(text, { ecmaVersion: "latest", sourceType: "module", locations: true })]
  .map(({ type, value, loc }) => [type.label, String(value?.pattern ?? value), loc.start.line]);
let text = "";
process.stdin.on("data", (piece) => (text += piece)).on("end", () => {
  for (const [name, written, served] of JSON.parse(text))
    if (JSON.stringify(tokens(written)) !== JSON.stringify(tokens(served))) console.log(name);
});
"""


def test_types_go_and_words_stay_each_on_its_line() -> None:
    assert untyped(TYPED) == PLAIN


def test_every_script_does_what_it_did_on_the_same_lines() -> None:
    found = subprocess.run([ROOT / "scripts" / "get-js-tools"], capture_output=True, text=True, timeout=80)
    if found.returncode == 77:
        pytest.skip(found.stderr.strip().splitlines()[-1])
    assert found.returncode == 0, found.stderr
    scripts = {str(file): file.read_text("utf-8") for file in sorted(WEB.rglob("*.js"))}
    assert len(scripts) > 90
    pairs = json.dumps([(name, text, untyped(text)) for name, text in scripts.items()])
    compare = ["node", "-e", TOKENS, found.stdout.strip()]
    done = subprocess.run(compare, input=pairs, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
