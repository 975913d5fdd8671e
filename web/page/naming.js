// Naming: in a class a person is asked once what they are called; the two seats of their page bear that name.

import { find, make, saying } from "./dom.js";
import { short } from "./knobs.js";
import { learn, text } from "./words.js";

/** @import { Seat } from "./seat.js" */

await learn("/page/texts/naming");

const STORE = "transport-fallback.name";

/** Name the seats, unless the address has names for them. @param {Seat[]} seats */
export function naming(seats) {
  if (seats.some(({ name }) => name !== null)) return;
  const known = stored();
  if (known) return bear(seats, known);
  const field = make("input", { type: "text", maxlength: 40, autocomplete: "off", spellcheck: "false", enterkeyhint: "done", "data-role": "own-name" });
  const label = make("label", {}, saying("span", "naming"), " ", field);
  const form = make("form", { class: "naming", "data-role": "naming", autocomplete: "off" }, label, saying("button", "naming.done"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = short(field.value);
    form.remove();
    if (!name) return; // who wants none keeps those of the page
    remember(name);
    bear(seats, name);
  });
  find(document, "header").after(form);
}

/** @param {Seat[]} seats @param {string} name */
function bear([left, right], name) {
  left.rename(name);
  right.rename(text("naming.second", { name }));
}

function stored() {
  try {
    return short(localStorage.getItem(STORE) ?? "");
  } catch {
    return "";
  }
}

/** A browser may refuse to store; the name then lasts as long as the page. @param {string} name */
function remember(name) {
  try {
    localStorage.setItem(STORE, name);
  } catch {
    // nothing to do
  }
}
