// The sandbox: runs a program that a reader wrote where it can reach neither this page nor a network, and for so long at most.

import { make } from "/page/dom.js";
import { file } from "./prose.js";

/**
 * `name`: the function that the program defines, `(state, input) => ({ state, … })`. For each case it is made anew and
 * called with each input in turn: with state null first, and then with the state it has returned. Inputs that name a
 * `server` are given what was returned last to that one: each server remembers for itself.
 * @typedef {{program: string, name: string, cases: unknown[][]}} Work
 */
/**
 * `runs`: for each case that came to its end, what each call returned. `fault`: what ended it before the last one:
 *   syntax    it is no JavaScript               missing  it has no such function     threw  it threw an error
 *   form      it returned no { state, … }, or what cannot be copied                  promise  it returned a promise
 *   outside   it reached for a page             network  it asked for an address     late   it did not come to an end
 * `why`: the browser's words; `at`: the number of the case, `call`: of the input, both from 0.
 * @typedef {{runs: any[][], fault: {kind: string, why: string, at: number, call: number} | null}} Told
 */

const DEADLINE = 2000; // ms for all cases
const OPENING = 15_000; // ms for the frame to come

/**
 * Run a program. It has an origin of its own (a frame with `sandbox`) and the policy that the server sends with that
 * frame; it runs in a worker there, since a browser may give the frame the thread of this page. Only the frame's own
 * code has the port through which the answer comes. After that, or after `deadline` ms, the frame is thrown away.
 * Throws where there is no frame to be had.
 * @param {Work} work @param {number} [deadline] @returns {Promise<Told>}
 */
export async function run(work, deadline = DEADLINE) {
  const inside = await file("/lessons/inside.js");
  const { port1: port, port2: theirs } = new MessageChannel();
  const frame = make("iframe", { sandbox: "allow-scripts", src: "/lessons/sandbox.html", hidden: "" });
  let timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error("no sandbox")), OPENING);
      frame.addEventListener("load", () => frame.contentWindow?.postMessage({ inside, work }, "*", [theirs]), { once: true });
      port.onmessage = ({ data }) => {
        if (data !== "begun") return resolve(data);
        clearTimeout(timer);
        const late = { kind: "late", why: String(deadline / 1000), at: 0, call: 0 };
        timer = setTimeout(() => resolve({ runs: [], fault: late }), deadline);
      };
      document.body.append(frame);
    });
  } finally {
    clearTimeout(timer);
    port.close();
    frame.remove();
  }
}
