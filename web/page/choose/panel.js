// Which shall I choose? Six cases, as the README and the report have them: en.js and zh.js are made of the same run.

import { make, saying } from "../dom.js";

const CASES = ["dashboard", "ticker", "chat", "game", "phone", "proxy"];

/** @param {HTMLElement} section where to be */
export function open(section) {
  section.append(saying("p", "choose.lead"), make("ol", { class: "cases" }, ...CASES.map(item)));
}

/** @param {string} name */
function item(name) {
  const again = make("p", { class: "small" }, saying("code", `choose.${name}.repeat`));
  return make(
    "li",
    { "data-case": name },
    saying("h3", `choose.${name}.case`),
    saying("p", `choose.${name}.choose`, {}, { class: "choice" }),
    make("div", {}, saying("p", `choose.${name}.because`), again),
  );
}
