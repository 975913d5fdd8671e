// Answers as the JavaScript client does: a line of JSON with steps in, a line with what came of each out.
// node client_answer.mjs KIND
import { createInterface } from "node:readline";
import * as courses from "./courses.mjs";

const course = /** @type {Record<string, any>} */ (courses)[process.argv[2]];
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await course(JSON.parse(line))));
}
