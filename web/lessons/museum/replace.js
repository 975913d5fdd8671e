// Replace: a picture that is replaced. There is no event for it, and nothing that a page could read.

import { make } from "/page/dom.js";
import { orAbort } from "../waiting.js";

/** @import { Room } from "./exhibits.js" */

/** @param {Room} room */
export async function replace({ place, visit, name, signal }) {
  const picture = make("img", { src: visit.address("replace"), alt: name, width: 320, height: 96 });
  place.replaceChildren(picture);
  const failed = new Promise((_resolve, reject) => (picture.onerror = () => reject(new Error("?"))));
  await orAbort(failed, signal).finally(() => {
    picture.src = "data:,"; // else the line stays open
    picture.remove();
  });
}
