// What the hub saw: of which clients of a lesson a request has come to it at all.

const PATIENCE = 1500; // ms for the hub to tell
const QUIET = 300; // ms after its first word in which it tells of the others

/**
 * Those of these sids that the hub knows a request of, by the traces it keeps; null where it does not tell.
 * @param {string[]} sids @returns {Promise<Set<string> | null>}
 */
export function hubSaw(sids) {
  return new Promise((resolve) => {
    const line = new WebSocket("/lab/trace");
    const seen = /** @type {Set<string>} */ (new Set());
    /** @param {Set<string> | null} found */
    const done = (found) => {
      clearTimeout(timer);
      line.onclose = null;
      line.close();
      resolve(found);
    };
    let timer = setTimeout(done, PATIENCE, null);
    line.onclose = () => done(null);
    line.onopen = () => line.send(JSON.stringify({ look: Object.fromEntries(sids.map((sid) => [sid, 0])), ping: 0 }));
    line.onmessage = ({ data }) => {
      const told = JSON.parse(data);
      for (const [sid, [, events]] of Object.entries(told.events ?? {})) {
        if (events.some((/** @type {any[]} */ [, , kind]) => kind === "ask")) seen.add(sid);
      }
      if (told.pong === undefined) return;
      clearTimeout(timer); // the line works: what it does not tell of in a moment has not come
      timer = setTimeout(done, QUIET, seen);
    };
  });
}
