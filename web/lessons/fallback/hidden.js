// The hidden networks: which there are, what each would show, and how they are dealt to whoever names them.

/** @import { Attempt, Way } from "./watched.js" */
/**
 * What a run shows. `opened`: a WebSocket opened; `refused`: one was turned away before it did; `broke`: one that was open
 * ended by itself; `lived`: it had been open for a while; `heard`: the naive client heard by it; `passes`: ours reads by it in
 * the end; `unsent`: a POST was refused; `slow`: the first answer took long.
 * @typedef {"opened" | "refused" | "broke" | "lived" | "heard" | "passes" | "unsent" | "slow"} Sign
 * @typedef {"direct" | "no-upgrade" | "hang" | "kill" | "mute" | "deaf" | "later" | "no-post" | "slow"} Name
 */

export const SIGNS = /** @type {Sign[]} */ (["opened", "refused", "broke", "lived", "heard", "passes", "unsent", "slow"]);
export const WANTED = 5; // named right, and it is done
const NAMINGS = 2; // of one run: with more, one could try all names
const LONG = 1000; // ms a WebSocket lives at least before it has lived for a while
const SLOW = 600; // ms a first answer takes at least that is slow

/** What each shows; what is not told here may be either. @type {Record<Name, Partial<Record<Sign, boolean>>>} */
export const SHOWS = {
  direct: shows("opened heard passes"),
  "no-upgrade": shows("refused"),
  hang: shows(""),
  kill: { ...shows("opened broke"), refused: undefined, heard: undefined, passes: undefined },
  mute: shows("opened"),
  deaf: shows("opened heard"),
  later: { ...shows("opened broke lived heard"), refused: undefined },
  "no-post": shows("opened passes unsent"),
  slow: shows("opened heard passes slow"),
};
export const NAMES = /** @type {Name[]} */ (Object.keys(SHOWS));

/** These signs and no others. @param {string} signs @returns {Record<Sign, boolean>} */
function shows(signs) {
  const all = signs.split(" ");
  return /** @type {Record<Sign, boolean>} */ (Object.fromEntries(SIGNS.map((sign) => [sign, all.includes(sign)])));
}

/** The network as the lab calls it, for a run of so many ms. @param {Name} name @param {number} length */
export function setting(name, length) {
  if (name === "kill") return "kill:300";
  if (name === "later") return `later:${length / 2000}`;
  return name === "slow" ? "slow:400" : name;
}

/**
 * What was seen in a run, and in numbers: after how many ms the first WebSocket opened, was refused, broke; how long the
 * first answer took; how much the naive one heard by WebSocket.
 * @param {{naive: {attempts: Attempt[]}, ours: {attempts: Attempt[], refused: number}, ends: {ours: Way | null}}} pair
 */
export function seen({ naive, ours, ends }) {
  const lines = [...naive.attempts, ...ours.attempts].filter(({ way }) => way === "ws");
  const opened = lines.filter((one) => one.opened !== null);
  const refused = lines.filter((one) => one.opened === null && one.to !== null && !one.own);
  const broken = opened.filter((one) => one.to !== null && !one.own);
  const lives = broken.map((one) => Number(one.to) - Number(one.opened));
  const heard = count(naive);
  const first = ours.attempts.find(({ way, to }) => way === "longpoll" && to !== null);
  const answer = first ? Number(first.to) - first.from : Infinity;
  const signs = {
    opened: opened.length > 0, refused: refused.length > 0, broke: broken.length > 0, lived: Math.max(0, ...lives) >= LONG,
    heard: heard > 0, passes: ends.ours === "ws", unsent: ours.refused > 0, slow: answer >= SLOW,
  };
  const took = (/** @type {typeof lines} */ all, /** @type {"opened" | "to"} */ what) => Math.round(Number(all[0]?.[what]) - Number(all[0]?.from));
  const figures = {
    opened: took(opened, "opened"), refused: took(refused, "to"), broke: Math.round(lives[0] ?? 0), lived: Math.round(Math.max(0, ...lives)), heard,
    answer: Math.round(answer),
  };
  return { signs, figures };
}

/** Batches that came to a client by WebSocket. @param {{attempts: Attempt[]}} watched */
function count({ attempts }) {
  return attempts.filter(({ way }) => way === "ws").reduce((sum, { heard }) => sum + heard.length, 0);
}

/** The first sign by which this is not the network that was named; null: it might be. @param {Name} named @param {Record<Sign, boolean>} signs */
export function against(named, signs) {
  return SIGNS.find((sign) => SHOWS[named][sign] !== undefined && SHOWS[named][sign] !== signs[sign]) ?? null;
}

/** The dealer: another network each time, until so many were named right. Who names one wrong twice is told, and gets another. */
export class Dealer {
  right = /** @type {Name[]} */ ([]);
  hidden = /** @type {Name | null} */ (null); // whose run is to be named
  #wrong = 0;
  #last = /** @type {Name | null} */ (null);

  /** @param {() => number} [random] in [0, 1) */
  constructor(random = Math.random) {
    this.random = random;
  }

  get done() {
    return this.right.length >= WANTED;
  }

  /** The next one to be hidden. Not one that was named right, nor the one that was told just now. @returns {Name} */
  deal() {
    const left = NAMES.filter((name) => !this.right.includes(name) && name !== this.#last);
    this.hidden = left[Math.floor(this.random() * left.length)];
    this.#wrong = 0;
    return this.hidden;
  }

  /** The run of what is hidden did not come to its end. */
  takeBack() {
    this.hidden = null;
  }

  /** A name is given to what is hidden. Null: nothing is. @param {Name} name @returns {"right" | "wrong" | "told" | null} */
  name(name) {
    const { hidden } = this;
    if (!hidden) return null;
    if (name !== hidden && (this.#wrong += 1) < NAMINGS) return "wrong";
    this.hidden = null;
    this.#last = hidden;
    if (name === hidden) this.right.push(hidden);
    return name === hidden ? "right" : "told";
  }

  /** The network that was named, or told, last. */
  get last() {
    return this.#last;
  }
}
