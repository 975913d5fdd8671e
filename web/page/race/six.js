// Six connections: how many readers a browser lets one page hold at one host, seen by opening too many.

import { make, mark, saying } from "../dom.js";
import { knob, set } from "../knobs.js";
import { say } from "../words.js";
import { now } from "../hubclock.js";
import { age } from "./format.js";

/** @import { Values } from "../words.js" */
/** @typedef {"sse" | "ask" | "ws"} Kind */
/**
 * @typedef {{kind: Kind, item: HTMLElement, state: HTMLElement, began: number, opened: number | null, ended: boolean,
 *   failed: boolean, close: () => void}} Try
 */

const MOST = 8;
const LOOK = 250; // ms
const ENDS = 60_000; // ms after which all is closed by itself
const ASKED_AFTER = 500; // ms: the readers come first
const SETTLED = 1500; // ms after which who waits is told to wait

/** Readers of nobody's, an ordinary question and a WebSocket, all to one host name at once. */
export class Six {
  #tries = /** @type {Try[]} */ ([]);
  #timer = 0;
  #end = 0;

  /** @param {() => Promise<string>} origin the host to ask, once known @param {() => void} begins what ends before this begins */
  constructor(origin, begins) {
    this.origin = origin;
    this.begins = begins;
    const options = Array.from({ length: MOST }, (_, i) => make("option", { value: i + 1 }, String(i + 1)));
    this.number = make("select", { "data-role": "six-number", autocomplete: "off" }, ...options);
    this.number.addEventListener("change", () => {
      set({ "race-readers": this.number.value === String(MOST) ? null : this.number.value });
    });
    this.follow();
    this.button = saying("button", "race.six.open", {}, { type: "button", "data-role": "six-open" });
    this.one = saying("button", "race.six.one", {}, { type: "button", "data-role": "six-one", disabled: "" });
    this.all = saying("button", "race.six.all", {}, { type: "button", "data-role": "six-all", disabled: "" });
    this.sees = saying("p", "race.six.idle", {}, { "data-role": "six-sees", role: "status" });
    this.shared = saying("p", "race.nothing", {}, { class: "small", "data-role": "six-shared" });
    this.list = make("ol", { "data-role": "six" });
    this.button.addEventListener("click", () => this.open(Number(this.number.value)));
    this.one.addEventListener("click", () => this.closeOne());
    this.all.addEventListener("click", () => this.close());
    const label = make("label", {}, saying("span", "race.six.number"), " ", this.number);
    this.root = make("div", { class: "six" }, saying("h3", "race.six.title"), saying("p", "race.six.lead"));
    this.root.append(make("div", { class: "acts" }, label, this.button, this.one, this.all), this.sees, this.shared, this.list);
  }

  /** Be as the address says. */
  follow() {
    const wanted = Math.round(Number(knob("race-readers")));
    this.number.value = String(wanted >= 1 && wanted <= MOST ? wanted : MOST);
  }

  get running() {
    return this.#tries.some(({ ended }) => !ended);
  }

  /** @param {number} n */
  async open(n) {
    this.close();
    this.begins();
    const host = await this.origin();
    this.list.replaceChildren();
    this.host = new URL(host).host;
    say(this.shared, host === location.origin ? "race.six.shared" : "race.nothing");
    for (let i = 1; i <= n; i += 1) this.#try("sse", { i }, (one) => reader(host, one));
    this.#timer = setInterval(() => this.show(), LOOK);
    this.#end = setTimeout(() => this.close(), ENDS);
    setTimeout(() => {
      if (!this.running) return;
      this.#try("ask", {}, (one) => question(host, one));
      this.#try("ws", {}, (one) => socket(host, one));
      this.show();
    }, ASKED_AFTER);
    this.show();
  }

  /** @param {Kind} kind @param {Values} values @param {(one: Try) => () => void} begin */
  #try(kind, values, begin) {
    const item = make("li", kind === "ask" ? {} : { "data-transport": kind });
    if (kind !== "ask") item.append(mark(kind));
    const state = make("span", { "data-role": "six-state" });
    item.append(saying("span", `race.six.${kind}`, values), state);
    /** @type {Try} */
    const one = { kind, item, state, began: now(), opened: null, ended: false, failed: false, close: () => {} };
    one.close = begin(one);
    this.list.append(item);
    this.#tries.push(one);
  }

  /** Give one place up: the next in the queue gets it. */
  closeOne() {
    const one = this.#tries.find(({ kind, opened, ended }) => kind === "sse" && opened && !ended);
    if (one) this.#finish(one);
    this.show();
  }

  /** @param {Try} one */
  #finish(one) {
    if (one.ended) return;
    one.ended = true;
    one.close();
  }

  /** All closed. */
  close() {
    clearInterval(this.#timer);
    clearTimeout(this.#end);
    for (const one of this.#tries) this.#finish(one);
    this.show();
    this.#tries = [];
    this.one.disabled = this.all.disabled = true;
  }

  show() {
    for (const one of this.#tries) {
      const [key, ms] = stateOf(one);
      one.item.dataset.state = key;
      say(one.state, `race.six.state.${key}`, { age: age(ms) });
    }
    this.one.disabled = this.all.disabled = !this.running;
    this.#tell();
  }

  #tell() {
    const readers = this.#tries.filter(({ kind, ended }) => kind === "sse" && !ended);
    if (!readers.length) return say(this.sees, "race.six.idle");
    const open = readers.filter(({ opened }) => opened).length;
    const waiting = readers.length - open;
    if (now() - readers[0].began < SETTLED) return say(this.sees, "race.six.opening", { host: this.host });
    const asked = this.#tries.some(({ kind, opened }) => kind === "ask" && !opened);
    const key = waiting || asked ? (waiting ? "full" : "asked") : "room";
    return say(this.sees, `race.six.${key}`, { open, waiting, all: readers.length, host: this.host });
  }
}

/** @param {Try} one @returns {[key: string, ms: number | null]} */
function stateOf({ began, opened, ended, failed, kind }) {
  if (failed) return ["failed", null];
  if (ended && kind !== "ask") return ["closed", null];
  if (opened) return [kind === "ask" ? "answered" : "open", opened - began];
  return ended ? ["closed", null] : ["waits", now() - began];
}

/** @param {string} host @param {Try} one */
function reader(host, one) {
  const source = new EventSource(`${host}/sse?heartbeat=5&t=${crypto.getRandomValues(new Uint32Array(1))[0]}`);
  source.onopen = () => (one.opened ??= now());
  source.onerror = () => {
    source.close();
    one.failed = !one.ended;
  };
  return () => source.close();
}

/** @param {string} host @param {Try} one */
function question(host, one) {
  const leave = new AbortController();
  fetch(`${host}/hello`, { cache: "no-store", signal: leave.signal })
    .then((answer) => answer.text())
    .then(() => (one.opened = now()))
    .catch(() => (one.failed = !one.ended));
  return () => leave.abort();
}

/** @param {string} host @param {Try} one */
function socket(host, one) {
  const line = new WebSocket(`${host.replace(/^http/, "ws")}/ws?heartbeat=5`);
  line.onopen = () => (one.opened = now());
  line.onerror = () => (one.failed = !one.ended);
  return () => line.close();
}
