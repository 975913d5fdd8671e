// Networks: the form in which a seat's network is chosen, with the sentence of what it does.

import { find, make } from "./dom.js";
import { language, learn, say, text } from "./words.js";

await learn("/page/texts/networks");

/** @import { Network } from "./network.js" */
/** @typedef {Record<string, HTMLElement> & {network: HTMLSelectElement}} Form */

/**
 * A kind of network, as the lab describes it.
 * @typedef {{name: string, does: Record<string, string>, touches: string,
 *   parameter: {unit: "ms" | "s" | "share", least: number, most: number, default: number} | null}} Kind
 */

/** @type {Record<string, string>} */
const ONLY = { ws: "ws", upgrades: "ws", streams: "sse" }; // what a network touches → the one transport that feels it

/** What stands in the way, as people call it; a kind that is not here stands by itself. @type {Record<string, string[]>} */
const GROUPS = {
  proxy: ["no-upgrade", "forbidden", "hang", "later", "heal", "buffer", "impatient", "no-post", "stale", "portal"],
  line: ["kill", "mute", "deaf", "cut", "lost", "silent", "slow", "flaky"],
};

/** Every kind of network the lab knows, asked for once. */
/** @type {Promise<Kind[]> | null} */
let table = null;
/** @returns {Promise<Kind[]>} */
const kinds = () => (table ??= fetch("/via").then((answer) => answer.json()).then(({ networks }) => networks));

/** A selector, the parameter of what is selected, and a sentence. */
export class Networks {
  /**
   * `reads`: by what reads who has this network; null: nobody in particular.
   * @param {Form} parts @param {Network} network @param {() => string | null} reads
   */
  constructor({ network: select, parameter, does }, network, reads = () => null) {
    this.reads = reads;
    this.network = network;
    this.select = select;
    this.parameter = parameter;
    this.does = does;
    this.input = /** @type {HTMLInputElement} */ (find(parameter, "input"));
    this.kinds = /** @type {Map<string, Kind>} */ (new Map()); // none until they are known
    select.addEventListener("change", () => network.choose(select.value));
    this.input.addEventListener("change", () => this.tune(this.input));
    network.addEventListener("set", () => this.show());
    kinds().then((networks) => this.offer(networks), () => {});
  }

  /** @param {Kind[]} networks */
  offer(networks) {
    this.kinds = new Map(networks.map((kind) => [kind.name, kind]));
    const offered = new Map(networks.map(({ name }) => [name, make("option", { value: name })]));
    const groups = Object.entries(GROUPS).map(([group, names]) => {
      const members = names.map((name) => offered.get(name)).filter((one) => one !== undefined);
      for (const name of names) offered.delete(name);
      return make("optgroup", { "data-group": group }, ...members);
    });
    this.select.replaceChildren(...offered.values(), ...groups);
    this.call();
    this.show();
  }

  /** What each is called, in the page's language, with its short name. */
  call() {
    for (const group of this.select.querySelectorAll("optgroup")) group.label = text(`network.${group.dataset.group}`);
    for (const option of this.select.options) {
      const key = `network.is.${option.value}`;
      const plain = text(key);
      option.textContent = plain === key ? option.value : `${plain} (${option.value})`;
    }
  }

  /** The setting as it stands, in the form: its name, its parameter, its sentence. */
  show() {
    const [name, value] = this.network.setting.split(":");
    const kind = this.kinds.get(name);
    if (!kind) return;
    const { unit, least, most, default: usual } = kind.parameter ?? {};
    this.select.value = name;
    this.parameter.hidden = !kind.parameter;
    const { input } = this;
    Object.assign(input, { min: least ?? "", max: most ?? "", step: unit === "ms" ? 50 : unit === "s" ? 0.5 : 0.05 });
    input.value = String(value ?? usual ?? "");
    const words = { letters: letters(kind), unit: { text: `network.${unit}` } };
    if (unit) say(find(this.parameter, "span"), "network.parameter", words);
    this.translated();
  }

  /** The lab's own sentence, in the page's language; and that one will see nothing of it, where that is so. */
  translated() {
    this.call();
    const kind = this.kinds.get(this.network.setting.split(":")[0]);
    if (!kind) return;
    const reads = this.reads();
    const only = ONLY[kind.touches];
    const spared = reads && reads !== "none" && only && only !== reads;
    this.does.textContent = kind.does[language()] + (spared ? ` ${text("network.spares", { transport: { text: reads } })}` : "");
  }

  /** @param {HTMLInputElement} input */
  tune(input) {
    const { name, parameter } = this.kinds.get(this.select.value) ?? {};
    if (!parameter) return undefined;
    const number = Number(input.value);
    const value = Number.isFinite(number) && input.value !== "" ? number : parameter.default;
    return this.network.choose(`${name}:${Math.min(parameter.most, Math.max(parameter.least, value))}`);
  }
}

/** How the sentence calls the parameter. @param {Kind} kind */
function letters({ does }) {
  return /\b(MS|RTT|S|P)\b/.exec(does.en)?.[1] ?? "";
}
