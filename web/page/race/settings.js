// Settings: the knobs of the race, kept in the address.

import { clamped, EVERY, knob, set } from "../knobs.js";

/** @typedef {{rate: number, periodic: boolean, every: number, size: number, network: string, close: boolean}} Settings */
/** @typedef {{least: number, most: number, usual: number}} Bounds */

export const RATE = { least: 0.1, most: 50, usual: 1 }; // messages a second
export const SIZE = { least: 0, most: 8000, usual: 100 }; // bytes of a message's text
export const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]; // where the slider stops

/** Three experiments worth the try. */
export const TRIES = {
  seldom: { rate: 0.5, network: "direct" },
  behind: { rate: 10, network: "slow:200" },
  flood: { rate: 50, network: "slow:200" },
};

/** @returns {{rate: number, periodic: boolean, every: number, size: number, network: string, close: boolean}} */
export function settings() {
  return {
    rate: between(knob("race-rate"), RATE),
    periodic: knob("race-shape") === "periodic",
    every: clamped(knob("race-every")),
    size: Math.round(between(knob("race-size"), SIZE)),
    network: knob("race-network") ?? "direct",
    close: knob("race-close") === "1",
  };
}

/** Keep some of them in the address; what is as usual is not in it. @param {Partial<Settings>} values */
export function keepSettings(values) {
  const { rate, periodic, every, size, network, close } = { ...settings(), ...values };
  set({
    "race-rate": rate === RATE.usual ? null : rate,
    "race-shape": periodic ? "periodic" : null,
    "race-every": every === EVERY.usual ? null : every,
    "race-size": size === SIZE.usual ? null : size,
    "race-network": network === "direct" ? null : network,
    "race-close": close ? 1 : null,
  });
}

/** A number within bounds; the usual one for what is none. @param {string | null} text @param {Bounds} bounds */
export function between(text, { least, most, usual }) {
  const number = Number(text);
  if (text === null || text === "" || !Number.isFinite(number)) return usual;
  return Math.min(most, Math.max(least, number));
}

/** The round trip a network makes, as far as its name says. @param {string} network */
export function tripOf(network) {
  const [name, value] = network.split(":");
  return name === "slow" ? Number(value ?? 300) : 0;
}
