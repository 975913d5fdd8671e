// @ts-check
// Long polling: ask, and be answered when there is something to say.
import { FIRST_HOLD } from "../timing.js";
/** @import {Context} from "../runner.js" */

/** @param {string|null} cursor @param {AbortSignal} signal @param {Context} context */
export async function* longpoll(cursor, signal, context) {
  let hold = FIRST_HOLD / 1000; // s, the shortest there is: the first answer proves that this rung reads
  for (;;) {
    const asked = context.now();
    const batch = await context.get("longpoll", { cursor, hold }, signal);
    // Only a newcomer is answered at once: any other answer may have waited for news.
    if (cursor === null) context.rtt(context.now() - asked);
    yield batch;
    cursor = batch.cursor;
    hold = context.beat;
  }
}
