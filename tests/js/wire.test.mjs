// The codec and the wire: what may be sent, and where.
import { test } from "node:test";
import { checkEvent, newSid, packData } from "../../web/client/codec.js";
import { baseOf } from "../../web/client/wire.js";
import { ok, same } from "./says.mjs";

/** @param {() => unknown} run @param {string} code */
function throws(run, code) {
  try {
    run();
  } catch (/** @type {any} */ error) {
    return same(error.code, code, error.message);
  }
  throw new Error(`nothing thrown, expected ${code}`);
}

test("data the hub would refuse is refused before it gets a number", () => {
  /** @param {number} depth @returns {unknown} */
  const nest = (depth) => (depth ? [nest(depth - 1)] : 1);
  same(packData(nest(8)), "[[[[[[[[1]]]]]]]]");
  throws(() => packData(nest(9)), "bad_json");
  throws(() => packData({ a: "\ud800" }), "bad_json");
  throws(() => packData({ "\udc00": 1 }), "bad_json");
  throws(() => packData([NaN]), "bad_json");
  throws(() => packData(-Infinity), "bad_json");
  throws(() => packData(2 ** 53 + 2), "bad_json");
  throws(() => packData("é".repeat(8192)), "too_large");
  throws(() => packData(10n), "bad_json");
  const circle = {};
  circle.circle = circle;
  throws(() => packData(circle), "bad_json");
  same(
    [packData(2 ** 53), packData(undefined), packData("😀[{")],
    ["9007199254740992", "null", '"😀[{"'],
  );
  same(packData("é".repeat(8191)).length, 8193);
});

test("an event is 1-64 printable characters and not one of the library's", () => {
  for (const name of ["c2s", "你好", "a b", "😀".repeat(64)]) checkEvent(name);
  for (const name of ["", "x".repeat(65), "a\nb", "a\u2028b", "\u00a0", "\ud800", 7])
    throws(() => checkEvent(/** @type {string} */ (name)), "bad_event");
  for (const name of ["connect", "disconnect", "error", "gap", "switch", "$void"])
    throws(() => checkEvent(name), "reserved");
});

test("a sid is 22 characters of base64url, never twice the same", () => {
  const sids = new Set(Array.from({ length: 1000 }, newSid));
  same(sids.size, 1000);
  for (const sid of sids) ok(/^[A-Za-z0-9_-]{22}$/.test(sid), sid);
});

test("the base keeps its path, and a URL may lack its scheme", () => {
  const page = { origin: "http://127.0.0.1:3000", protocol: "http:", hostname: "127.0.0.1", port: "3000" };
  const bases = {
    "": "http://127.0.0.1:3000",
    "http://localhost:3000/via/~abc/": "http://localhost:3000/via/~abc",
    "localhost:3000": "http://localhost:3000",
    "/via/~abc": "http://127.0.0.1:3000/via/~abc",
    "//lab.example/x": "http://lab.example/x",
    "https://lab.example": "https://lab.example",
    "http://localhost": "http://localhost:3000",
    "http://localhost:80": "http://localhost",
    "ws://lab.example:9": "http://lab.example:9",
    "lab.example": "http://lab.example",
  };
  for (const [url, base] of Object.entries(bases)) same(baseOf(url, page), base, url);
  same(baseOf(undefined, null), "http://localhost:3000");
});
