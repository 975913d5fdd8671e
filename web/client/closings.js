// @ts-check
// Closings: what an answer, an error frame or a close code asks for: whose word it is, and what ends with it.
// Only JSON in the protocol's form or a 4xxx close code is the server's word; everything else is the network speaking.
/** @import {Kind, Part, WireAck} from "./types.js" */

const NO_CLIENT = new Set(["gone", "kicked", "refused", "bad_origin", "bad_sid"]); // this client is not wanted, on any rung
/** @type {Record<number, string>} what a close code means; else bad_request */
const CLOSES = { 4001: "kicked", 4003: "refused", 4010: "gone", 4013: "too_large", 1009: "too_large" };
const FOR_NOW = new Set(["rate", "window", "readers", "full", "unready", "draining"]);
/** @type {Set<unknown>} */
const NOT_OF_THE_EMIT = new Set(["not_found", "bad_method", "upgrade_required", "bad_host"]); // not about what is in a request
const PASSING = new Set([408, 425, 429]); // a stranger's word that says: later
const RETRY = 1000; // ms to wait where an answer does not say how long
const RETRY_CLOSED = 5000; // and where a close code does not
const RETRY_MOST = 300_000;
const TURNED_AWAY = 60_000; // ms: what stands on the way and lets nothing up may pass, a sign-in for one, but not for ever
const UNHEARD = 300_000; // ms in which this client reads, and nothing that goes up is answered

/**
 * How a request or a pipe failed, and by its kind what that asks for.
 * `code`: the server's, or the status of who stands on the way; `retry`: ms; `acks`: replies are taken even where the emits
 * are refused; `because`: the message as a part of a sentence.
 */
export class Failure extends Error {
  /** @type {string|null} the base a redirect led to */
  movedTo = null;

  /**
   * @param {Kind} kind @param {string} message
   * @param {{code?: string|number|null, retry?: number|null, acks?: WireAck[], because?: Part}} more
   */
  constructor(kind, message, { code = null, retry = null, acks = [], because } = {}) {
    super(message);
    this.name = "Failure";
    this.kind = kind;
    this.code = code;
    this.retry = retry;
    this.acks = acks;
    this.because = because ?? { key: "text", text: message };
  }
}

/**
 * An error of the server's; `retry`: s.
 * @typedef {{code: string, message?: string, retry?: number|null}} Refusal
 */

/** The error that a body or a frame tells of, if it has the protocol's form. @param {any} body @returns {Refusal|null} */
export function refusalIn(body) {
  return typeof body?.error?.code === "string" ? body.error : null;
}

/**
 * What an answer that is no success asks for. `retryAfter`: its header.
 * @param {number} status @param {any} body @param {string|null} retryAfter
 */
export function answered(status, body, retryAfter = null) {
  const refusal = refusalIn(body);
  // No server of ours says 500; and where its 426 comes back for a WebSocket, the upgrade was lost on the way.
  if (!refusal || (status >= 500 && status !== 503) || status === 426) {
    const because = { key: "stranger", status };
    return new Failure("lost", `${status} that is not the server's word`, { code: status, because });
  }
  const waits = status === 429 || status === 503;
  const retry = retryAfter === null || retryAfter === "" ? null : Number(retryAfter); // of a date: not a number
  return told(refusal, { waits, retry, acks: Array.isArray(body.acks) ? body.acks : [] });
}

/**
 * What an error of the server's asks for; alone it is that of a frame. `waits`, `retry`, `acks`: said beside it.
 * @param {Refusal} refusal @param {{waits?: boolean, retry?: number|null, acks?: WireAck[]}} beside
 */
export function told({ code, message = "", retry = null }, { waits = false, retry: other = null, acks = [] } = {}) {
  const wait = inMs(retry) ?? inMs(other);
  const because = { key: "word", code, message };
  const failure = (/** @type {Kind} */ kind, /** @type {number|null} */ ms = null) =>
    new Failure(kind, `${code}: ${message}`, { code, retry: ms, acks, because });
  if (NO_CLIENT.has(code)) return failure("over");
  if (waits || wait !== null || FOR_NOW.has(code)) return failure("wait", wait ?? RETRY);
  return failure("refused");
}

/**
 * What a close code of ws asks for: its range says it. `refusal`: the error frame before it, which knows more.
 * @param {number} code @param {string} reason @param {Refusal|null} refusal
 */
export function closed(code, reason = "", refusal = null) {
  const text = `closed with ${code}${reason ? ` (${reason})` : ""}`;
  const because = reason ? { key: "code.reason", code, reason } : { key: "code", code };
  const failure = (/** @type {Kind} */ kind, /** @type {string|number} */ said = code, /** @type {number|null} */ retry = null) =>
    new Failure(kind, text, { code: said, retry, because });
  if ([1000, 1001, 1012].includes(code)) return failure("leave");
  if ((code >= 4000 && code < 4100) || [1002, 1003, 1007, 1009].includes(code)) {
    const meant = CLOSES[code] ?? "bad_request";
    const said = refusal?.code ?? meant;
    return failure(NO_CLIENT.has(meant) || NO_CLIENT.has(said) ? "over" : "refused", said);
  }
  if (code >= 4100 && code < 4200) return failure("wait", code, inMs(refusal?.retry) ?? RETRY_CLOSED);
  return failure(code >= 4200 && code < 4300 ? "again" : "lost");
}

/** Whether something on the way said no, and not only for want of a server behind it. @param {Failure} failure */
export function turnedAway({ kind, code }) {
  return kind === "lost" && typeof code === "number" && code < 500 && !PASSING.has(code);
}

/**
 * What becomes of the emits that went up and were answered so: none goes up any more; all go again when the server says; one
 * by one, for one of them is refused; all go again after a pause.
 * @param {Failure} failure @returns {"over"|"later"|"alone"|"again"}
 */
export function fate({ kind, code }) {
  if (kind === "refused") return NOT_OF_THE_EMIT.has(code) ? "again" : "alone";
  if (kind === "over") return "over";
  return kind === "wait" ? "later" : "again";
}

/** Ms of answers like this one after which what was said then has failed: nobody waits for an ack for ever. @param {Failure} failure */
export function longest(failure) {
  return turnedAway(failure) || NOT_OF_THE_EMIT.has(failure.code) ? TURNED_AWAY : UNHEARD;
}

/** @param {number|null|undefined} seconds @returns {number|null} ms; null: it says nothing */
function inMs(seconds) {
  return typeof seconds === "number" && seconds >= 0 ? Math.min(seconds * 1000, RETRY_MOST) : null;
}
