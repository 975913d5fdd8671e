// Lesson 5: the naive client by what its browser tells it; the hidden networks, told apart by what a run shows, and dealt.
import { test } from "node:test";
import { against, Dealer, NAMES, seen, setting, SHOWS, SIGNS, WANTED } from "../../web/lessons/fallback/hidden.js";
import { naive } from "../../web/lessons/fallback/naive.js";
import { equal, sure } from "./fake.mjs";

/** @import { Name, Sign } from "../../web/lessons/fallback/hidden.js" */

/** All that a run of this network may show: what it leaves open is yes in one of them, and no in the other. @param {Name} name */
function runsOf(name) {
  return [true, false].map((open) => /** @type {Record<Sign, boolean>} */ (Object.fromEntries(SIGNS.map((sign) => [sign, SHOWS[name][sign] ?? open]))));
}

test("whatever is named wrong, a sign of the run speaks against it", () => {
  for (const hidden of NAMES) {
    for (const named of NAMES) {
      for (const signs of runsOf(hidden)) {
        const sign = against(named, signs);
        equal(sign === null, hidden === named, `${hidden} named ${named}: ${sign}`);
        if (sign) equal(signs[sign], !SHOWS[named][sign], `${hidden} named ${named}`);
      }
    }
  }
});

const NOTHING = /** @type {const} */ ({ from: 0, opened: null, to: null, own: false });
/** @param {object} more @returns {any} */
const line = (more) => ({ way: "ws", heard: [], ...NOTHING, ...more });

/** What is seen in a run: the attempts of both, by what ours reads, and the POSTs that were refused. @param {any[]} naive @param {any[]} ours @param {any} [ends] */
function signsOf(naive, ours, ends = null, refused = 0) {
  const first = { way: "longpoll", ...NOTHING, to: 20, own: true, heard: [] };
  const watched = /** @type {any} */ ({ naive: { attempts: naive }, ours: { attempts: [first, ...ours], refused }, ends: { naive: null, ours: ends } });
  return seen(watched);
}

test("what is seen is what the lines did", () => {
  const of = (/** @type {ReturnType<typeof seen>} */ { signs }) => SIGNS.filter((sign) => signs[sign]);
  const open = line({ opened: 30 });
  equal(of(signsOf([line({})], [line({ to: 1500, own: true })])), []); // given up by its own client: nobody refused
  equal(of(signsOf([line({ to: 9 })], [])), ["refused"]);
  equal(of(signsOf([open], [line({ opened: 40, to: 1500, own: true })])), ["opened"]);
  equal(of(signsOf([line({ opened: 30, to: 330 })], [])), ["opened", "broke"]);
  equal(of(signsOf([line({ opened: 30, to: 1031, heard: [50] })], [], "ws")), ["opened", "broke", "lived", "heard", "passes"]);
  equal(of(signsOf([open], [line({ opened: 30, heard: [90] })], "ws", 1)), ["opened", "passes", "unsent"]); // what ours heard, the naive one did not
  equal(of(signsOf([], [{ way: "sse", ...NOTHING, opened: 5, to: 9, heard: [] }], "sse")), []); // it is about WebSocket
  const { figures } = signsOf([line({ from: 10, opened: 40, to: 340, heard: [50, 60] })], [line({ from: 100, to: 107 })]);
  equal(figures, { opened: 30, refused: 7, broke: 300, lived: 300, heard: 2, answer: 20 });
  equal(of(seen(/** @type {any} */ ({ naive: { attempts: [] }, ours: { attempts: [], refused: 0 }, ends: {} }))), ["slow"]); // no answer at all
});

test("each is a network that the lab has, with a number within its bounds", () => {
  const settings = NAMES.map((name) => setting(name, 3000));
  equal(settings, ["direct", "no-upgrade", "hang", "kill:300", "mute", "deaf", "later:1.5", "no-post", "slow:400"]);
});

test("five named right, each another, and it is done", () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const dealer = new Dealer(() => ((seed * 7919) % 97) / 97);
    for (let n = 0; n < WANTED; n += 1) {
      sure(!dealer.done, `after ${n}`);
      equal(dealer.name(dealer.deal()), "right");
    }
    equal([dealer.done, new Set(dealer.right).size], [true, WANTED]);
  }
});

test("who is wrong twice is told, and gets another; what is not hidden cannot be named", () => {
  const dealer = new Dealer(() => 0);
  equal(dealer.name("hang"), null);
  const hidden = dealer.deal();
  equal(hidden, "direct");
  equal([dealer.name("hang"), dealer.hidden, dealer.last], ["wrong", hidden, null]); // nothing tells what it is
  equal([dealer.name("mute"), dealer.hidden, dealer.last], ["told", null, hidden]);
  equal(dealer.name(hidden), null); // too late
  equal(dealer.deal(), "no-upgrade"); // not the one that was told just now
  dealer.takeBack();
  equal(dealer.name("no-upgrade"), null); // its run did not come to its end
  equal(dealer.name(dealer.deal()), "right");
  equal([dealer.deal(), dealer.right], ["direct", ["no-upgrade"]]); // but later it may come again
});

test("who tries one name after the other is not through", () => {
  const dealer = new Dealer(() => 0.999);
  for (let n = 0; n < 4; n += 1) {
    dealer.deal();
    equal(NAMES.map((name) => dealer.name(name)).filter((outcome) => outcome !== null), ["wrong", "told"]);
  }
  equal(dealer.right, []);
});

/** A browser in which nothing happens by itself: its WebSocket, and the addresses that were asked for. */
function browser() {
  const asked = /** @type {string[]} */ ([]);
  const lines = /** @type {any[]} */ ([]);
  const heard = /** @type {any[]} */ ([]);
  const left = new AbortController();
  class WebSocket {
    /** @param {string} url */
    constructor(url) {
      asked.push(url);
      lines.push(this);
    }
    close() {
      /** @type {any} */ (this).onerror(); // as in a browser, where one is closed that has not opened yet
    }
  }
  /** @param {string} url @param {any} options */
  const fetch = (url, { signal }) => {
    asked.push(url);
    if (asked.length > 3) return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    return Promise.resolve({ text: async () => JSON.stringify({ cursor: "e.1", messages: [{ n: asked.length }] }) });
  };
  naive({
    base: "http://h/via/~link", sid: "S", emits: [], world: { fetch, WebSocket }, signal: left.signal,
    hear: (messages, way) => heard.push(way, ...messages), works: () => heard.push("works"),
  });
  return { asked, line: lines[0], heard, left };
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

test("the naive client joins, opens a WebSocket, and is content when it is open", async () => {
  const { asked, line, heard, left } = browser();
  line.onopen();
  line.onmessage({ data: '{"messages":[1]}' });
  line.onmessage({ data: '{"acks":[]}' });
  line.onclose?.(); // nobody is told
  await turn();
  equal(asked, ["http://h/via/~link/emit?sid=S", "ws://h/via/~link/ws?sid=S"]);
  equal(heard, ["works", "ws", 1, "ws"]);
  left.abort();
  await turn();
  equal(asked.length, 2); // and who leaves does not begin to poll
});

test("the naive client reads by long polling after an error event, from the cursor on", async () => {
  const { asked, line, heard, left } = browser();
  line.onerror();
  await turn();
  equal(asked.slice(2), ["http://h/via/~link/longpoll?sid=S", "http://h/via/~link/longpoll?sid=S&cursor=e.1"]);
  equal(heard, ["longpoll", { n: 3 }]);
  left.abort();
});
