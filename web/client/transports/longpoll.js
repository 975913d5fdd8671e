// Long polling: ask, and be answered when there is something to say.

const FIRST_HOLD = 1; // s, the shortest there is: the first answer proves that this rung reads, so it must not tarry

/** @param {string|null} cursor @param {AbortSignal} signal @param {import("../readers.js").Link} link */
export async function* longpoll(cursor, signal, link) {
  let hold = FIRST_HOLD;
  for (;;) {
    const asked = link.now();
    const batch = await link.get("longpoll", { cursor, hold }, signal);
    // Only a newcomer is answered at once: any other answer may have waited for news.
    if (cursor === null) link.rtt(link.now() - asked);
    yield batch;
    cursor = batch.cursor;
    hold = link.beat;
  }
}
