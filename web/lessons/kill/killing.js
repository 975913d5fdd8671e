// The killing: four clients in a room of their own, one who speaks there, and the sudden end of a server, which they ask for.

import { newSid } from "/client/codec.js";
import { io } from "/client/socket.js";
import { numbered, parted } from "/page/alone.js";
import { now } from "/page/hubclock.js";
import { tapped } from "/page/tap.js";
import { asked, posted } from "../asking.js";
import { orAbort, sleep } from "../waiting.js";
import { Line, WAYS } from "./line.js";

/** @import { Socket } from "/client/socket.js" */
/** @import { Way } from "./line.js" */
/** @typedef {{process: string, processes: number, alone: boolean, may_be_killed: boolean, reads: Record<string, string[]>}} Told */
/** @typedef {"alone" | "spared" | "last"} Lack   why none can be killed: it is alone; it was not started so; the others are gone */

const EVERY = 200; // ms between two messages
const POLLS = 500; // ms between two short polls
const LOOK = 100; // ms between two questions whose lines a server has
const ASKS = 12; // questions after which each server has been asked that there is
const AGAIN = 100; // ms until what was not answered is said, or asked, once more
const PATIENCE = 20_000; // ms for all to arrive
const RESPITE = 50; // ms that a server lives after it has said that it ends

/** What the server that answers tells of itself. @param {AbortSignal} signal @param {string[]} [clients] @returns {Promise<Told>} */
export function told(signal, clients = []) {
  return asked(`/lab/cluster?${clients.map((client) => `client=${encodeURIComponent(client)}`).join("&")}`, { signal });
}

/** Why a server that tells this of itself cannot be killed; null: it can. @param {Told} of @returns {Lack | null} */
export const lacks = ({ alone, may_be_killed }) => (alone ? "alone" : may_be_killed ? null : "spared");

export class Killing {
  began = 0; // 0: not yet
  over = false;
  killed = /** @type {string | null} */ (null); // the name of the server
  at = 0; // when it ended
  ended = 0; // when nothing more was looked at
  said = /** @type {string[]} */ ([]); // what was acked
  servers = /** @type {string[]} */ ([]); // that answered, by their names
  lines = /** @type {Record<Way, Line>} */ (Object.fromEntries(WAYS.map((way) => [way, new Line(way)])));
  #room = `lesson-${newSid()}`;
  #sid = newSid(); // of who speaks
  #sockets = /** @type {Partial<Record<Way, Socket>>} */ ({});
  #speaks = true;
  #press = () => {};

  /** @param {{after: number}} settings ms for which it is looked at what became of it */
  constructor({ after }) {
    this.after = after;
  }

  /** Whose server is killed: that of the WebSocket; null while it is not known. */
  get victim() {
    return this.lines.ws.last?.to === null ? this.lines.ws.last.server : null;
  }

  /** Kill it now. */
  kill() {
    this.#press();
  }

  /** Run to the end, after `kill`. Throws where the servers do not answer, with the `code` of what is lacking, or the signal aborts. @param {AbortSignal} signal */
  async run(signal) {
    const mine = new AbortController();
    const pressed = new Promise((resolve) => (this.#press = () => resolve(null)));
    try {
      await this.#survey(signal);
      await this.#come(signal);
      this.began = now();
      const speaking = this.#speak(mine.signal);
      this.#look(mine.signal).catch(() => {});
      await Promise.race([orAbort(pressed, signal), speaking]);
      await this.#end(signal);
      await sleep(this.at + this.after - now(), signal);
      this.#speaks = false;
      await orAbort(speaking, signal);
      await this.#arrive(signal);
      this.ended = now();
      this.over = true;
    } finally {
      mine.abort(new Error("over"));
      for (const socket of Object.values(this.#sockets)) socket.close();
      fetch(`/bye?sid=${this.#sid}`, { method: "POST", keepalive: true }).catch(() => {});
    }
  }

  /** @param {string} server */
  #met(server) {
    if (!this.servers.includes(server)) this.servers = [...this.servers, server].sort();
  }

  /** Which servers there are. @param {AbortSignal} signal */
  async #survey(signal) {
    for (let i = 0; i < ASKS; i += 1) {
      const of = await told(signal);
      const lack = lacks(of);
      if (lack) throw Object.assign(new Error(lack), { code: lack });
      this.#met(of.process);
    }
    if (this.servers.length < 2) throw Object.assign(new Error("last"), { code: "last" });
  }

  /** All are in the room, and read. @param {AbortSignal} signal */
  async #come(signal) {
    await posted(`/emit?sid=${this.#sid}`, { emits: numbered(this.#room) }, signal);
    const coming = WAYS.map((way) => {
      const line = this.lines[way];
      const world = { ...tapped(line, way), storage: null };
      world.fetch = line.signed(world.fetch);
      const socket = io({ transports: [way], use: way, every: POLLS, autoConnect: false, world });
      this.#sockets[way] = socket;
      socket.on("s2c", (data, _reply, { room }) => room === this.#room && line.take(data.content));
      socket.onLife((event) => void (line.gaps += Number(event === "gap")));
      socket.emit("name", { name: `lesson: ${way}` });
      socket.connect();
      return parted(socket, this.#room, { timeout: PATIENCE });
    });
    await orAbort(Promise.all(coming), signal);
    await this.#until(() => WAYS.every((way) => this.#sockets[way]?.id), signal);
  }

  /** Say one thing after the other, each until it is acked: over whatever server, under its number, so that it counts once. @param {AbortSignal} signal */
  async #speak(signal) {
    for (let n = numbered(this.#room).length + 1, next = now(); this.#speaks; n += 1) {
      const content = String(n);
      const ack = await this.#acked({ n, event: "c2s", data: { user: "", content, room: this.#room } }, signal);
      if (ack.error?.code === "refused") throw new Error(ack.error.message);
      if (!ack.error) this.said.push(content); // of one whose server was killed in the middle nobody knows
      next = Math.max(next + EVERY, now());
      await sleep(next - now(), signal);
    }
  }

  /** @param {{n: number, event: string, data: unknown}} emit @param {AbortSignal} signal @returns {Promise<{n: number, error?: {code: string, message: string}}>} */
  async #acked(emit, signal) {
    for (;;) {
      try {
        return (await posted(`/emit?sid=${this.#sid}`, { emits: [emit] }, signal)).acks[0];
      } catch (error) {
        if (signal.aborted) throw error;
      }
      await sleep(AGAIN, signal);
    }
  }

  /** Ask again and again which lines the server has that answers. A browser shows no page the head of a WebSocket's handshake. @param {AbortSignal} signal */
  async #look(signal) {
    const ids = WAYS.map((way) => this.#sockets[way]?.id ?? "");
    for (;;) {
      const before = now();
      try {
        const { process, reads } = await told(signal, ids);
        this.#met(process);
        for (const [i, way] of WAYS.entries()) if (reads[ids[i]]?.includes(way)) this.lines[way].isAt(process, before);
      } catch (error) {
        if (signal.aborted) throw error;
      }
      await sleep(LOOK, signal);
    }
  }

  /** The server of the WebSocket's ends: it is asked until it is the one that answers. @param {AbortSignal} signal */
  async #end(signal) {
    await this.#until(() => this.victim, signal);
    const name = String(this.victim);
    for (let i = 0; i < 3 * ASKS; i += 1) {
      const { ends } = await asked(`/lab/cluster/kill?process=${encodeURIComponent(name)}`, { method: "POST", signal });
      if (ends) {
        this.at = now() + RESPITE;
        this.killed = name;
        return;
      }
    }
    throw new Error(`${name} does not answer`);
  }

  /** All that was acked is with all of them, or too late. @param {AbortSignal} signal */
  async #arrive(signal) {
    const late = now() + PATIENCE;
    const missing = () => WAYS.some((way) => this.lost(way).length);
    await this.#until(() => !missing() || now() > late, signal);
  }

  /** What this client should have heard, and has not. @param {Way} way */
  lost(way) {
    return this.said.filter((content) => !this.lines[way].times.has(content));
  }

  /** @param {() => unknown} holds @param {AbortSignal} signal */
  async #until(holds, signal) {
    while (!holds()) await sleep(AGAIN, signal);
  }
}
