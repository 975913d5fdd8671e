// A course of the ladder under fake time, on a network that does what it is told.
import { Ladder } from "../../web/client/ladder.js";
import { sentence } from "../../web/client/sentences.js";

export const WORKS = { pass: 20 };
export const REFUSES = { fail: 10 };
export const HANGS = {};
export const OLD_CLIENT = { every: 1000, hold: 20, heartbeat: 15 };

export const all = { ws: WORKS, sse: WORKS, longpoll: WORKS, poll: WORKS };

/**
 * A ladder on a network that does what `world` says of each transport: {pass, fail, dies, kind, retry, beat} in ms from
 * its opening (`dies`: from its first batch; `beat`: the pause between batches, null = silent after the first).
 */
export class Course {
  constructor(world, { chance = 0.5, ...options } = {}) {
    this.now = 0;
    this.world = world;
    this.chance = chance;
    this.events = [];
    this.live = new Map();
    this.asked = new Map();
    this.told = [];
    this.log = [];
    this.opened = [];
    this.ended = null;
    this.ladder = new Ladder({ pace: OLD_CLIENT, ...options });
    this.step({ type: "start" });
  }

  step(event) {
    for (const command of this.ladder.step(event, this.now, this.chance)) this.obey(command);
  }

  obey(command) {
    this.obeyed?.(command);
    if (command.do === "open") this.open(command);
    else if (command.do === "close") this.live.delete(command.id);
    else if (command.do === "tell") this.told.push([command.event, command.detail, this.now]);
    else if (command.do === "say") this.log.push(`${this.now} ${sentence(command.parts)}`);
    else if (command.do === "end") this.ended = command.why;
  }

  open({ id, transport, beat: asked }) {
    this.asked.set(id, asked * 1000);
    this.opened.push([this.now, transport]);
    this.live.set(id, transport);
    this.begin(id, transport);
  }

  begin(id, transport) {
    const {
      pass = null,
      fail = null,
      kind = "lost",
      retry,
      opens = 5,
      dies = null,
      beat: pause = 1000,
    } = this.world[transport] ?? REFUSES;
    if (fail !== null) return this.at(this.now + fail, id, { type: "ended", id, kind, why: { key: "text", text: "refused" }, retry });
    const beat = pause && Math.min(pause, transport === "poll" ? 1000 : this.asked.get(id));
    this.at(this.now + opens, id, { type: "opened", id });
    if (pass === null) return;
    this.at(this.now + pass, id, { type: "heard", id }, beat);
    if (dies !== null) this.at(this.now + pass + dies, id, { type: "ended", id, kind, why: { key: "text", text: "died" }, retry });
  }

  at(time, id, event, beat = null) {
    this.events.push({ time, id, event, beat });
    this.events.sort((a, b) => a.time - b.time);
  }

  /** Let so many ms pass. */
  pass(ms) {
    const end = this.now + ms;
    for (let steps = 0; ; steps += 1) {
      if (steps > 20_000) throw new Error("the ladder runs in a circle");
      const due = this.ladder.due ?? Infinity;
      const next = this.events[0]?.time ?? Infinity;
      if (Math.min(due, next) > end) break;
      if (next <= due) this.happen(this.events.shift());
      else {
        this.now = Math.max(this.now, due);
        this.step({ type: "tick" });
      }
    }
    this.now = end;
    return this;
  }

  happen({ time, id, event, beat }) {
    this.now = time;
    if (!this.live.has(id)) return;
    const transport = this.live.get(id);
    const silent = this.world[transport] === HANGS || this.silent?.has(transport);
    if (beat && !silent) this.at(time + beat, id, event, beat);
    if (!(silent && event.type === "heard")) this.step(event);
  }

  get names() {
    return this.told.map(([name]) => name);
  }

  tries(transport) {
    return this.opened.filter(([, name]) => name === transport).length;
  }
}
