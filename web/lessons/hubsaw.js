// What the hub saw of a lesson's clients: of which a request has come to it at all; and asking it until it tells.

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

const TIMES = 4;
const PAUSE = 1500; // ms between two tries, at most: a class asks all at once, and the hub has so many lines

/**
 * Ask until there is an answer that is not null, a few times.
 * @template Told
 * @param {() => Promise<Told | null>} ask @returns {Promise<Told | null>}
 */
export async function insist(ask) {
  for (let n = 1; ; n += 1) {
    const told = await ask();
    if (told !== null || n === TIMES) return told;
    await new Promise((resolve) => setTimeout(resolve, PAUSE * (0.3 + 0.7 * Math.random())));
  }
}
