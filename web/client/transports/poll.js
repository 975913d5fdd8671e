// @ts-check
// Short polling: ask again and again, and mostly hear nothing.
/** @import {Context} from "../runner.js" */

/** @param {string|null} cursor @param {AbortSignal} signal @param {Context} context */
export async function* poll(cursor, signal, context) {
  for (;;) {
    const asked = context.now();
    const every = context.options.every;
    const batch = await context.get("poll", { cursor, every }, signal);
    context.rtt(context.now() - asked);
    yield batch;
    cursor = batch.cursor;
    // A batch that was cut is followed by the next at once; that costs nothing of the server's interval limit.
    if (!batch.more) await context.sleep(asked + every - context.now(), signal);
  }
}
