// Newline-delimited JSON: one answer that never ends, a batch on each line. The counterpart of lab/ndjson.py.

/** @import { Batch } from "/client/types.js" */

/**
 * The batches of one answer. It throws where that is refused or breaks off; whoever reads then asks again, from the
 * cursor of the last batch that came whole.
 * @param {string} address @param {AbortSignal} signal @returns {AsyncGenerator<Batch>}
 */
export async function* ndjson(address, signal) {
  const answer = await fetch(address, { signal, cache: "no-store" });
  if (!answer.ok || !answer.body) throw new Error(`refused: ${answer.status}`);
  const pieces = answer.body.getReader();
  const decoder = new TextDecoder(); // it keeps half a character until the rest comes
  for (let rest = ""; ; ) {
    const { value, done } = await pieces.read();
    if (done) return; // half a line may be left: it comes again, whole
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim()) yield JSON.parse(line);
  }
}
