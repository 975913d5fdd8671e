// @ts-check
// WebSocket: one pipe, both ways.
import { closeFailure, Failure, failureOf, parseJson } from "../wire.js";
import { Inbox } from "./inbox.js";
/** @import {Context} from "../runner.js" */
/** @import {Batch} from "../types.js" */

/** @param {string|null} cursor @param {AbortSignal} signal @param {Context} context */
export async function* ws(cursor, signal, context) {
  const inbox = new Inbox(signal);
  const pipe = new context.WebSocket(context.url("ws", { cursor, heartbeat: context.beat }).replace(/^http/, "ws"));
  const token = context.token();
  let asked = 0;
  // close tells the same, later; but in Node an `error` that nobody hears ends the program, also one after the close.
  pipe.onerror = () => {};
  pipe.onopen = () => {
    context.opened();
    asked = context.now();
    pipe.send(JSON.stringify({ ping: token }));
  };
  pipe.onmessage = (/** @type {{data: string}} */ event) => inbox.push(parseJson(event.data));
  /** @type {number|null} */
  let retry = null; // a close code cannot say how long to wait; the error frame before it can
  pipe.onclose = (/** @type {{code: number, reason: string}} */ event) => inbox.fail(closeFailure(event.code, event.reason, retry));
  try {
    /** @type {Batch[]} */
    const held = []; // a pipe that only works downwards is not open: nothing is handed on before the echo came
    let echoed = false;
    for await (const frame of inbox) {
      if (typeof frame !== "object" || frame === null) throw new Failure("lost", "a frame that is not JSON", { because: { key: "garbled" } });
      if (frame.pong === token && !echoed) {
        echoed = true;
        context.rtt(context.now() - asked);
        context.up(pipe);
      } else if (frame.messages) held.push(frame);
      else if (echoed) context.heard(frame);
      else retry = failureOf(frame)?.retry ?? null;
      while (echoed && held.length) yield held.shift();
    }
  } finally {
    pipe.onopen = pipe.onmessage = pipe.onclose = null;
    pipe.close();
  }
}
