// Speaking: have the hub speak in a room, for a client that is in it. It falls silent when that client is gone.

/** @typedef {{rate: number, seconds: number, size: number, room: string, shape?: string}} Wish */

const HEADERS = { "Content-Type": "application/json" };

/**
 * Begin a feed; resolves with what the hub says of it. Throws its reason, with its `code`.
 * @param {string | null} sid @param {Wish} wish @param {AbortSignal} [signal]
 */
export async function begin(sid, wish, signal) {
  const answer = await fetch(url("/lab/feed", sid), { method: "POST", headers: HEADERS, body: JSON.stringify(wish), signal });
  const told = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(told.error.message), { code: told.error.code });
  return told;
}

/** End a feed, also when the page is on its way out. @param {string | null} sid @param {string} feed */
export function end(sid, feed) {
  return fetch(url(`/lab/feed/${feed}`, sid), { method: "DELETE", keepalive: true }).catch(() => {});
}

/** @param {string} path @param {string | null} sid */
function url(path, sid) {
  return sid ? `${path}?sid=${sid}` : path;
}
