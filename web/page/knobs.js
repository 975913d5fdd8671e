// Knobs: what the page is set to, kept in the address, so that a link opens exactly this.

/** @import { Seat } from "./seat.js" */
/** @typedef {"left" | "right"} Side */
/** @typedef {{use: Choice, every: number, name: string | null, network: string, without: string[]}} Knobs   of a seat */
/** @typedef {import("/client/socket.js").Transport | "auto"} Choice */

export const TRANSPORTS = /** @type {const} */ (["poll", "longpoll", "sse", "ws"]);
export const CHOICES = /** @type {const} */ (["auto", ...TRANSPORTS]);
/** Whether each answer wants a question. @param {string} transport */
export const asks = (transport) => transport === "poll" || transport === "longpoll";
export const EVERY = { least: 250, most: 60_000, usual: 1000 }; // ms; the hub refuses more than 4 polls a second

/**
 * What the address says about a seat. The left one stands on `poll`, the right one on `ws`: the two ends of the question
 * that the page asks.
 * @param {Side} side @returns {Knobs}
 */
export function knobs(side) {
  const search = new URLSearchParams(location.search);
  const chosen = search.get(side);
  const usual = side === "left" ? "poll" : "ws";
  return {
    use: CHOICES.find((name) => name === chosen) ?? usual,
    every: clamped(own(search, "every", side) ?? search.get("every")),
    name: short(own(search, "name", side) ?? "") || null,
    network: own(search, "network", side) ?? search.get("network") ?? "direct",
    without: (search.get("without") ?? "").split(","),
  };
}

/**
 * Keep in the address how the seats stand. What ends in 2 is the right one's; `every`, `network` alone hold for both.
 * @param {Seat} left @param {Seat} right
 */
export function keep(left, right) {
  set({
    left: left.use,
    right: right.use,
    every: left.every === EVERY.usual ? null : left.every,
    every2: right.every === left.every ? null : right.every,
    name: left.name,
    name2: right.name,
    network: left.network.setting === "direct" ? null : left.network.setting,
    network2: right.network.setting === left.network.setting ? null : right.network.setting,
  });
}

/** What the address says about one knob; null if nothing. @param {string} name */
export function knob(name) {
  return new URLSearchParams(location.search).get(name);
}

/**
 * The address of the page with other knobs; null takes one away. Others stay as they are.
 * @param {Record<string, string | number | null>} values
 */
export function addressWith(values) {
  const address = new URL(location.href);
  for (const [name, value] of Object.entries(values)) {
    if (value === null) address.searchParams.delete(name);
    else address.searchParams.set(name, String(value));
  }
  return address;
}

/** Write knobs into the address, so that Back undoes it. @param {Record<string, string | number | null>} values */
export function set(values) {
  const address = addressWith(values);
  if (address.href !== location.href) history.pushState(null, "", address);
}

/** A name: at most 40 characters, none of them cut in half. @param {string} name */
export function short(name) {
  return [...name.trim()].slice(0, 40).join("").trim();
}

/** A number of ms a poll may wait. @param {string | number | null} value */
export function clamped(value) {
  const number = Math.round(Number(value));
  return value && Number.isFinite(number) ? Math.min(EVERY.most, Math.max(EVERY.least, number)) : EVERY.usual;
}

/** @param {URLSearchParams} search @param {string} name @param {Side} side */
function own(search, name, side) {
  return search.get(side === "left" ? name : `${name}2`);
}
