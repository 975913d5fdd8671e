// The view of a lane: its strip, and beside each figure what theory says it should be.

import { make, mark, saying } from "../dom.js";
import { phrase } from "../phrases.js";
import { bytesPerMessage, model } from "../theory.js";
import { say } from "../words.js";
import { age, figure, percent, rate } from "./format.js";
import { Strip } from "./strip.js";

/** @import { Counts } from "../meter.js" */
/** @import { Lane } from "./lane.js" */
/** @import { Settings } from "./settings.js" */
/** @import { Model } from "../theory.js" */
/** @typedef {Settings & {rtt: number | null}} Knobs */
/** @typedef {{measured: ReturnType<Lane["ages"]["figures"]>, theory: Model | null, counts: Counts | null}} Shown */

const FIGURES = ["heard", "last", "p50", "p95", "p99", "requests", "wasted", "answer", "bytes"];

export class View {
  /** @param {Lane} lane */
  constructor(lane) {
    this.lane = lane;
    const { transport } = lane;
    this.strip = new Strip(lane);
    this.strip.canvas.setAttribute("role", "img");
    this.strip.canvas.dataset.textLabel = `race.strip.${transport}`;
    this.host = make("span", { class: "small", "data-role": "host" });
    this.state = make("span", { class: "small", "data-role": "state", role: "status" });
    const title = make("h3", {}, mark(transport), saying("span", transport), this.host);
    this.cells = /** @type {Record<string, { value: HTMLElement, theory: HTMLElement }>} */ ({});
    const list = make("dl", {}, ...FIGURES.map((name) => this.figure(name)));
    this.root = make("div", { class: "lane", "data-transport": transport, "data-lane": transport });
    this.root.append(make("div", { class: "track" }, make("div", {}, title, this.state), this.strip.canvas), list);
  }

  /** @param {string} name */
  figure(name) {
    const cell = { value: make("span", { "data-figure": name }, "–"), theory: make("small", { "data-theory": name }) };
    this.cells[name] = cell;
    return make("div", {}, saying("dt", `race.figure.${name}`), make("dd", {}, cell.value, " ", cell.theory));
  }

  /** @param {Knobs} knobs @param {Counts | null} counts of the meter @returns {Shown} */
  show(knobs, counts) {
    const { transport, ages } = this.lane;
    const { rtt } = knobs;
    const theory = rtt === null ? null : model(transport, { ...knobs, rtt });
    const measured = ages.figures();
    this.fill("heard", figure(this.lane.arrived), null);
    this.fill("last", age(ages.last), theory && span(theory.quantile(0), theory.most));
    for (const name of /** @type {const} */ (["p50", "p95", "p99"])) {
      this.fill(name, age(measured?.[name]), theory && age(theory.quantile(Number(name.slice(1)) / 100)));
    }
    this.asked(theory, knobs, counts);
    this.strip.mean = theory?.mean ?? null;
    this.status();
    return { measured, theory, counts };
  }

  /** What it costs. @param {Model | null} theory @param {Knobs} knobs @param {Counts | null} counts */
  asked(theory, knobs, counts) {
    const { transport } = this.lane;
    const { seconds, requests = 0, empty = 0, news = 0, messages = 0, up = 0, down = 0 } = counts ?? {};
    const asks = !theory || theory.requests > 0;
    const answers = empty + news;
    const head = counts && requests && answers ? headOf(counts) : null;
    const { rtt } = knobs;
    const known = rtt !== null && (head !== null || !asks);
    const bytes = known ? bytesPerMessage(transport, { ...knobs, rtt, head: head ?? 0 }) : null;
    this.fill("requests", counts && seconds > 1 ? rate(requests / seconds) : "–", theory && rate(theory.requests));
    this.fill("wasted", counts ? wasted(asks, empty, answers) : "–", theory && percent(theory.empty));
    this.fill("answer", rate(news ? messages / news : null), theory && rate(theory.perAnswer));
    this.fill("bytes", whole(messages ? (up + down) / messages : null), bytes === null ? null : whole(bytes));
  }

  /** @param {string} name @param {string} value @param {string | null | false | undefined} theory */
  fill(name, value, theory) {
    const cell = this.cells[name];
    if (cell.value.textContent !== value) cell.value.textContent = value;
    say(cell.theory, theory ? "race.theory" : "race.theory.none", { theory });
  }

  /** Where it reads, and why not where it does not. */
  status() {
    const { lane, host, state } = this;
    const name = lane.open || lane.arrived ? new URL(lane.origin).host : "";
    if (host.textContent !== name) host.textContent = name;
    this.root.toggleAttribute("data-down", lane.down);
    if (!lane.down) say(state, "race.nothing");
    else if (lane.decision) say(state, "race.down.why", { parts: phrase(lane.decision) });
    else say(state, "race.down");
  }
}

/**
 * Bytes of the two heads of a request, on average. One that still waits has no head of an answer.
 * @param {Counts} counts
 */
export function headOf({ head_up, head_down, requests, news, empty }) {
  return head_up / requests + head_down / (news + empty);
}

/** @param {number} least @param {number} most */
function span(least, most) {
  return least === most ? age(least) : `${age(least)} – ${age(most)}`;
}

/** @param {number | null} bytes */
function whole(bytes) {
  return figure(bytes === null ? null : Math.round(bytes));
}

/** @param {boolean} asks @param {number} empty @param {number} answers */
function wasted(asks, empty, answers) {
  if (!asks) return "0";
  return answers ? `${percent(empty / answers)} (${empty}/${answers})` : "–";
}
