// @ts-check
// Server-sent events: one answer that never ends.
import { Failure } from "../closings.js";
import { parseJson } from "../wire.js";
import { Inbox } from "./inbox.js";
/** @import {Context} from "../runner.js" */

/** @param {string|null} cursor @param {AbortSignal} signal @param {Context} context */
export async function* sse(cursor, signal, context) {
  const inbox = new Inbox(signal);
  const source = new context.EventSource(context.url("sse", { cursor, heartbeat: context.beat }));
  source.onopen = () => context.opened();
  source.onmessage = (/** @type {{data: string}} */ event) => inbox.push(parseJson(event.data));
  // A browser that reopens an EventSource repeats its first URL, stale cursor and all: the ladder does the retrying.
  source.onerror = () => {
    source.close();
    inbox.fail(new Failure("lost", "the stream broke", { because: { key: "broke" } }));
  };
  let heard = false;
  try {
    for await (const batch of inbox) {
      heard = true;
      yield batch;
    }
  } catch (failure) {
    // An EventSource cannot say why it was refused. Whether the server wants this client at all, /hello can.
    if (!heard) await context.ask("hello", {}, signal);
    throw failure;
  } finally {
    source.close();
  }
}
