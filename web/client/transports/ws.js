// WebSocket: one pipe, both ways.
import { closeFailure, Failure, failureOf, parseJson } from "../wire.js";
import { Inbox } from "./inbox.js";

/** @param {string|null} cursor @param {AbortSignal} signal @param {import("../readers.js").Link} link */
export async function* ws(cursor, signal, link) {
  const inbox = new Inbox(signal);
  const pipe = new link.WebSocket(link.url("ws", { cursor, heartbeat: link.beat }).replace(/^http/, "ws"));
  const token = link.token();
  let asked = 0;
  pipe.onopen = () => {
    link.opened();
    asked = link.now();
    pipe.send(JSON.stringify({ ping: token }));
  };
  pipe.onmessage = (event) => inbox.push(parseJson(event.data));
  let retry = null; // a close code cannot say how long to wait; the error frame before it can
  pipe.onclose = (event) => inbox.fail(closeFailure(event.code, event.reason, retry));
  try {
    const held = []; // a pipe that only works downwards is not open: nothing is handed on before the echo came
    let echoed = false;
    for await (const frame of inbox) {
      if (typeof frame !== "object" || frame === null) throw new Failure("lost", "a frame that is not JSON", { because: { key: "garbled" } });
      if (frame.pong === token && !echoed) {
        echoed = true;
        link.rtt(link.now() - asked);
        link.up(pipe);
      } else if (frame.messages) held.push(frame);
      else if (echoed) link.heard(frame);
      else retry = failureOf(frame)?.retry ?? null;
      while (echoed && held.length) yield held.shift();
    }
  } finally {
    pipe.onopen = pipe.onmessage = pipe.onclose = null;
    pipe.close();
  }
}
