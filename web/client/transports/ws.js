// @ts-check
// WebSocket: one pipe, both ways.
import { closed, Failure, refusalIn } from "../closings.js";
import { parseJson } from "../wire.js";
import { Inbox } from "./inbox.js";
/** @import {Refusal} from "../closings.js" */
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
  /** @type {Refusal|null} */
  let refusal = null; // what the server said last against it
  pipe.onmessage = (/** @type {{data: string}} */ event) => {
    const frame = parseJson(event.data);
    refusal = refusalIn(frame) ?? refusal;
    inbox.push(frame);
  };
  pipe.onclose = (/** @type {{code: number, reason: string}} */ event) => inbox.fail(closed(event.code, event.reason, refusal));
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
      while (echoed && held.length) yield held.shift();
    }
  } finally {
    pipe.onopen = pipe.onmessage = pipe.onclose = null;
    pipe.close();
  }
}
