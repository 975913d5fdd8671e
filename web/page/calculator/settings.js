// Settings: the knobs of the calculator, kept in the address.

import { clamped, EVERY, knob, set } from "../knobs.js";
import { between } from "../race/settings.js";

/** @typedef {{clients: number, every: number, rate: number, size: number, rtt: number, cookie: number}} Settings */

/** Each knob but the interval: its bounds, and what it stands on at first. */
export const BOUNDS = {
  clients: { least: 1, most: 10_000_000, usual: 10_000, step: 1000 },
  rate: { least: 0.001, most: 1000, usual: 1, step: 0.1 }, // messages a second, to each
  size: { least: 0, most: 16_000, usual: 20, step: 10 }, // bytes of a message's text
  rtt: { least: 0, most: 5000, usual: 50, step: 10 }, // ms
  cookie: { least: 0, most: 8000, usual: 0, step: 50 }, // bytes of cookies in each request
};
const WHOLE = ["clients", "size", "cookie"];
/** @typedef {keyof Settings} Name */
export const NAMES = /** @type {Name[]} */ (["clients", "every", "rate", "size", "rtt", "cookie"]);

/** @returns {Settings} */
export function settings() {
  const values = NAMES.map((name) => [name, valid(name, knob(`calc-${name}`))]);
  return Object.fromEntries(values);
}

/** @param {Name} name @param {string | null} text */
export function valid(name, text) {
  if (name === "every") return clamped(text);
  const number = between(text, BOUNDS[name]);
  return WHOLE.includes(name) ? Math.round(number) : number;
}

/**
 * Keep one of them in the address; what is as usual is not in it.
 * @param {Name} name @param {string | null} text
 */
export function keepSetting(name, text) {
  const value = valid(name, text);
  const usual = name === "every" ? EVERY.usual : BOUNDS[name].usual;
  set({ [`calc-${name}`]: value === usual ? null : value });
}
