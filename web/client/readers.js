// The readers: does what the ladder decides, and tells it what came of that.
import { Alarm, sleepOn } from "./clock.js";
import { newSid } from "./codec.js";
import { soundBatch } from "./reading.js";
import { longpoll } from "./transports/longpoll.js";
import { poll } from "./transports/poll.js";
import { sse } from "./transports/sse.js";
import { ws } from "./transports/ws.js";
import { ask, Failure, wireUrl } from "./wire.js";

const TRANSPORTS = { ws, sse, longpoll, poll };
const HELD = new Set(["longpoll", "sse"]); // they hold one of the six connections a browser has for a host

/**
 * What a transport may use of the world.
 * @typedef {{options: object, beat: number, now: () => number, get: Function, ask: Function, url: Function,
 *   sleep: Function,
 *   opened: () => void, rtt: (ms: number) => void, up: Function, heard: Function, token: () => string,
 *   WebSocket: any, EventSource: any}} Link
 */

const failure = (kind, key) => new Failure(kind, key, { because: { key } });

/** The transports this browser has, of those wanted. */
export function available(wanted, world) {
  const has = { ws: world.WebSocket, sse: world.EventSource, longpoll: true, poll: true };
  const found = wanted.filter((name) => typeof has[name] === "function" || has[name] === true);
  if (!found.length) throw new RangeError(`transports: this browser has no ${wanted.join(", ")}`);
  return found;
}

/**
 * Runs the ladder. `on` is
 * {batch(reader, batch), use(reader|null), heard(reader, frame), refused, turnedAway, tell, say, learnt, end}:
 * what the client does about it. A reader is {id, transport, reading, pipe}.
 */
export class Readers {
  #running = new Map();
  #queue = [];
  #stepping = false;

  constructor({ ladder, position, clock, world, options, base, sid, leases, on }) {
    Object.assign(this, { ladder, position, clock, world, options, base, sid, leases, on });
    this.alarm = new Alarm(clock, () => this.step({ type: "tick" }));
  }

  /** One event for the ladder. What is done about it may cause the next: that waits until this one is done. */
  step(event) {
    this.#queue.push(event);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      while (this.#queue.length) {
        const commands = this.ladder.step(this.#queue.shift(), this.clock.now(), this.clock.random());
        for (const command of commands) this.#obey(command);
      }
    } finally {
      this.#stepping = false;
    }
    this.alarm.set(this.ladder.due);
  }

  #obey(command) {
    switch (command.do) {
      case "open": return this.#open(command);
      case "close": return this.#close(command.id);
      case "use": return this.on.use(command.id === null ? null : this.#running.get(command.id));
      case "say": return this.on.say(command.parts);
      case "learnt": return this.on.learnt();
      case "tell": return this.on.tell(command.event, command.detail);
      case "end": return this.on.end(command.why);
    }
  }

  #open({ id, transport, beat }) {
    const controller = new AbortController();
    const reader = { id, transport, beat, controller, reading: this.position.begin(), pipe: null };
    this.#running.set(id, reader);
    this.#pump(reader);
  }

  #close(id) {
    const reader = this.#running.get(id);
    if (!reader) return;
    this.#running.delete(id);
    this.leases.give(reader);
    reader.controller.abort();
  }

  /** The way up found this ws pipe wanting: `type` is doubt, alive or deaf. */
  accuse(pipe, event) {
    for (const reader of this.#running.values()) if (reader.pipe === pipe) this.step({ ...event, id: reader.id });
  }

  async #pump(reader) {
    const { signal } = reader.controller;
    try {
      if (reader.reading.asked !== null) this.#lease(reader); // a newcomer's request is answered at once
      for await (const batch of TRANSPORTS[reader.transport](reader.reading.asked, signal, this.#link(reader))) {
        if (signal.aborted) return;
        if (!soundBatch(batch)) throw failure("lost", "garbled");
        this.on.batch(reader, batch);
        if (signal.aborted) return;
        this.#lease(reader);
      }
      throw failure("lost", "over");
    } catch (error) {
      if (!signal.aborted) this.#failed(reader, error);
    }
  }

  #lease(reader) {
    if (HELD.has(reader.transport) && !this.leases.take(reader)) throw failure("lease", "lease");
  }

  #failed(reader, error) {
    const { kind = "lost", retry = undefined, message, because = { key: "text", text: message } } = error;
    if (kind === "over" || kind === "refused") this.on.refused(error);
    if (error.turnedAway) this.on.turnedAway(error);
    this.step({ type: "ended", id: reader.id, kind, why: because, retry: retry ?? undefined });
  }

  /** @returns {Link} */
  #link(reader) {
    const { clock, world, options } = this;
    const opened = () => this.step({ type: "opened", id: reader.id });
    const request = (name, params, signal, ...began) => ask(world.fetch, this.#url(name, params), { signal }, ...began);
    return {
      options,
      beat: reader.beat,
      now: () => clock.now(),
      sleep: (ms, signal) => sleepOn(clock, ms, signal),
      url: (name, params) => this.#url(name, params),
      ask: request,
      get: (name, params, signal) => request(name, params, signal, opened),
      opened,
      rtt: (ms) => this.step({ type: "rtt", ms }),
      token: newSid,
      up: (pipe) => (reader.pipe = pipe),
      heard: (frame) => this.on.heard(reader, frame),
      WebSocket: world.WebSocket,
      EventSource: world.EventSource,
    };
  }

  /** The past is asked for only where there is no cursor: beside one it is ignored. */
  #url(name, { cursor, ...params }) {
    const history = cursor === null && this.options.history ? this.options.history : null;
    return wireUrl(this.base, name, { sid: this.sid(), cursor, history, ...params });
  }
}
