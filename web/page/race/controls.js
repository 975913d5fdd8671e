// The knobs of the race: each has its place in the address.

import { make, saying } from "../dom.js";
import { clamped, EVERY } from "../knobs.js";
import { Network } from "../network.js";
import { Networks } from "../networks.js";
import { say, text } from "../words.js";
import { between, keepSettings, settings, SIZE, STEPS, TRIES } from "./settings.js";

/** @import { Settings } from "./settings.js" */

/** Tells of itself by `change` (a knob was turned), `go` (start or stop). */
export class Controls extends EventTarget {
  constructor() {
    super();
    /** @param {string} type @param {string} role @param {Record<string, unknown>} [more] */
    const field = (type, role, more = {}) => make("input", { type, "data-role": role, autocomplete: "off", ...more });
    this.rate = field("range", "race-rate", { min: 0, max: STEPS.length - 1, step: 1 });
    this.rateSaid = make("output", { "data-role": "race-rate-said" });
    this.shape = make("select", { "data-role": "race-shape", autocomplete: "off" });
    for (const name of ["poisson", "periodic"]) this.shape.append(saying("option", `race.shape.${name}`, {}, { value: name }));
    this.every = field("number", "race-every", { min: EVERY.least, max: EVERY.most, step: 250, inputmode: "numeric" });
    this.size = field("number", "race-size", { min: SIZE.least, max: SIZE.most, step: 10, inputmode: "numeric" });
    this.close = field("checkbox", "race-close");
    this.button = saying("button", "race.start", {}, { type: "button", "data-role": "race-go", class: "go" });
    this.parts = {
      network: make("select", { "data-role": "race-network", autocomplete: "off" }, make("option", {}, "direct")),
      parameter: make("label", { hidden: "" }, make("span"), make("input", { type: "number", autocomplete: "off", inputmode: "decimal" })),
      does: make("p", { class: "small does" }),
      fault: make("output"),
    };
    this.root = make("div", { class: "controls" }, this.fields(), this.tries());
    this.network = new Network(this.parts.fault, settings().network);
    this.networks = new Networks(this.parts, this.network);
    this.listen();
    this.follow();
  }

  fields() {
    /** @param {string} key @param {...HTMLElement} fields */
    const labelled = (key, ...fields) => make("label", {}, saying("span", key), ...fields);
    const { parts } = this;
    const rate = make("div", { class: "rate" }, labelled("race.rate", this.rate), this.rateSaid);
    const close = make("label", { class: "check" }, this.close, saying("span", "race.close"));
    const fields = make("div", { class: "fields" }, rate, labelled("race.shape", this.shape), labelled("race.size", this.size));
    fields.append(labelled("race.every", this.every), labelled("network", parts.network), parts.parameter, close);
    return make("div", {}, fields, parts.does, parts.fault);
  }

  tries() {
    const buttons = Object.entries(TRIES).map(([name, values]) => {
      const button = saying("button", `race.try.${name}`, {}, { type: "button", "data-role": `race-try-${name}` });
      button.addEventListener("click", () => this.turn({ ...values, periodic: false, close: false }));
      return button;
    });
    return make("div", { class: "acts" }, this.button, saying("span", "race.try", {}, { class: "small" }), ...buttons);
  }

  listen() {
    this.button.addEventListener("click", () => this.dispatchEvent(new Event("go")));
    this.rate.addEventListener("input", () => this.sayRate(STEPS[Number(this.rate.value)]));
    this.rate.addEventListener("change", () => this.turn({ rate: STEPS[Number(this.rate.value)] }));
    this.shape.addEventListener("change", () => this.turn({ periodic: this.shape.value === "periodic" }));
    this.every.addEventListener("change", () => this.turn({ every: clamped(this.every.value) }));
    this.size.addEventListener("change", () => this.turn({ size: Math.round(between(this.size.value, SIZE)) }));
    this.close.addEventListener("change", () => this.turn({ close: this.close.checked }));
    this.network.addEventListener("change", () => this.turn({ network: this.network.setting }));
  }

  /** @param {Partial<Settings>} values */
  turn(values) {
    keepSettings(values);
    this.follow();
  }

  /** Be as the address says. */
  async follow() {
    const { rate, periodic, every, size, network, close } = settings();
    this.rate.value = String(nearest(rate));
    this.sayRate(rate);
    this.shape.value = periodic ? "periodic" : "poisson";
    this.every.value = String(every);
    this.size.value = String(size);
    this.close.checked = close;
    await this.network.follow(network);
    this.dispatchEvent(new Event("change"));
  }

  /** The settings as they hold: a network the lab does not know is not in force. */
  get settings() {
    return { ...settings(), network: this.network.setting };
  }

  /** @param {number} rate */
  sayRate(rate) {
    say(this.rateSaid, "race.rate.said", { rate });
    this.rate.setAttribute("aria-valuetext", text("race.rate.said", { rate }));
  }

  /** @param {boolean} open */
  show(open) {
    say(this.button, open ? "race.stop" : "race.start");
  }

  translated() {
    this.networks.translated();
    this.sayRate(settings().rate);
  }
}

/** The place on the slider that is nearest, by factor. @param {number} rate */
function nearest(rate) {
  const far = STEPS.map((step) => Math.abs(Math.log(step / rate)));
  return far.indexOf(Math.min(...far));
}
