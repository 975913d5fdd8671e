// @ts-check
// The runner: does what the ladder decides, and tells it what came of that.
import { Alarm, sleepOn } from "./clock.js";
import { Failure, turnedAway } from "./closings.js";
import { newSid } from "./codec.js";
import { soundBatch } from "./reading.js";
import { longpoll } from "./transports/longpoll.js";
import { poll } from "./transports/poll.js";
import { sse } from "./transports/sse.js";
import { ws } from "./transports/ws.js";
import { ask, wireUrl } from "./wire.js";
/** @import {Ladder} from "./ladder.js" */
/** @import {Leases} from "./leases.js" */
/** @import {Position, Reading} from "./reading.js" */
/** @import {Batch, Clock, Kind, Pace, Part, Transport, World} from "./types.js" */

const TRANSPORTS = { ws, sse, longpoll, poll };
const HELD = new Set(["longpoll", "sse"]); // they hold one of the six connections a browser has for a host

/**
 * A transport that runs for one attempt of the ladder. `beat`: s; `ws`: its WebSocket, once that works both ways.
 * @typedef {{id: number, transport: Transport, beat: number, controller: AbortController, reading: Reading,
 *   ws: WebSocket|null}} Run
 */

/** The parameters of a request. @typedef {{cursor?: string|null, [name: string]: string|number|null|undefined}} Params */

/**
 * What a transport may use: time, requests, the world's pipes; and whom it tells: that its pipe opened, the round trip in
 * ms, its ws that goes up, and the frames that came down beside the batches. `get` is `ask`, and tells that it opened.
 * @typedef {{options: Pace, beat: number, now: () => number, sleep: (ms: number, signal: AbortSignal) => Promise<void>,
 *   url: (name: string, params: Params) => string, token: () => string,
 *   get: (name: string, params: Params, signal: AbortSignal) => Promise<Batch>,
 *   ask: (name: string, params: Params, signal: AbortSignal) => Promise<any>,
 *   opened: () => void, rtt: (ms: number) => void, up: (ws: WebSocket) => void, heard: (frame: object) => void,
 *   WebSocket: new (url: string) => any, EventSource: new (url: string) => any}} Context
 */

/**
 * What the runner tells the client.
 * @typedef {{batch: (run: Run, batch: Batch) => void, use: (run: Run|null) => void, heard: (run: Run, frame: object) => void,
 *   refused: (failure: Failure) => void, turnedAway: (failure: Failure) => void, learnt: () => void,
 *   tell: (event: string, detail: any) => void, say: (parts: Part[]) => void, end: (why: Part[]) => void}} RunnerNews
 */

/** @param {Kind} kind @param {string} key */
const failure = (kind, key) => new Failure(kind, key, { because: { key } });

/** Runs the ladder. */
export class Runner {
  #of;
  #on;
  #alarm;
  /** @type {Map<number, Run>} */
  #running = new Map(); // by id
  /** @type {any[]} */
  #queue = []; // events
  #stepping = false;

  /**
   * @param {{ladder: Ladder, position: Position, clock: Clock, world: World, options: Pace & {history: number},
   *   base: string, sid: () => string, leases: Leases, on: RunnerNews}} of
   */
  constructor(of) {
    this.#of = of;
    this.#on = of.on;
    this.#alarm = new Alarm(of.clock, () => this.step({ type: "tick" }));
  }

  /** One event for the ladder. What is done about it may cause the next: that waits until this one is done. @param {any} event */
  step(event) {
    const { ladder, clock } = this.#of;
    this.#queue.push(event);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      while (this.#queue.length) {
        const commands = ladder.step(this.#queue.shift(), clock.now(), clock.random());
        for (const command of commands) this.#obey(command);
      }
    } finally {
      this.#stepping = false;
    }
    this.#alarm.set(ladder.due);
  }

  /** @param {any} command of the ladder */
  #obey(command) {
    switch (command.do) {
      case "open": return this.#open(command);
      case "close": return this.#close(command.id);
      case "use": return this.#on.use(command.id === null ? null : (this.#running.get(command.id) ?? null));
      case "say": return this.#on.say(command.parts);
      case "learnt": return this.#on.learnt();
      case "tell": return this.#on.tell(command.event, command.detail);
      case "end": return this.#on.end(command.why);
    }
  }

  /** @param {{id: number, transport: Transport, beat: number}} command */
  #open({ id, transport, beat }) {
    const controller = new AbortController();
    /** @type {Run} */
    const run = { id, transport, beat, controller, reading: this.#of.position.begin(), ws: null };
    this.#running.set(id, run);
    this.#pump(run);
  }

  /** @param {number} id */
  #close(id) {
    const run = this.#running.get(id);
    if (!run) return;
    this.#running.delete(id);
    this.#of.leases.give(run);
    run.controller.abort();
  }

  /** The way up found this ws wanting, or good after all: an event of its run. @param {WebSocket} ws @param {string} type */
  judge(ws, type) {
    for (const run of [...this.#running.values()]) if (run.ws === ws) this.step({ type, id: run.id });
  }

  /** @param {Run} run */
  async #pump(run) {
    const { signal } = run.controller;
    try {
      if (run.reading.asked !== null) this.#lease(run); // a newcomer's request is answered at once
      for await (const batch of TRANSPORTS[run.transport](run.reading.asked, signal, this.#context(run))) {
        if (signal.aborted) return;
        if (!soundBatch(batch)) throw failure("lost", "garbled");
        this.#on.batch(run, batch);
        if (signal.aborted) return;
        this.#lease(run);
      }
      throw failure("lost", "over");
    } catch (error) {
      if (!signal.aborted) this.#failed(run, error);
    }
  }

  /** @param {Run} run */
  #lease(run) {
    if (HELD.has(run.transport) && !this.#of.leases.take(run)) throw failure("lease", "lease");
  }

  /** @param {Run} run @param {any} error whatever a transport threw */
  #failed(run, error) {
    const failed = error instanceof Failure ? error : new Failure("lost", String(error?.message));
    const { kind, retry, because } = failed;
    if (kind === "over" || kind === "refused") this.#on.refused(failed);
    if (turnedAway(failed)) this.#on.turnedAway(failed);
    this.step({ type: "ended", id: run.id, kind, why: because, retry: retry ?? undefined });
  }

  /** @param {Run} run @returns {Context} */
  #context(run) {
    const { clock, world, options } = this.#of;
    const opened = () => this.step({ type: "opened", id: run.id });
    /** @type {(name: string, params: Params, signal: AbortSignal, began?: () => void) => Promise<any>} */
    const request = (name, params, signal, began) => ask(world.fetch, this.#url(name, params), { signal }, began);
    return {
      options,
      beat: run.beat,
      now: () => clock.now(),
      sleep: (ms, signal) => sleepOn(clock, ms, signal),
      url: (name, params) => this.#url(name, params),
      ask: request,
      get: (name, params, signal) => request(name, params, signal, opened),
      opened,
      rtt: (ms) => this.step({ type: "rtt", ms }),
      token: newSid,
      up: (ws) => (run.ws = ws),
      heard: (frame) => this.#on.heard(run, frame),
      WebSocket: /** @type {any} */ (world.WebSocket),
      EventSource: /** @type {any} */ (world.EventSource),
    };
  }

  /** The past is asked for only where there is no cursor: beside one it is ignored. @param {string} name @param {Params} params */
  #url(name, { cursor, ...params }) {
    const { base, options, sid } = this.#of;
    const history = cursor === null && options.history ? options.history : null;
    return wireUrl(base, name, { sid: sid(), cursor, history, ...params });
  }
}
