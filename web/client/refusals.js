// @ts-check
// Refusals: what it means for the emits that they do not go up.
import { EmitError } from "./codec.js";
/** @import {Emit} from "./outbox.js" */
/** @import {Failure} from "./wire.js" */

// Refusals that are not about what is in the request: sending the emits alone would change nothing.
/** @type {Set<unknown>} */
const NOT_OF_THE_EMIT = new Set(["not_found", "bad_method", "upgrade_required", "bad_host"]);
const TURNED_AWAY = 60_000; // ms: what stands on the way and lets nothing up may pass, a sign-in for one, but not for ever
const UNHEARD = 300_000; // ms in which this client reads, and nothing that goes up is answered

/** Whether it is about one of these emits. `byWs`: they went up there. @param {Failure} failure @param {boolean} byWs @param {Emit[]} emits */
export function isOfTheEmits({ kind, code }, byWs, emits) {
  return kind === "refused" && !NOT_OF_THE_EMIT.has(code) && (byWs || emits.length > 0);
}

/** The ms of failing like this after which what was said fails. @param {Failure} failure */
export function longestWait({ turnedAway, code }) {
  return turnedAway || NOT_OF_THE_EMIT.has(code) ? TURNED_AWAY : UNHEARD;
}

/** The error of an emit that was sent. @param {string} why */
export function unknown(why) {
  return new EmitError("unknown", `${why}: nobody knows whether this came`);
}

/** The error of an emit that was not. @param {"gone"|"unsent"} code @param {string} why */
export function neverSent(code, why) {
  return new EmitError(code, `${why}: this was never sent`);
}
