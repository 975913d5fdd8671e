// @ts-check
// Refusals: the errors of emits that do not go up.
import { EmitError } from "./codec.js";

/** The error of an emit that was sent. @param {string} why */
export function unknown(why) {
  return new EmitError("unknown", `${why}: nobody knows whether this came`);
}

/** The error of an emit that was not. @param {"gone"|"unsent"} code @param {string} why */
export function neverSent(code, why) {
  return new EmitError(code, `${why}: this was never sent`);
}
