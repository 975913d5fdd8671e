// The network of a seat: what stands between it and the hub, changed while it talks.

import { find, make, saying } from "./dom.js";
import { language, say } from "./words.js";

/**
 * A kind of network, as the lab describes it.
 * @typedef {{name: string, does: Record<string, string>,
 *   parameter: {unit: "ms" | "s" | "share", least: number, most: number, default: number} | null}} Kind
 */

/** Every kind of network the lab knows, asked for once. */
/** @type {Promise<Kind[]> | null} */
let table = null;
/** @returns {Promise<Kind[]>} */
const kinds = () => (table ??= fetch("/via").then((answer) => answer.json()).then(({ networks }) => networks));

/** A link's name: of one client alone, and no secret. */
export function linkName() {
  return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => (byte % 36).toString(36)).join("");
}

/** A selector, the parameter of what is selected, and a sentence of what it does. Tells of itself by `change`. */
export class Network extends EventTarget {
  /** @param {Record<string, HTMLElement> & {network: HTMLSelectElement}} parts @param {string} setting */
  constructor({ network, parameter, does, fault }, setting) {
    super();
    this.select = network;
    this.parameter = parameter;
    this.does = does;
    this.fault = fault;
    this.setting = setting;
    this.base = `/via/~${linkName()}`;
    this.select.addEventListener("change", () => this.choose(this.select.value));
    this.input = /** @type {HTMLInputElement} */ (find(parameter, "input"));
    this.input.addEventListener("change", () => this.tune(this.input));
    this.kinds = /** @type {Map<string, Kind>} */ (new Map()); // none until they are known
    this.ready = this.begin();
    this.last = /** @type {Promise<unknown>} */ (this.ready);
  }

  /**
   * One change after the other, as they were wished: the last wish is what holds.
   * @param {() => Promise<boolean> | boolean} change
   */
  inTurn(change) {
    const changed = this.last.then(change);
    this.last = changed;
    return changed;
  }

  async begin() {
    if (this.setting !== "direct" && !(await this.put(this.setting))) this.setting = "direct";
    kinds().then((networks) => this.offer(networks), () => {});
  }

  /** @param {Kind[]} networks */
  offer(networks) {
    this.kinds = new Map(networks.map((kind) => [kind.name, kind]));
    this.select.replaceChildren(...networks.map(({ name }) => make("option", { value: name }, name)));
    this.show();
  }

  /** The setting as it stands, in the form: its name, its parameter, its sentence. */
  show() {
    const [name, value] = this.setting.split(":");
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

  /** The lab's own sentence, in the page's language. */
  translated() {
    const kind = this.kinds.get(this.setting.split(":")[0]);
    if (kind) this.does.textContent = kind.does[language()];
  }

  /** @param {string} setting */
  async choose(setting) {
    if (await this.inTurn(() => this.be(setting))) this.dispatchEvent(new Event("change"));
  }

  /** Be what the address says. @param {string} setting @returns {Promise<boolean>} whether that was a change */
  follow(setting) {
    return this.inTurn(() => setting !== this.setting && this.be(setting));
  }

  /** @param {string} setting */
  async be(setting) {
    const taken = await this.put(setting);
    if (taken) this.setting = setting;
    this.show();
    return taken;
  }

  /** @param {HTMLInputElement} input */
  tune(input) {
    const { name, parameter } = this.kinds.get(this.select.value) ?? {};
    if (!parameter) return undefined;
    const number = Number(input.value);
    const value = Number.isFinite(number) && input.value !== "" ? number : parameter.default;
    return this.choose(`${name}:${Math.min(parameter.most, Math.max(parameter.least, value))}`);
  }

  /** @param {string} setting @returns {Promise<boolean>} whether the lab took it */
  async put(setting) {
    this.fault.replaceChildren();
    try {
      const body = JSON.stringify({ network: setting });
      const answer = await fetch(this.base, { method: "PUT", body });
      if (answer.ok) return true;
      const { error } = await answer.json();
      this.refused(error.message);
    } catch (/** @type {any} */ error) {
      this.refused(error.message);
    }
    return false;
  }

  /** @param {string} why */
  refused(why) {
    this.fault.replaceChildren(saying("span", "network.refused", { why }));
  }
}

/** How the sentence calls the parameter. @param {Kind} kind */
function letters({ does }) {
  return /\b(MS|RTT|S|P)\b/.exec(does.en)?.[1] ?? "";
}
