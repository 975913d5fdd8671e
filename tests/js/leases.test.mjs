// Leases: how many readers of one browser hold a connection, over tabs whose clocks differ.
import { test } from "node:test";
import { Leases } from "../../web/client/leases.js";
import { ok, same } from "./says.mjs";

const DAY = 86_400_000;

/** @typedef {{run: () => void, at: number}} Timer */

/** Tabs of one browser: one storage, and each a clock of its own that can be ahead of the others'. */
function tabs() {
  const store = new Map();
  const storage = {
    getItem: (/** @type {string} */ key) => store.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => store.set(key, value),
  };
  const all = /** @type {Timer[][]} */ ([]);
  let now = 1e12;
  const tab = (ahead = 0) => {
    const timers = /** @type {Timer[]} */ ([]);
    const clock = { ahead, now: () => now + clock.ahead, setTimeout: (/** @type {() => void} */ run, /** @type {number} */ ms) => timers.push({ run, at: now + ms }), clearTimeout: () => {}, random: () => 0 };
    const leases = new Leases({ base: "http://x:1/via/~a", clock, storage, name: `tab${all.length}` });
    all.push(timers);
    return Object.assign(leases, { clock, dies: () => timers.splice(0) });
  };
  /** Let time go by; each second `asks` is asked, until it says yes. */
  const pass = (/** @type {number} */ ms, asks = () => false) => {
    for (let passed = 0; passed < ms; passed += 500) {
      now += 500;
      for (const timers of all) for (const timer of timers.filter(({ at }) => at <= now)) timers.splice(timers.indexOf(timer), 1)[0].run();
      if (passed % 1000 === 0 && asks()) return true;
    }
    return false;
  };
  return { storage, tab, pass };
}

test("leases: four over all tabs, void when their tab has not renewed them for 6 s", () => {
  const { storage, tab, pass } = tabs();
  const [one, two] = [tab(), tab()];
  const holders = [{}, {}, {}, {}];
  same(holders.map((holder, i) => (i % 2 ? one : two).take(holder)), [true, true, true, true]);
  same([one.take({}), one.take(holders[1])], [false, true]);
  one.give(holders[1]);
  same([two.take({}), two.take({})], [true, false]);
  const three = tab();
  one.dies();
  two.dies();
  same(pass(5000, () => three.take({})), false, "so long they may be alive");
  same(pass(4000, () => three.take({})), true);
  same([three.take({}), three.take({}), three.take({}), three.take({})], [true, true, true, false]);
  for (const junk of ["{", "[]", "[1,2,3,4]", "null", '{"a":"b","c":"d","e":{},"f":[]}', '{"a":1e99}']) {
    storage.setItem(three.key, junk);
    ok(tab().take({}), junk);
  }
});

test("leases of tabs whose clocks are a day apart stand while they are renewed, and no longer", () => {
  for (const ahead of [-DAY, DAY]) {
    const { tab, pass } = tabs();
    const [one, two] = [tab(), tab(ahead)];
    for (let i = 0; i < 2; i += 1) ok(one.take({}) && two.take({}), "both have two");
    same(pass(60_000, () => one.take({}) || two.take({})), false, "for a minute nobody gets one more");
    two.dies();
    same(pass(9000, () => one.take({})), true, "but when one tab has gone");
  }
});

test("a lease is neither void nor everlasting when the clock jumps, nor when the machine sleeps", () => {
  for (const jump of [-DAY, DAY]) {
    const { tab, pass } = tabs();
    const [one, two] = [tab(), tab()];
    for (let i = 0; i < 2; i += 1) ok(one.take({}) && two.take({}), "both have two");
    pass(3000);
    one.clock.ahead += jump; // and the other tab wakes a moment later
    same([one.take({}), pass(3000, () => one.take({}))], [false, false]);
    two.clock.ahead += jump;
    same(pass(60_000, () => one.take({}) || two.take({})), false);
    one.dies();
    same(pass(9000, () => two.take({})), true);
  }
});
