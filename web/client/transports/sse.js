// Server-sent events: one answer that never ends.
import { Failure, parseJson } from "../wire.js";
import { Inbox } from "./inbox.js";

/** @param {string|null} cursor @param {AbortSignal} signal @param {import("../readers.js").Link} link */
export async function* sse(cursor, signal, link) {
  const inbox = new Inbox(signal);
  const source = new link.EventSource(link.url("sse", { cursor, heartbeat: link.beat }));
  source.onopen = () => link.opened();
  source.onmessage = (event) => inbox.push(parseJson(event.data));
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
    if (!heard) await link.ask("hello", {}, signal);
    throw failure;
  } finally {
    source.close();
  }
}
