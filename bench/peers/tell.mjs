// The line protocol of the fallback table's clients: warm up on a direct server, say "ready", begin at a line with a URL.
// Started as: node CLIENT.mjs PACKAGES DIRECT-URL OPTIONS [speaks]; each line that it tells is [s, what, value].
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [packages, direct, options, speaks] = process.argv.slice(2);
const WARMING = 10_000; // ms: a direct server answers long before

/** A package of those that were got for this client. */
export const got = createRequire(`${packages}/`);

/**
 * What a client is given, and what it gives back.
 * @typedef {{heard: (n: number) => void, uses: (transport: string | null) => void}} Tell
 * @typedef {{say: (data: object) => void, end: () => void}} Client
 */

/**
 * Play a client: once for nothing, so that its code is loaded and compiled, then where it is told to.
 * @param {(url: string, options: object, tell: Tell) => Client} begin
 */
export async function play(begin) {
  await warm(begin);
  tell("ready", null);
  for await (const url of createInterface({ input: process.stdin })) {
    const client = begin(url, JSON.parse(options), {
      heard: (n) => tell("heard", n),
      uses: (transport) => tell("transport", transport),
    });
    if (speaks) setInterval(() => client.say({ said: "hello" }), 1000);
  }
}

/** @param {(url: string, options: object, tell: Tell) => Client} begin */
async function warm(begin) {
  const client = await new Promise((resolve) => {
    const one = begin(direct, JSON.parse(options), { heard: () => resolve(one), uses: () => {} });
    setTimeout(() => resolve(one), WARMING).unref();
  });
  client.end();
}

/**
 * In s of the clock that Python's time.monotonic() reads on the same machine.
 * @param {string} what
 * @param {unknown} value
 */
function tell(what, value) {
  process.stdout.write(`${JSON.stringify([Number(process.hrtime.bigint()) / 1e9, what, value])}\n`);
}
