// Reports what came of each test, one a line of JSON: node --test-reporter=./outcomes.mjs FILE
import { inspect } from "node:util";

/** @param {AsyncIterable<{type: string, data: any}>} events */
export default async function* outcomes(events) {
  for await (const { type, data } of events) {
    if (type === "test:diagnostic") yield `# ${data.message}\n`;
    if (data.nesting !== 0 || (type !== "test:pass" && type !== "test:fail")) continue;
    const { name, details } = data;
    const fault = type === "test:fail" ? inspect(details.error.cause ?? details.error) : "";
    yield `${JSON.stringify({ name, fault })}\n`;
  }
}
