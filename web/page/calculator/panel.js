// The calculator: what one message costs each of many, with the heads of the reader's own browser.

import { find, make, mark, saying } from "../dom.js";
import { EVERY } from "../knobs.js";
import { age, figure, grouped, percent, rate } from "../race/format.js";
import { EMPTY, messageBytes } from "../theory.js";
import { say } from "../words.js";
import { ranked, row } from "./choice.js";
import facts from "./facts.js";
import { measure } from "./measure.js";
import { BOUNDS, keepSetting, NAMES, settings } from "./settings.js";
import { allRatios, CASES, cost, framing, headOf, KAAZING, mebibits, megabits, WAYS } from "./sums.js";

/** @import { Measured } from "./measure.js" */
/** @import { Name, Settings } from "./settings.js" */
/** @import { Cost } from "./sums.js" */
/** @typedef {Record<string, Cost> | null} Costs */

class Calculator {
  measured = /** @type {Measured | null} */ (null);

  /** @param {HTMLElement} section */
  constructor(section) {
    this.sees = make("div", { class: "sees", "data-role": "calc-sees" }, make("p"), make("p"), make("p"));
    this.trouble = make("p", { "data-role": "calc-trouble", role: "status" });
    this.fields = /** @type {Record<Name, HTMLInputElement>} */ ({});
    this.costs = make("tbody", { "data-role": "calc-costs" });
    this.choice = make("tbody", { "data-role": "calc-choice" });
    this.beyond = make("p", { class: "small", "data-role": "calc-beyond" });
    this.command = make("code", { "data-role": "calc-command" });
    this.cases = make("tbody", { "data-role": "calc-cases" });
    this.ratios = make("tbody", { "data-role": "calc-ratios" });
    this.caseHead = [871, 2, null, null].map((bytes) => make("th", { scope: "col", "data-bytes": bytes ?? "" }));
    const again = saying("button", "calculator.again", {}, { type: "button", "data-role": "calc-again" });
    again.addEventListener("click", () => this.ask());
    this.heads = make("details", {}, saying("summary", "calculator.heads"), make("pre", { "data-role": "calc-heads", tabindex: "0" }));
    section.append(this.sees, this.knobs(), this.trouble, this.costTable(), this.choiceTable(), this.caseTable(), this.ratioTable());
    section.append(saying("p", "calculator.assumes", {}, { class: "small" }), make("div", { class: "acts" }, again), this.heads);
    this.section = section;
  }

  knobs() {
    const root = make("div", { class: "fields" });
    for (const name of NAMES) {
      const { least, most, step } = name === "every" ? { ...EVERY, step: 250 } : BOUNDS[name];
      const input = make("input", { type: "number", min: least, max: most, step, inputmode: "decimal", autocomplete: "off" });
      input.dataset.role = `calc-${name}`;
      input.addEventListener("change", () => {
        keepSetting(name, input.value);
        this.show();
      });
      this.fields[name] = input;
      root.append(make("label", {}, saying("span", `calculator.${name}`), input));
    }
    return root;
  }

  /**
   * A table with a title above it; one that is wider than the window can be moved by keys, too.
   * @param {string} name @param {HTMLElement[]} head @param {HTMLElement} body
   */
  table(name, head, body) {
    const title = saying("h3", `calculator.${name}`);
    const lead = saying("p", `calculator.${name}.lead`, {}, { class: "small" });
    const table = make("table", {}, make("thead", {}, make("tr", {}, ...head)), body);
    const region = make("div", { class: "wide", tabindex: "0", role: "region" }, table);
    region.dataset.textLabel = `calculator.${name}`;
    return make("div", { class: "sums" }, title, lead, region);
  }

  /** @param {string} key */
  column(key) {
    return saying("th", `calculator.column.${key}`, {}, { scope: "col" });
  }

  costTable() {
    return this.table("costs", ["transport", "requests", "mbit", "around", "age"].map((key) => this.column(key)), this.costs);
  }

  choiceTable() {
    const columns = ["transport", "cores", "memory", "share", "tail"].map((key) => this.column(key));
    const table = this.table("choice", columns, this.choice);
    const more = make("p", { class: "small" }, saying("span", "calculator.choice.more"), " ", this.command);
    table.append(this.beyond, more);
    return table;
  }

  caseTable() {
    return this.table("cases", [this.column("readers"), ...this.caseHead], this.cases);
  }

  ratioTable() {
    return this.table("ratios", ["counts", "kaazing", "own"].map((key) => this.column(key)), this.ratios);
  }

  /** Measure, and tell of it. */
  async ask() {
    this.measured = null;
    delete this.section.dataset.client;
    say(this.trouble, "calculator.measuring");
    this.show();
    try {
      const measured = await measure();
      this.measured = measured;
      this.section.dataset.client = measured.id;
      say(this.trouble, "calculator.nothing");
    } catch {
      say(this.trouble, "calculator.silent");
    }
    this.show();
  }

  show() {
    const set = settings();
    for (const name of NAMES) this.fields[name].value = String(set[name]);
    const { measured } = this;
    const costs = measured && Object.fromEntries(WAYS.map((way) => [way, cost(way, measured, set)]));
    this.tell(set, costs);
    this.showCosts(costs);
    this.showChoice(set);
    this.showCases(set);
    this.showRatios(set);
    const heads = measured?.heads;
    this.heads.hidden = !heads;
    if (heads) find(this.heads, "pre").textContent = heads.up + heads.down;
  }

  /** @param {Settings} set @param {Costs | null} costs */
  tell(set, costs) {
    const [first, second, third] = /** @type {HTMLElement[]} */ ([...this.sees.children]);
    if (!costs || !this.measured) {
      say(first, "calculator.sees.kaazing");
      for (const line of [second, third]) say(line, "calculator.nothing");
      return;
    }
    const { poll, longpoll, ws } = costs;
    const { up, down } = headOf(this.measured, "poll", set.cookie);
    const values = {
      clients: grouped(set.clients), every: set.every / 1000, requests: figure(Math.round(poll.requests)), mbit: speed(poll.mbit),
      heads: speed(poll.around), ws: speed(ws.mbit), share: percent(poll.around / poll.mbit),
    };
    say(first, "calculator.sees", values);
    say(second, "calculator.sees.age", { poll: age(poll.mean), longpoll: age(longpoll.mean), ws: age(ws.mean) });
    const { requests } = this.measured.transports.poll;
    const measured = { up: grouped(Math.round(up)), down: grouped(Math.round(down)), head: grouped(Math.round(up + down)), requests };
    say(third, set.cookie ? "calculator.sees.cookie" : "calculator.sees.head", { ...measured, cookie: grouped(set.cookie) });
  }

  /** @param {Costs | null} costs */
  showCosts(costs) {
    const most = costs ? Math.max(...WAYS.map((way) => costs[way].mbit)) : 0;
    this.costs.replaceChildren(...WAYS.map((way) => {
      const name = make("th", { scope: "row", class: "way" }, mark(way), saying("span", way));
      const row = make("tr", { "data-transport": way }, name);
      if (!costs) row.append(...["–", "–", "–", "–"].map((none) => make("td", {}, none)));
      else row.append(...this.costCells(costs[way], most));
      return row;
    }));
  }

  /** @param {Cost} cost @param {number} most */
  costCells({ requests, mbit, around, text, mean }, most) {
    const bar = make("span", { class: "bar", "aria-hidden": "true" });
    bar.style.width = `${(100 * mbit) / most}%`;
    /** @param {string} name @param {string} value @param {...HTMLElement} more */
    const cell = (name, value, ...more) => make("td", { "data-sum": name }, make("span", {}, value), ...more);
    const share = ` (${percent(around / mbit)})`;
    const rest = { json: percent((mbit - around - text) / mbit), text: percent(text / mbit) };
    return [
      cell("requests", rate(requests)),
      cell("mbit", speed(mbit), bar),
      cell("around", speed(around), make("small", {}, share), saying("small", "calculator.rest", rest, { class: "rest" })),
      cell("age", age(mean)),
    ];
  }

  /** What a server pays, the best first; of 1,000 readers. @param {Settings} set */
  showChoice(set) {
    const { measured } = this;
    this.beyond.replaceChildren();
    this.command.textContent = "";
    if (!measured) return this.choice.replaceChildren();
    const heads = Object.fromEntries(["poll", "longpoll"].map((way) => [way, headOf(measured, way, set.cookie)]));
    const bytes = { empty: EMPTY, message: messageBytes(set.size), heads };
    const rows = Object.fromEntries(WAYS.map((way) => [way, row(way, set, bytes, facts)]));
    this.choice.replaceChildren(...ranked(rows, facts).map((way, n) => {
      const { cores, memory, cost, p99 } = rows[way];
      const name = make("th", { scope: "row", class: "way" }, `${n + 1}. `, mark(way), saying("span", way));
      const sums = { cores: cores.toPrecision(2), memory: (memory / 1e6).toPrecision(3), share: `${(100 * cost).toPrecision(2)} %`, tail: age(p99) };
      return make("tr", { "data-transport": way }, name, ...Object.entries(sums).map(([key, told]) => make("td", { "data-sum": key }, told)));
    }));
    const beyond = WAYS.filter((way) => rows[way].beyond);
    if (beyond.length) this.beyond.append(saying("span", "calculator.choice.beyond"), ...beyond.flatMap((way) => [" ", saying("b", way)]));
    this.command.textContent = question(set, heads.poll.up - facts.head, rows.poll.p99 / 1000);
  }

  /** @param {Settings} set */
  showCases(set) {
    const own = this.measured && headOf(this.measured, "poll", set.cookie);
    const bytes = [871, 2, own && own.up + own.down, framing("ws", set.size)];
    const keys = ["kaazing.poll", "kaazing.ws", "own.poll", "own.ws"];
    this.caseHead.forEach((th, i) => say(th, `calculator.case.${keys[i]}`, { bytes: bytes[i] ? grouped(Math.round(bytes[i])) : "–" }));
    this.cases.replaceChildren(...CASES.map((clients, row) => {
      const cells = bytes.map((each, i) => {
        const cell = make("td", {}, make("span", { "data-case": `${keys[i]}` }, each ? speed(megabits(each * clients)) : "–"));
        if (i === 0) cell.append(" ", saying("small", "calculator.printed", { mbps: KAAZING.printed[row] }));
        if (i === 1) cell.append(" ", saying("small", "calculator.printed", { mbps: mebibits(2 * clients).toFixed(3) }));
        return cell;
      });
      return make("tr", {}, make("th", { scope: "row" }, grouped(clients)), ...cells);
    }));
  }

  /** @param {Settings} set */
  showRatios(set) {
    const rows = allRatios(this.measured, set);
    this.ratios.replaceChildren(...rows.map(({ counts, kaazing, own }) => {
      const name = make("th", { scope: "row" }, saying("strong", `calculator.count.${counts}`));
      name.append(" ", saying("small", `calculator.count.${counts}.what`));
      return make("tr", { "data-counts": counts }, name, ratioCell("kaazing", kaazing), ratioCell("own", own));
    }));
  }
}

/**
 * The same question for the command that says what would change the answer.
 * @param {Settings} set @param {number} heads bytes that this browser adds @param {number} bound s
 */
function question({ clients, rate: each, every, size, rtt }, heads, bound) {
  const flags = { clients, rate: each, size, rtt: rtt / 1000, interval: every / 1000, age: bound, heads: Math.max(0, Math.round(heads)) };
  return `python -m bench choose ${Object.entries(flags).map(([name, value]) => `--${name} ${Number(value.toPrecision(6))}`).join(" ")}`;
}

/** @param {string} whose @param {{poll: number, ws: number} | null} sums */
function ratioCell(whose, sums) {
  const cell = make("td", { "data-ratio": whose });
  if (!sums) return cell.append("–"), cell;
  const { poll, ws } = sums;
  cell.append(make("span", {}, `${(poll / ws).toFixed(1)} : 1`), " ");
  cell.append(saying("small", "calculator.of", { poll: grouped(Math.round(poll)), ws: grouped(Math.round(ws)) }));
  return cell;
}

/** Mbit/s. @param {number} mbit */
function speed(mbit) {
  if (mbit >= 99.5) return grouped(Math.round(mbit));
  return mbit.toFixed(mbit >= 9.95 ? 1 : mbit >= 0.0995 ? 2 : 3);
}

/** @param {HTMLElement} section where to be */
export async function open(section) {
  const calculator = new Calculator(section);
  calculator.ask();
  return { follow: () => calculator.show(), translated: () => calculator.show() };
}
