// The growing race: four clients behind a round trip hear a server that speaks faster and faster, and how busy that makes it.

import { sleep } from "../waiting.js";

/** @import { Race } from "/page/race/race.js" */
/** @import { Settings } from "/page/race/settings.js" */
/**
 * What a step has shown. `ages`: ms in the mean, null where nothing came; `asks`: questions a second by long polling,
 * `frames`: a second on WebSocket, `each`: messages in an answer; `busy`: the share of a processor that the server used.
 * @typedef {{rate: number, ages: Record<string, number | null>, asks: number | null, frames: number | null, each: number | null, busy: number, here: number}} Step
 */

export const RATES = [1, 4, 12, 20]; // messages a second: a class of thirty has the server tell 2,400 a second at last
export const TRIP = 100; // ms
const FULL = 0.8; // of a processor: a server that busy is asked for no more, whoever keeps it so
const SETTINGS = /** @type {Settings} */ ({ rate: 1, periodic: true, every: 1000, size: 100, network: `slow:${TRIP}`, close: false });

export class Growing {
  steps = /** @type {Step[]} */ ([]);
  rate = 0;
  over = false;
  halted = false; // the server was full before the last rate

  /** `race`: may have run before; `length`: ms of a step. @param {{race: Race, length: number}} settings */
  constructor({ race, length }) {
    this.race = race;
    this.length = length;
  }

  /** Run to the end. Throws where the race ends before, or the signal aborts. @param {AbortSignal} signal */
  async run(signal) {
    try {
      for (const rate of RATES) {
        await this.#step(rate, signal);
        this.halted = rate !== RATES.at(-1) && Number(this.steps.at(-1)?.busy) > FULL;
        if (this.halted) break;
      }
      this.over = true;
    } finally {
      this.race.stop();
    }
  }

  /** @param {number} rate @param {AbortSignal} signal */
  async #step(rate, signal) {
    const { race } = this;
    const settings = { ...SETTINGS, rate };
    if (race.open) await race.change(settings);
    else await race.start(settings);
    this.#goesOn(signal);
    this.rate = rate;
    const before = await load(signal);
    await sleep(this.length, signal);
    this.#goesOn(signal);
    const after = await load(signal);
    const ages = Object.fromEntries(race.lanes.map(({ transport, ages: all }) => [transport, all.figures()?.mean ?? null]));
    const [asked, pushed] = [race.counts.of("longpoll"), race.counts.of("ws")];
    this.steps.push({
      rate, ages, here: after.here, busy: (after.busy - before.busy) / (after.at - before.at),
      asks: asked && asked.seconds ? asked.requests / asked.seconds : null,
      frames: pushed && pushed.seconds ? pushed.batches / pushed.seconds : null,
      each: asked && asked.news ? asked.messages / asked.news : null,
    });
  }

  /** @param {AbortSignal} signal */
  #goesOn(signal) {
    signal.throwIfAborted();
    const { open, ended } = this.race;
    if (!open) throw Object.assign(new Error(String(ended?.why ?? "")), { unseen: !ended?.why });
  }
}

/** How much of a processor the server has used so far, and when that was, both in s. @param {AbortSignal} signal */
async function load(signal) {
  const answer = await fetch("/lab/load", { cache: "no-store", signal });
  if (!answer.ok) throw new Error(`/lab/load: ${answer.status}`);
  return answer.json();
}
