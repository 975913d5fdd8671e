// A scenario of tests/ladder: what happens to a ladder and when, in words, and what it commands, in words.
import { Ladder } from "../../web/client/ladder.js";
import { sentence } from "../../web/client/sentences.js";

const ENDINGS = new Set(["lost", "leave", "wait", "again", "refused", "over", "lease"]);
const DEFAULTS = { every: 1, hold: 20, heartbeat: 15 };

/** What the ladder takes for an event. @param {string} words @param {Record<string, any>} kept @returns {any} */
function eventOf(words, kept) {
  const [type, first, second, third] = words.split(" ");
  if (ENDINGS.has(type)) {
    const why = type === "lost" ? { key: "text", text: "the line broke" } : null;
    return { type: "ended", kind: type, id: Number(second), why, ...(third && { retry: Number(third) }) };
  }
  switch (type) {
    case "rtt": return { type, ms: Number(first) };
    case "use": return { type, transport: first, strict: second === "strict" };
    case "network": return { type, name: first, verdicts: kept[first] };
    case "stop": return { type, why: [{ key: "closed" }] };
    default: return { type, id: Number(second) };
  }
}

/** @param {string} event @param {any} detail */
function told(event, { from, to, transport, attempt, gapMs, waitMs }) {
  /** @type {Record<string, any[]>} */
  const values = { switch: [from, to, gapMs], reconnecting: [attempt, waitMs], connecting: [transport], connect: [transport], reconnect: [transport] };
  return ["tell", event, ...(values[event] ?? [])].join(" ");
}

/**
 * The commands of each step, as the scenario writes them, and when the ladder then wants to be asked again: ms, or null.
 * `kept`: verdicts in the browser's storage, by network.
 * @param {{options?: any, chance?: number, kept?: Record<string, any>, steps: [number, string, ...string[]][]}} scenario
 */
export function courseOf({ options = {}, chance = 0.5, kept = {}, steps }) {
  const { rungs: order, every, hold, heartbeat, ...more } = { ...DEFAULTS, ...options };
  const ladder = new Ladder({ ...more, ...(order && { order }), pace: { every: every * 1000, hold, heartbeat } });
  const names = new Map();
  const said = (/** @type {import("../../web/client/ladder.js").Command} */ command) => {
    switch (command.do) {
      case "open": {
        const { role } = ladder.attempts.get(command.id) ?? { role: "read" };
        names.set(command.id, command.transport);
        return `open ${command.transport} ${command.id}${role === "read" ? "" : ` as ${role}`}`;
      }
      case "close": return `close ${names.get(command.id)} ${command.id}`;
      case "tell": return told(command.event, command.detail);
      case "say": return `# ${sentence(command.parts)}`;
      default: return null;
    }
  };
  /** @type {{commands: string[][], due: (number|null)[]}} */
  const course = { commands: [], due: [] };
  for (const [now, event] of steps) {
    const next = /^chance (.+)/.exec(event);
    if (next) chance = Number(next[1]);
    const [, rung, id] = event.split(" ");
    const attempt = ladder.attempts.get(Number(id));
    if (attempt && attempt.rung.name !== rung) throw new Error(`${event}: ${id} is of ${attempt.rung.name}`);
    const commands = next ? [] : ladder.step(eventOf(event || "tick", kept), now, chance);
    course.commands.push(commands.map(said).flatMap((words) => words ?? []));
    course.due.push(ladder.due);
  }
  return course;
}
