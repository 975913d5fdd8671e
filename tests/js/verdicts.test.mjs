// Verdicts: what is kept of what was learnt, per server and network.
import { test } from "node:test";
import { realClock } from "../../web/client/clock.js";
import { Ladder } from "../../web/client/ladder.js";
import { Verdicts } from "../../web/client/verdicts.js";
import { OLD_CLIENT } from "./course.mjs";
import { ok, same } from "./says.mjs";

const DAY = 86_400_000;

/** A storage as a browser gives it, and the map it is made of. */
function stored() {
  const store = /** @type {Map<string, string>} */ (new Map());
  /** @type {import("../../web/client/types.js").Store} */
  const storage = { getItem: (key) => store.get(key) ?? null, setItem: (key, value) => void store.set(key, value) };
  return { store, storage };
}

const plain = (/** @type {unknown} */ value) => JSON.parse(JSON.stringify(value));

test("verdicts are kept per server and network, and whatever lies in the storage does no harm", () => {
  const { store, storage } = stored();
  const clock = { ...realClock, now: () => 5, wall: () => 5 };
  const at = (/** @type {string} */ base) => new Verdicts({ base, clock, storage });
  at("a").keep("home", { ws: { works: 1 } });
  at("a").keep("hotel", { ws: { fails: [1] } });
  at("b").keep("home", { sse: { works: 2 } });
  same(plain([at("a").last, at("a").of("home"), at("b").of("home"), at("c").last]), ["hotel", { ws: { works: 1 } }, { sse: { works: 2 } }, null]);
  for (let i = 0; i < 40; i += 1) at(`link${i}`).keep("kill", {});
  same(at("a").last, null);
  at("link39").forget();
  same(at("link39").last, null);
  for (const junk of ["{", "7", "null", '{"a":{"networks":7}}', '{"a":{"networks":{"home":3}}}']) {
    for (const key of store.keys()) store.set(key, junk);
    same([at("a").last, at("a").of("home")], [null, {}], junk);
    at("a").keep("home", {});
  }
});

test("verdicts say the same in tabs whose clocks are a day apart", () => {
  const { storage } = stored();
  const tab = (/** @type {number} */ ahead) => ({ ...realClock, now: () => 1e12 + ahead, wall: () => 1e12 });
  const kept = (/** @type {typeof realClock} */ clock) => new Verdicts({ base: "a", clock, storage });
  for (const ahead of [-DAY, 0, DAY]) {
    const own = tab(ahead).now();
    kept(tab(ahead)).keep("home", { ws: { works: own - 5, fails: [own - 3], rests: 1, resting: own + 60_000 }, sse: /** @type {any} */ (7) });
    const { ws } = kept(tab(0)).of("home");
    same([ws.works, ws.fails, ws.resting], [1e12 - 5, [1e12 - 3], 1e12 + 60_000]);
  }
});

test("nothing rests for longer than it would have, whatever the time of day jumps by while its verdict is kept", () => {
  for (const jump of [-365 * DAY, -DAY, -3_600_000, -60_000, 60_000, DAY]) {
    const { storage } = stored();
    const clock = { ...realClock, jump: 0, now: () => 1e12, wall: () => 1e12 + clock.jump };
    const verdicts = new Verdicts({ base: "a", clock, storage });
    verdicts.keep("home", { ws: { works: null, fails: [1e12], rests: 9, resting: 1e12 + 600_000, beat: null, evidence: null } });
    clock.jump = jump;
    const ladder = new Ladder({ pace: OLD_CLIENT, network: "home", verdicts: verdicts.of("home"), now: 1e12 });
    ok(ladder.rungs.all[0].resting <= 1e12 + 600_000 && ladder.rungs.all[0].paused <= 1e12 + 600_000, jump);
  }
});
