// Life: what happens to a client, in words, with the time it happened.

import { cap, make, saying } from "./dom.js";
import { phrase } from "./phrases.js";
import { clock, time } from "./time.js";

/** @import { Values } from "./words.js" */

const SHOWN = 200; // lines; older ones leave the list
const NEAR = 24; // px from the end that still count as being there

/** A list to which lines are added at the end, and which stays there unless the reader has scrolled back. */
export class Lines {
  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
    this.following = true;
    list.addEventListener("scroll", () => (this.following = this.atEnd()), { passive: true });
    new ResizeObserver(() => this.following && this.end()).observe(list); // it was not shown until now
  }

  /**
   * Add `sentence` (an element) that happened at `at` (ms).
   * @param {HTMLElement} sentence @param {number} at @param {Record<string, unknown>} [attributes]
   */
  add(sentence, at, attributes = {}) {
    const time = make("time", { datetime: new Date(at).toISOString() }, clock(at));
    this.list.append(make("li", attributes, time, " ", sentence));
    cap(this.list, SHOWN);
    if (this.following) this.end();
  }

  atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.list;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  end() {
    this.list.scrollTop = this.list.scrollHeight;
  }
}

/** A life-cycle event as a sentence. @param {string} event @param {any} detail */
export function lived(event, detail) {
  const { key, values } = WORDS[event]?.(detail ?? {}) ?? { key: "life.error", values: { reason: event } };
  return saying("span", key, values);
}

/** @param {string | null | undefined} name */
const way = (name) => ({ text: name ?? "none" });

/** @type {Record<string, (detail: any) => { key: string, values: Values }>} */
const WORDS = {
  connecting: ({ transport }) => ({ key: "life.connecting", values: { transport: way(transport) } }),
  connect: ({ transport, fresh, missed }) => ({
    key: fresh || missed ? "life.connect" : "life.connect.again",
    values: { transport: way(transport) },
  }),
  /** @param {any} detail */
  disconnect: (detail) => ({ key: "life.disconnect", values: { reason: reason(detail) } }),
  reconnecting: ({ attempt, waitMs }) => ({ key: "life.reconnecting", values: { attempt, wait: time(waitMs ?? 0) } }),
  reconnect: ({ transport }) => ({ key: "life.reconnect", values: { transport: way(transport) } }),
  connect_failed: () => ({ key: "life.connect_failed", values: {} }),
  /** @param {any} detail */
  error: (detail) => ({ key: "life.error", values: { reason: reason(detail) } }),
  switch: ({ from, to, because }) => ({
    key: from === to ? "life.switch.same" : "life.switch",
    values: { from: way(from), to: way(to), why: reason({ because }) },
  }),
  gap: ({ missed, reason: cause }) => ({
    key: missed === null || missed === undefined ? "life.gap.unknown" : "life.gap",
    values: { missed, reason: { text: `reason.${cause}` } },
  }),
};

/** The reason somewhere in a detail, or the admission that there is none. @param {any} detail */
function reason(detail) {
  if (detail?.because) return phrase(detail.because);
  const words = typeof detail === "string" ? detail : (detail.why ?? detail.reason ?? detail.message);
  return words ? { text: "said.text", words: String(words) } : { text: "reason.unknown" };
}
