// A course of the ladder under fake time, on a network that does what it is told.
import { Ladder } from "../../web/client/ladder.js";
import { sentence } from "../../web/client/sentences.js";

export const WORKS = { pass: 20 };
export const REFUSES = { fail: 10 };
export const HANGS = {};
export const OLD_CLIENT = { every: 1000, hold: 20, heartbeat: 15 };

/** @type {World} */
export const all = { ws: WORKS, sse: WORKS, longpoll: WORKS, poll: WORKS };

/**
 * @typedef {import("../../web/client/ladder.js").Command} Command @typedef {import("../../web/client/ladder.js").Happening} Happening
 * @typedef {import("../../web/client/types.js").Transport} Transport
 * @typedef {NonNullable<ConstructorParameters<typeof Ladder>[0]>} Options
 *
 * @typedef {{pass?: number, fail?: number, dies?: number, kind?: import("../../web/client/attempt.js").Kind, retry?: number,
 *   opens?: number, beat?: number|null}} Behaviour
 * @typedef {Partial<Record<Transport, Behaviour>>} World
 *
 * What happens to an attempt (`begin`: only now does it reach the server), and how long after it the same happens again.
 * @typedef {{time: number, id: number, event: Happening|{type: "begin"}, beat: number|null}} Due
 */

/**
 * A ladder on a network that does what `world` says of each transport: {pass, fail, dies, kind, retry, beat} in ms from
 * its opening (`dies`: from its first batch; `beat`: the pause between batches, null = silent after the first).
 */
export class Course {
  /** @param {World} world @param {Options & {chance?: number}} given */
  constructor(world, { chance = 0.5, ...options } = {}) {
    this.now = 0;
    this.world = world;
    this.chance = chance;
    this.events = /** @type {Due[]} */ ([]);
    this.live = /** @type {Map<number, Transport>} */ (new Map());
    this.asked = /** @type {Map<number, number>} */ (new Map()); // the ms between two beats
    this.told = /** @type {[event: string, detail: any, time: number][]} */ ([]);
    this.log = /** @type {string[]} */ ([]);
    this.opened = /** @type {[time: number, transport: Transport][]} */ ([]);
    this.beats = /** @type {number[]} */ ([]); // s, that each of those was asked for
    this.silent = /** @type {Set<Transport>} */ (new Set());
    this.ended = /** @type {import("../../web/client/types.js").Part[]} */ ([]); // why
    this.ladder = new Ladder({ pace: OLD_CLIENT, ...options });
    this.step({ type: "start" });
  }

  /** @param {Happening} event */
  step(event) {
    for (const command of this.ladder.step(event, this.now, this.chance)) this.obey(command);
  }

  /** @param {Command} command */
  obey(command) {
    if (command.do === "open") this.open(command);
    else if (command.do === "close") this.live.delete(command.id);
    else if (command.do === "tell") this.told.push([command.event, command.detail, this.now]);
    else if (command.do === "say") this.log.push(`${this.now} ${sentence(command.parts)}`);
    else if (command.do === "end") this.ended = command.why;
  }

  /** @param {{id: number, transport: Transport, beat: number}} command */
  open({ id, transport, beat: asked }) {
    this.asked.set(id, asked * 1000);
    this.opened.push([this.now, transport]);
    this.beats.push(asked);
    this.live.set(id, transport);
    this.begin(id, transport);
  }

  /** @param {number} id @param {Transport} transport */
  begin(id, transport) {
    /** @type {Behaviour} */
    const behaviour = this.world[transport] ?? REFUSES;
    const { pass = null, fail = null, kind = "lost", retry, opens = 5, dies = null, beat: pause = 1000 } = behaviour;
    if (fail !== null) return this.at(this.now + fail, id, { type: "ended", id, kind, why: { key: "text", text: "refused" }, retry });
    const beat = pause && Math.min(pause, transport === "poll" ? 1000 : this.asked.get(id) ?? Infinity);
    this.at(this.now + opens, id, { type: "opened", id });
    if (pass === null) return;
    this.at(this.now + pass, id, { type: "heard", id }, beat);
    if (dies !== null) this.at(this.now + pass + dies, id, { type: "ended", id, kind, why: { key: "text", text: "died" }, retry });
  }

  /** @param {number} time @param {number} id @param {Due["event"]} event @param {number|null} beat */
  at(time, id, event, beat = null) {
    this.events.push({ time, id, event, beat });
    this.events.sort((a, b) => a.time - b.time);
  }

  /** Let so many ms pass. @param {number} ms */
  pass(ms) {
    const end = this.now + ms;
    for (let steps = 0; ; steps += 1) {
      if (steps > 20_000) throw new Error("the ladder runs in a circle");
      const due = this.ladder.due ?? Infinity;
      const next = this.events[0]?.time ?? Infinity;
      if (Math.min(due, next) > end) break;
      if (next <= due) this.happen(/** @type {Due} */ (this.events.shift()));
      else {
        this.now = Math.max(this.now, due);
        this.step({ type: "tick" });
      }
    }
    this.now = end;
    return this;
  }

  /** @param {Due} due */
  happen({ time, id, event, beat }) {
    this.now = time;
    const transport = this.live.get(id);
    if (!transport) return;
    if (event.type === "begin") return this.begin(id, transport);
    const silent = this.world[transport] === HANGS || this.silent.has(transport);
    if (beat && !silent) this.at(time + beat, id, event, beat);
    if (!(silent && event.type === "heard")) this.step(event);
  }

  /** The detail of what was told last. */
  get last() {
    return this.told[this.told.length - 1][1];
  }

  get names() {
    return this.told.map(([name]) => name);
  }

  /** @param {Transport} transport */
  tries(transport) {
    return this.opened.filter(([, name]) => name === transport).length;
  }
}
