// Short polling: ask again and again, and mostly hear nothing.

/** @param {string|null} cursor @param {AbortSignal} signal @param {import("../readers.js").Link} link */
export async function* poll(cursor, signal, link) {
  for (;;) {
    const asked = link.now();
    const every = link.options.every;
    const batch = await link.get("poll", { cursor, every }, signal);
    link.rtt(link.now() - asked);
    yield batch;
    cursor = batch.cursor;
    // A batch that was cut is followed by the next at once; that costs nothing of the server's interval limit.
    if (!batch.more) await link.sleep(asked + every - link.now(), signal);
  }
}
