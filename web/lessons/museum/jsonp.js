// JSONP: a script for each answer; the answer calls the function, and then the next is asked for.

import { make } from "/page/dom.js";
import { orAbort } from "../waiting.js";

/** @import { Room } from "./exhibits.js" */

const HOLD = "20"; // s that an answer may wait

/** @param {Room} room */
export async function jsonp({ visit, heard, signal }) {
  const callback = `heard_${Math.random().toString(36).slice(2, 10)}`;
  const page = /** @type {any} */ (globalThis);
  page[callback] = heard;
  try {
    while (!signal.aborted) {
      const script = make("script", { src: visit.address("jsonp", { callback, hold: HOLD }) });
      const over = new Promise((resolve, reject) => {
        script.onload = resolve;
        script.onerror = () => reject(new Error("?")); // a script says no more than that
      });
      document.head.append(script);
      await orAbort(over, signal).finally(() => script.remove());
    }
  } finally {
    page[callback] = () => {}; // an answer may still be on its way
    setTimeout(() => delete page[callback], 30_000);
  }
}
