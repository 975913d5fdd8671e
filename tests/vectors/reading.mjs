// Answers as web/client/reading.js does: one line of JSON, a list of steps, and one line with what came of each.
// node reading.mjs READING_JS
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { Position } = await import(pathToFileURL(process.argv[2]).href);

function course(steps) {
  const position = new Position();
  const readings = {};
  return steps.map((step) => {
    if (step.begin !== undefined) {
      readings[step.begin] = position.begin();
      return null;
    }
    if (step.reached !== undefined) return position.reached(step.reached);
    const { after, cursor, seqs = [], gap = null } = step;
    const messages = seqs.map((seq) => ({ seq, event: "x" }));
    const batch = { after, cursor, messages, gap: gap && { reason: gap, missed: null }, more: false };
    const taken = position.take(readings[step.take], batch);
    const hands = taken.verdict === "drop" ? "drop" : taken.messages.map((message) => message.seq);
    return { hands, tells: taken.gap?.reason ?? null, at: position.cursor };
  });
}

for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(course(JSON.parse(line))));
