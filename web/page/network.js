// The network of a seat: what stands between it and the hub, changed while it talks.

import { make, saying } from "./dom.js";
import { language, say } from "./words.js";

/** Every kind of network the lab knows, asked for once. */
let table = null;
const kinds = () => (table ??= fetch("/via").then((answer) => answer.json()).then(({ networks }) => networks));

/** A link's name: of one client alone, and no secret. */
export function linkName() {
  return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => (byte % 36).toString(36)).join("");
}

/** A selector, the parameter of what is selected, and a sentence of what it does. Tells of itself by `change`. */
export class Network extends EventTarget {
  constructor({ network, parameter, does, fault }, setting) {
    super();
    Object.assign(this, { select: network, parameter, does, fault, setting });
    this.base = `/via/~${linkName()}`;
    this.select.addEventListener("change", () => this.choose(this.select.value));
    this.parameter.querySelector("input").addEventListener("change", (event) => this.tune(event.target));
    this.ready = this.begin();
    this.last = this.ready;
  }

  /** One change after the other, as they were wished: the last wish is what holds. */
  inTurn(change) {
    this.last = this.last.then(change);
    return this.last;
  }

  async begin() {
    if (this.setting !== "direct" && !(await this.put(this.setting))) this.setting = "direct";
    kinds().then((networks) => this.offer(networks), () => {});
  }

  offer(networks) {
    this.kinds = new Map(networks.map((kind) => [kind.name, kind]));
    this.select.replaceChildren(...networks.map(({ name }) => make("option", { value: name }, name)));
    this.show();
  }

  /** The setting as it stands, in the form: its name, its parameter, its sentence. */
  show() {
    if (!this.kinds) return;
    const [name, value] = this.setting.split(":");
    const kind = this.kinds.get(name);
    const { unit, least, most, default: usual } = kind.parameter ?? {};
    this.select.value = name;
    this.parameter.hidden = !kind.parameter;
    const input = this.parameter.querySelector("input");
    Object.assign(input, { min: least ?? "", max: most ?? "", step: unit === "ms" ? 50 : unit === "s" ? 0.5 : 0.05 });
    input.value = value ?? usual ?? "";
    const words = { letters: letters(kind), unit: { text: `network.${unit}` } };
    if (unit) say(this.parameter.querySelector("span"), "network.parameter", words);
    this.translated();
  }

  /** The lab's own sentence, in the page's language. */
  translated() {
    const kind = this.kinds?.get(this.setting.split(":")[0]);
    if (kind) this.does.textContent = kind.does[language()];
  }

  async choose(setting) {
    if (await this.inTurn(() => this.be(setting))) this.dispatchEvent(new Event("change"));
  }

  /** Be what the address says. @returns {Promise<boolean>} whether that was a change */
  follow(setting) {
    return this.inTurn(() => setting !== this.setting && this.be(setting));
  }

  async be(setting) {
    const taken = await this.put(setting);
    if (taken) this.setting = setting;
    this.show();
    return taken;
  }

  tune(input) {
    const { name, parameter } = this.kinds.get(this.select.value);
    const number = Number(input.value);
    const value = Number.isFinite(number) && input.value !== "" ? number : parameter.default;
    return this.choose(`${name}:${Math.min(parameter.most, Math.max(parameter.least, value))}`);
  }

  /** @returns {Promise<boolean>} whether the lab took it */
  async put(setting) {
    this.fault.replaceChildren();
    try {
      const body = JSON.stringify({ network: setting });
      const answer = await fetch(this.base, { method: "PUT", body });
      if (answer.ok) return true;
      const { error } = await answer.json();
      this.refused(error.message);
    } catch (error) {
      this.refused(error.message);
    }
    return false;
  }

  refused(why) {
    this.fault.replaceChildren(saying("span", "network.refused", { why }));
  }
}

/** How the sentence calls the parameter. */
function letters({ does }) {
  return /\b(MS|RTT|S|P)\b/.exec(does.en)?.[1] ?? "";
}
