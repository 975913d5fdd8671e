// @ts-check
// The world: what of the browser the client uses, and what the page it lives in has to tell.
/** @import {Transport, World} from "./types.js" */

/** The browser's; a page can take a constructor away, so it is looked up when a client is made. @returns {World} */
export function browserWorld() {
  const { WebSocket, EventSource, navigator } = globalThis;
  const beacon = navigator?.sendBeacon?.bind(navigator);
  return { fetch: (...request) => globalThis.fetch(...request), beacon, WebSocket, EventSource, storage: storage() };
}

/** A browser may forbid its storage, and says so by an exception. */
function storage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

/** The transports this world has, of those wanted. @param {Transport[]} wanted @param {World} world */
export function available(wanted, world) {
  const has = { ws: world.WebSocket, sse: world.EventSource, longpoll: true, poll: true };
  const found = wanted.filter((name) => typeof has[name] === "function" || has[name] === true);
  if (!found.length) throw new RangeError(`transports: this browser has no ${wanted.join(", ")}`);
  return found;
}

/**
 * The page's own news, as events of the ladder: it goes, comes back, loses the network.
 * @param {(event: any) => void} step @param {AbortSignal} signal
 */
export function watchPage(step, signal) {
  const listen = globalThis.addEventListener?.bind(globalThis);
  if (!listen || !globalThis.document) return;
  // A page that goes to the back/forward cache comes back as this client; one that does not says goodbye.
  const leave = () => step({ type: "stop", why: [{ key: "away" }] });
  listen("pagehide", (event) => (event.persisted ? step({ type: "suspend" }) : leave()), { signal });
  listen("pageshow", (event) => event.persisted && step({ type: "resume" }), { signal });
  listen("online", () => step({ type: "online" }), { signal });
  listen("offline", () => step({ type: "offline" }), { signal });
  const look = () => step({ type: document.hidden ? "hidden" : "visible" });
  document.addEventListener("visibilitychange", look, { signal });
}
