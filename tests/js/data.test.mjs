// What an emit takes: JSON, and by name what JSON would drop or change.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { packData } from "../../web/client/codec.js";

class Point {
  x = 1;
}

const NOT_JSON = {
  ArrayBuffer: new ArrayBuffer(8),
  Uint8Array: new Uint8Array(2),
  DataView: new DataView(new ArrayBuffer(1)),
  Blob: new Blob(["x"]),
  Map: new Map([[1, 2]]),
  Set: new Set([1]),
  WeakMap: new WeakMap(),
  RegExp: /x/,
  Error: new Error("x"),
  Promise: Promise.resolve(),
  Headers: new Headers(),
  String: new String("x"),
  Arguments: (function (/** @type {unknown[]} */ ..._all) { return arguments; })(1),
  Point: new Point(),
  function: () => 1,
  symbol: Symbol("x"),
  bigint: 10n,
  NaN: NaN,
  Infinity: -Infinity,
};

for (const [kind, value] of Object.entries(NOT_JSON)) {
  test(`${kind} is refused by its name, wherever it stands`, () => {
    for (const [data, path] of /** @type {[unknown, string][]} */ ([[value, "data"], [{ a: [1, value] }, "data.a[1]"], [{ toJSON: () => ({ b: value }) }, "data.b"]])) {
      assert.throws(() => packData(data), (/** @type {any} */ error) => error.code === "bad_json" && error.message.startsWith(`${path} is `) && error.message.includes(kind));
    }
  });
}

test("so is what would come out changed", () => {
  const circle = {};
  circle.again = [circle];
  const named = Object.assign([1], { name: 2 });
  const throwing = { get x() { throw new Error("not yet"); } };
  const refused = {
    "data[0] is undefined": [undefined],
    "data.a[1] is a Point": { a: [1, new Point()] },
    "data is an array with holes": new Array(3),
    "data.n is an array with holes, or with names": { n: named },
    "data.again[0] contains itself": circle,
    "data.at is a Date that stands for no time": { at: new Date(NaN) },
    "data has a property named by a symbol": { [Symbol("s")]: 1 },
    "data is an integer beyond 2^53": 2 ** 53 + 2,
    "data is a object with a prototype": Object.create({ x: 1 }),
    "not yet": throwing,
  };
  for (const [words, data] of Object.entries(refused)) {
    assert.throws(() => packData(data), (/** @type {any} */ error) => error.code === "bad_json" && error.message.includes(words.replace("a object", "an object")), words);
  }
  assert.throws(() => packData({ toJSON() { throw "no"; } }), { code: "bad_json", message: "no" });
});

test("what JSON has goes as JSON.stringify would write it", () => {
  const at = new Date(1_700_000_000_000);
  const bare = Object.assign(Object.create(null), { a: 1 });
  const proto = JSON.parse('{"__proto__":{"a":1},"toJSON":null}');
  const foreign = runInNewContext('({ a: [1, { b: "of another frame" }] })');
  const twice = { a: 1 };
  const all = [null, true, 0, -0, 1.5, 1e21, 2 ** 53, "\u2028\"\\\n😀", [], {}, [[], {}], bare, proto, foreign, [twice, twice], { at },
    at, new URL("http://a/b"), { "a b": { "": 1 } }, { left: undefined, out: 1 }];
  for (const data of all) assert.equal(packData(data), JSON.stringify(data));
  assert.equal(packData(undefined), "null");
  assert.equal(packData([[[[[[[[1]]]]]]]]), "[[[[[[[[1]]]]]]]]");
  assert.throws(() => packData([[[[[[[[[1]]]]]]]]]), { code: "bad_json" });
});

test("any value JSON can write goes as JSON.stringify writes it", () => {
  let seed = 1;
  /** @param {number} sides */
  const dice = (sides) => (seed = (seed * 48_271) % 2_147_483_647) % sides;
  /** @param {number} depth @returns {unknown} */
  const value = (depth) => {
    const kind = dice(depth ? 8 : 6);
    if (kind === 6) return Array.from({ length: dice(4) }, () => value(depth - 1));
    if (kind === 7) return Object.fromEntries(Array.from({ length: dice(4) }, () => [`k${dice(9)}`, value(depth - 1)]));
    return [null, true, dice(1000) / 7, -dice(1e9), "é\u0000\"" + dice(99), new Date(dice(1e9))][kind];
  };
  for (let round = 0; round < 2000; round += 1) {
    const data = value(6);
    assert.equal(packData(data), JSON.stringify(data));
  }
});
