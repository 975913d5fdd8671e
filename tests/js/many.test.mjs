// Lesson 8: the herds, the reports and the budgets, each against what must be so.
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { BUDGETS, costOf, FIGURES, over } from "../../web/lessons/many/budgets.js";
import { CLIENTS, dice, herd, OUTAGE, POLICIES, ROOM } from "../../web/lessons/many/herd.js";
import { ASKED, CAUSES, SAID, shares, three } from "../../web/lessons/many/reports.js";
import { equal, sure } from "./fake.mjs";

/** @import { Transport } from "../../web/client/types.js" */

const SEEDS = [1, 7, 99];

// ---- the herd

test("who all wait alike come all at once, and are let in so many at a time", () => {
  const { peak, bins, half, most, never, tries } = herd(POLICIES.fixed);
  equal([peak, bins[50], bins[200], bins[51]], [CLIENTS, CLIENTS, CLIENTS, 0]);
  const rounds = CLIENTS / ROOM;
  sure(Math.abs(/** @type {number} */ (half) - (rounds / 2 - 1) * 5 - 0.1) < 0.01, `half: ${half}`);
  sure(Math.abs(/** @type {number} */ (most) - (Math.ceil(0.99 * rounds) - 1) * 5 - 0.1) < 0.01, `most: ${most}`);
  equal([never, tries], [0, 3 * CLIENTS + (CLIENTS * (rounds + 1)) / 2]);
});

test("doubling without chance keeps them together, and most of them outside", () => {
  const { peak, bins, never, half } = herd(POLICIES.doubling);
  equal(bins.flatMap((tries, bin) => (tries === CLIENTS ? [bin / 10] : [])), [1, 3, 7, 15, 31]);
  equal([peak, half], [CLIENTS, null]);
  sure(never > CLIENTS / 2, String(never));
});

test("chance draws them apart, at the beginning or each time", () => {
  for (const seed of SEEDS) {
    const [start, jitter] = [herd(POLICIES.start, { seed }), herd(POLICIES.jitter, { seed })];
    for (const { peak, never, most } of [start, jitter]) {
      sure(peak < CLIENTS / 10, `peak ${peak}`);
      equal(never, 0);
      sure(most !== null && most < 60, `most ${most}`);
    }
    sure(jitter.tries < start.tries * 3, "chance each time knocks not much more");
  }
});

test("each is let in once, and whoever comes is let in or refused", () => {
  for (const [name, policy] of Object.entries(POLICIES)) {
    const { bins, tries, refused, never, peak } = herd(policy, { clients: 300, outage: 5, room: 10, seed: 3 });
    const since = bins.slice(50).reduce((sum, n) => sum + n, 0);
    equal(since, refused + 300 - never, name);
    equal(tries, bins.reduce((sum, n) => sum + n, 0));
    equal(peak, Math.max(...bins.slice(50)));
  }
});

test("the same seed gives the same herd", () => {
  equal(herd(POLICIES.jitter, { seed: 5 }), herd(POLICIES.jitter, { seed: 5 }));
  sure(herd(POLICIES.jitter, { seed: 5 }).bins.join() !== herd(POLICIES.jitter, { seed: 6 }).bins.join(), "another seed is another herd");
  const chance = dice(0);
  for (let i = 0; i < 1000; i += 1) {
    const luck = chance();
    sure(luck > 0 && luck < 1, String(luck));
  }
});

// ---- the reports

test("each cause shows in its own figure, and in no other report", () => {
  const seen = new Set();
  for (let seed = 0; seed < 300; seed += 1) {
    const reports = three(seed);
    equal(new Set(reports.map(({ cause }) => cause)).size, 3);
    for (const { cause, report } of reports) {
      seen.add(cause);
      const { asking, telling } = shares(report);
      const signs = {
        requests: asking >= 75, told: telling >= 75, line: report.carries >= 0.95 * report.capacity,
        blocked: report.late > 1.5 * report.worst * ASKED + 25, herd: report.worst > 10 * report.usual && report.worst > 100,
      };
      equal(Object.entries(signs).filter(([, so]) => so).map(([name]) => name), [cause], JSON.stringify(report));
      sure(Math.abs(report.busy - asking - telling) <= 1, "what the core does is asking and telling");
      sure(report.busy <= 96 && report.carries <= report.capacity, JSON.stringify(report));
      for (const [figure, value] of Object.entries(report)) sure(Number.isInteger(value) && value >= 0, `${figure} ${value}`);
    }
  }
  equal([...seen].sort(), CAUSES.toSorted());
  equal(three(4), three(4));
  sure(SAID < ASKED, "a request is dearer than telling");
});

// ---- the budgets

const HEADS = 900; // bytes, as a browser has them

/** @param {string} name */
const budget = (name) => /** @type {typeof BUDGETS[number]} */ (BUDGETS.find((one) => one.name === name));
/** @param {string} name @param {Transport} way @param {number} [every] */
const beyond = (name, way, every = 1000) => over(budget(name), costOf(budget(name), { way, every }, HEADS));

test("what can be defended passes, and what cannot is told by its figure", () => {
  equal(beyond("ticker", "poll", 8000), []);
  equal(beyond("ticker", "poll", 15_000), []);
  equal(beyond("ticker", "poll", 1000), ["requests", "mbit"]);
  equal(beyond("ticker", "poll", 30_000), ["age"]);
  for (const way of /** @type {Transport[]} */ (["longpoll", "sse", "ws"])) equal(beyond("ticker", way), ["lines"], way);
  for (const way of /** @type {Transport[]} */ (["poll", "sse", "ws"])) equal(beyond("dashboard", way), [], way);
  sure(beyond("dashboard", "longpoll").includes("requests"), "a question for each handful of figures");
  equal(beyond("dashboard", "poll", 5000), ["age"]);
  for (const way of /** @type {Transport[]} */ (["longpoll", "sse", "ws"])) equal(beyond("chat", way), [], way);
  equal(beyond("chat", "poll", 1000), ["age", "requests", "mbit"]);
  equal(beyond("chat", "poll", 2000), ["age"]);
  for (let every = 250; every <= 60_000; every += 50) sure(beyond("chat", "poll", every).length, `every ${every}`);
});

test("the prose tells of the same readers, rates and causes", () => {
  for (const language of ["en", "zh"]) {
    const prose = readFileSync(new URL(`../../web/lessons/many/${language}.html`, import.meta.url), "utf8");
    for (const { clients, rate } of BUDGETS) {
      sure(prose.includes(clients.toLocaleString("en")), `${clients} in ${language}`);
      sure(new RegExp(`\\D${rate < 1 ? 1 / rate : rate}\\D`).test(prose), `${rate} in ${language}`);
    }
    for (const cause of CAUSES) for (const what of ["no", "yes"]) sure(prose.includes(`${what}.${cause}"`), `${what}.${cause} in ${language}`);
    for (const figure of FIGURES) sure(prose.includes(`chat.over.${figure}`), figure);
    for (const name of Object.keys(POLICIES)) sure(prose.includes(`data-live="herd.${name}"`), name);
  }
  sure(OUTAGE > 15, "the second-last doubling is in the outage");
});
