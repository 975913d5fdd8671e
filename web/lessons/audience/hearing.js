// The hearing: four real clients on a stage of their own, who says what in which form, and who hears it.

import { player, stage } from "../stage.js";
import { orAbort, sleep } from "../waiting.js";
import { PEOPLE } from "./situation.js";

/** @import { Socket } from "/client/socket.js" */
/** @import { Transport } from "/client/types.js" */
/** @import { Emit, Person, Situation } from "./situation.js" */
/** `own`: whether what was said was heard before its ack came; `ms`: from the emit on. @typedef {{own: boolean, ms: number, reply: string, replied: number, silence: string}} Acks */

export const WAYS = /** @type {Record<Person, Transport>} */ ({ ada: "poll", bo: "longpoll", cy: "sse", di: "ws" });
const EVERY = 250; // ms between two polls
const LAST = 0; // the number of the message that all hear at the end: what came before has come
const PATIENCE = 10_000; // ms for the server to answer at all

export class Hearing {
  heard = /** @type {Person[][]} */ ([]); // of each emit, in the order of coming
  at = 0; // how many were said
  over = false;
  acks = /** @type {Acks | null} */ (null);
  #base = stage("forms");
  #sockets = /** @type {Record<Person, Socket>} */ ({});
  #ended = /** @type {Set<Person>} */ (new Set());

  /** `pace`: ms between two emits; `asks`: whether acks are tried, too, in the end. @param {{situation: Situation, pace: number, asks?: boolean}} settings */
  constructor({ situation, pace, asks = false }) {
    this.situation = situation;
    this.pace = pace;
    this.asks = asks;
    this.heard = situation.emits.map(() => []);
  }

  /** Run to the end; `changed` is called whenever somebody speaks or hears. Throws where the server does not answer, or the signal aborts. @param {AbortSignal} signal @param {() => void} changed */
  async run(signal, changed) {
    const { emits, leaves } = this.situation;
    try {
      await orAbort(Promise.all(PEOPLE.map((person) => this.#come(person, changed))), signal);
      for (const [i, emit] of emits.entries()) {
        if (leaves?.before === i) await this.#ask(leaves.who, "leave", { room: leaves.room }, signal);
        this.at = i + 1;
        changed();
        await this.#say(emit, i + 1, signal);
        await sleep(this.pace, signal);
      }
      await this.#settle(signal);
      if (this.asks) this.acks = await this.#acknowledge(signal);
      this.over = true;
    } finally {
      for (const socket of Object.values(this.#sockets)) socket.close();
    }
  }

  /** Somebody is there, reads, and is in the rooms. @param {Person} person @param {() => void} changed */
  async #come(person, changed) {
    const socket = player(this.#base, WAYS[person], { every: EVERY });
    this.#sockets[person] = socket;
    socket.on("heard", ({ n }) => {
      if (n === LAST) this.#ended.add(person);
      else this.heard[n - 1]?.push(person);
      changed();
    });
    const known = new Promise((resolve) => socket.onHello(resolve));
    const here = new Promise((resolve) => socket.once("connect", resolve));
    socket.connect();
    await late(Promise.all([known, here]));
    for (const room of this.situation.rooms[person]) await socket.emitWithAck("join", { room }, { timeout: PATIENCE });
  }

  /** @param {Person} who @param {string} event @param {unknown} data @param {AbortSignal} signal */
  #ask(who, event, data, signal) {
    return orAbort(this.#sockets[who].emitWithAck(event, data, { timeout: PATIENCE }), signal);
  }

  /** Have the server say it. @param {Emit} emit @param {number} n @param {AbortSignal} signal */
  #say({ who, form, room, to }, n, signal) {
    return this.#ask(who, form, { n, ...(room && { room }), ...(to && { id: this.#sockets[to].id }) }, signal);
  }

  /** All have heard the last message: the log has an order, so what somebody has not heard by then was not for them. @param {AbortSignal} signal */
  async #settle(signal) {
    await this.#ask("ada", "everyone", { n: LAST }, signal);
    const deadline = performance.now() + PATIENCE;
    while (this.#ended.size < PEOPLE.length) {
      if (performance.now() > deadline) throw new Error(`no answer in ${PATIENCE / 1000} s`);
      await sleep(20, signal);
    }
  }

  /** An ack of what goes up, a reply to what comes down, and no reply. @param {AbortSignal} signal @returns {Promise<Acks>} */
  async #acknowledge(signal) {
    const { ada, cy, di } = this.#sockets;
    cy.on("question", (_data, reply) => reply("Cy is here"));
    let heard = false;
    ada.once("heard", () => (heard = true));
    const began = performance.now();
    await this.#ask("ada", "everyone", { n: LAST }, signal);
    const [own, ms] = [heard, Math.round(performance.now() - began)];
    const asked = performance.now();
    const reply = await this.#ask("ada", "ask", { id: cy.id }, signal);
    const replied = Math.round(performance.now() - asked);
    const silence = await this.#ask("ada", "ask", { id: di.id }, signal).catch(({ message }) => message);
    return { own, ms, reply: String(reply), replied, silence: String(silence) };
  }
}

/** @param {Promise<unknown>} promise */
async function late(promise) {
  let timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  const end = new Promise((_resolve, reject) => (timer = setTimeout(() => reject(new Error(`no answer in ${PATIENCE / 1000} s`)), PATIENCE)));
  await Promise.race([promise, end]).finally(() => clearTimeout(timer));
}
