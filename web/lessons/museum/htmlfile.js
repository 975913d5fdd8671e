// Htmlfile: no browser of today has it. So the bytes are read that it would have read.

/** @import { Room } from "./exhibits.js" */

const BYTES = 4000; // characters of them that are shown

/** @param {Room} room */
export async function htmlfile({ visit, shown, signal }) {
  const answer = await fetch(visit.address("htmlfile"), { cache: "no-store", signal });
  if (!answer.ok || !answer.body) throw new Error((await answer.json()).error.message);
  const decoder = new TextDecoder();
  const reader = answer.body.getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text = (text + decoder.decode(value, { stream: true }).replace(/ {100,}/, " … ")).slice(-BYTES);
    shown(text);
  }
}
