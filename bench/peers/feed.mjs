// The feed of the fallback table's servers: a numbered message each 50 ms, on a plan, from the start on.
// Started as: node SERVER.mjs PACKAGES PORT OPTIONS
import { createServer } from "node:http";
import { createRequire } from "node:module";

const [packages, port, options] = process.argv.slice(2);
const SPACING = 50; // ms

/** A package of those that were got for this server. */
export const got = createRequire(`${packages}/`);

/** What is tuned of the library. */
export const tuned = JSON.parse(options);

/** @type {import("node:http").Server} */
export const http = createServer();

/**
 * Listen, and tell everybody. The clock is the one that Python's time.monotonic() reads on the same machine.
 * @param {(message: {n: number, planned: number}) => void} say
 */
export function serve(say) {
  const began = performance.now();
  const clock = Number(process.hrtime.bigint()) / 1e9;
  let n = 0;
  const turn = () => {
    for (; began + n * SPACING <= performance.now(); n++) say({ n, planned: clock + (n * SPACING) / 1000 });
    setTimeout(turn, began + n * SPACING - performance.now());
  };
  turn();
  http.listen(Number(port), "127.0.0.1");
}
