// Lesson 2: the handshake's proof, the frame and the exercise, against RFC 6455's own examples and another SHA-1.
import { createHash } from "node:crypto";
import { test } from "node:test";
import { sha1 } from "../../web/lessons/sha1.js";
import { accept } from "../../web/lessons/upgrade/accept.js";
import { answer, judged, longer, whole } from "../../web/lessons/upgrade/exercise.js";
import { apart, bytesOf, hex, written } from "../../web/lessons/upgrade/frame.js";
import { equal, sure } from "./fake.mjs";

const utf8 = new TextEncoder();

test("the accept is that of the RFC's example (1.3)", () => {
  equal(accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

test("SHA-1 is that of Node, for each length around its blocks", () => {
  for (let length = 0; length < 200; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + length) % 256);
    equal(hex(sha1(bytes)).replaceAll(" ", ""), createHash("sha1").update(bytes).digest("hex"), `${length} bytes`);
  }
});

test("the RFC's frames are taken apart (5.7)", () => {
  const hello = { fin: 1, rsv: 0, opcode: 1, short: 5, size: 5, whole: true };
  const { key, payload, plain, extended, ...masked } = apart(bytesOf("818537fa213d7f9f4d5158"));
  equal(masked, { ...hello, masked: true });
  equal([hex(key), hex(payload), hex(plain), extended.length], ["37 fa 21 3d", "7f 9f 4d 51 58", "48 65 6c 6c 6f", 0]);
  equal(apart(bytesOf("810548656c6c6f")).masked, false);
  equal([apart(bytesOf("010348656c")).fin, apart(bytesOf("80026c6f")).opcode], [0, 0]);
  equal([apart(bytesOf("827e0100")).size, apart(bytesOf("827f0000000000010000")).size], [256, 65_536]);
  equal([apart(bytesOf("81")).whole, apart(bytesOf("8185")).whole, apart(bytesOf("818500000000")).whole], [false, false, true]);
});

test("a frame is written as the RFC's, in the shortest form there is", () => {
  const key = bytesOf("37fa213d");
  equal(hex(written(utf8.encode("Hello"), key)), "81 85 37 fa 21 3d 7f 9f 4d 51 58");
  for (const [size, head] of /** @type {[number, string][]} */ ([
    [125, "81 fd"], [126, "81 fe 00 7e"], [65_535, "81 fe ff ff"], [65_536, "81 ff 00 00 00 00 00 01 00 00"],
  ])) {
    equal(hex(written(utf8.encode(""), key, size)), `${head} 37 fa 21 3d`);
    equal(apart(written(utf8.encode(""), key, size)).size, size);
  }
});

test("each task is right in its own bytes, and wrong with any one bit turned", () => {
  for (let n = 0; n < 60; n += 1) {
    const task = n % 2 ? whole() : longer();
    const right = answer(task);
    sure(judged(hex(right), task).right, hex(right));
    for (let bit = 0; bit < right.length * 8; bit += 1) {
      const wrong = right.slice();
      wrong[bit >> 3] ^= 0x80 >> bit % 8;
      const facts = judged(hex(wrong), task);
      sure(!facts.right, `bit ${bit} of ${hex(right)}`);
      equal(Object.entries(facts).filter(([name, value]) => FAULTS.has(name) && value).length, 1, `one fault for bit ${bit}`);
    }
    for (let length = 0; length < right.length; length += 1) sure(judged(hex(right.slice(0, length)), task).short, `${length} bytes`);
    sure(judged(`${hex(right)} 00`, task).long, "one byte more");
  }
});

const FAULTS = new Set("digit half fin rsv opcode unmasked length small large order key plain once byte short long".split(" "));
