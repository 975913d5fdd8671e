// Heads: what one request and its answer looked like on the wire, as the hub saw them.

/** @typedef {{up: string, down: string}} Heads */

const PATIENCE = 1000; // ms

/**
 * The heads of the last request by this name, and of its answer, of the client with this sid.
 * @param {string | null} sid @param {string} name
 * @returns {Promise<{up: string, down: string}|null>} null where the hub does not tell
 */
export function heads(sid, name) {
  return new Promise((resolve) => {
    if (!sid || !globalThis.WebSocket) return resolve(null);
    const line = new WebSocket("/lab/trace");
    const asked = new Map(); // exchange → the head of its request
    /** @param {Heads | null} found */
    const done = (found) => {
      clearTimeout(timer);
      line.onclose = null;
      line.close();
      resolve(found);
    };
    const timer = setTimeout(done, PATIENCE, null);
    line.onclose = () => done(null);
    line.onopen = () => line.send(JSON.stringify({ look: { [sid]: 0 } }));
    line.onmessage = ({ data }) => {
      const [, events] = JSON.parse(data).events?.[sid] ?? [0, []];
      let found = null;
      for (const [exchange, , kind, , more] of events) {
        if (kind === "ask" && more.name === name) asked.set(exchange, more.head);
        if (kind === "head" && asked.has(exchange)) found = { up: asked.get(exchange), down: more };
      }
      if (found) done(found);
    };
  });
}
