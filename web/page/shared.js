// Shared: what a page says that several servers answer: of which of them its figures are, and what it cannot do there.

import { find, make } from "./dom.js";
import { learn, say } from "./words.js";

await learn("/page/texts/shared");

const line = make("p", { "data-role": "shared" });
find(document, ".broken").append(line);

/** @param {[string, number] | undefined} server its name, and of how many it is one */
export function tell([name, count] = ["", 0]) {
  say(line, "shared", { name: name.split("-")[0], count });
  // A network stands before one server; the next request goes to another, and would not meet it.
  find(document, "[data-role=break]").hidden = true;
  for (const select of /** @type {NodeListOf<HTMLSelectElement>} */ (document.querySelectorAll("[data-role=network]"))) select.disabled = true;
}
