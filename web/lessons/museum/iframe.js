// The forever iframe: a page that never ends. Today it is locked up, so its scripts call no function of ours: they hand their batch over.

import { make } from "/page/dom.js";
import { orAbort } from "../waiting.js";

/** @import { Room } from "./exhibits.js" */

/** @param {Room} room */
export async function iframe({ place, visit, name, heard, signal }) {
  const frame = make("iframe", { sandbox: "allow-scripts", src: visit.address("iframe"), title: name });
  /** @param {MessageEvent} event */
  const take = ({ source, data }) => source === frame.contentWindow && heard(data);
  addEventListener("message", take);
  place.replaceChildren(frame);
  await orAbort(new Promise(() => {}), signal).catch(() => {});
  removeEventListener("message", take);
  frame.remove();
}
