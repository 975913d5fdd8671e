// Answers as the ladder does: one line of JSON, a scenario, and one line with its course.
import { createInterface } from "node:readline";
import { courseOf } from "./scenario.mjs";

for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(courseOf(JSON.parse(line))));
