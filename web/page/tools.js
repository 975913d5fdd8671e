// Tools: what the whole page is set to: its language, the size of its type, and the link that opens it so.

import { find } from "./dom.js";
import { knob, set } from "./knobs.js";

/** Big type for a projector. @param {string | null} name */
export function size(name) {
  if (name === "large") document.documentElement.dataset.size = name;
  else delete document.documentElement.dataset.size;
}

/**
 * The buttons at the head of the page. `lang()`: speak the other language.
 * @param {ParentNode} root @param {{lang: () => void}} acts
 */
export function tools(root, { lang }) {
  /** @param {string} name */
  const role = (name) => find(root, `[data-role=${name}]`);
  role("lang").addEventListener("click", lang);
  const large = role("size");
  const pressed = () => large.setAttribute("aria-pressed", String(knob("size") === "large"));
  large.addEventListener("click", () => {
    set({ size: knob("size") === "large" ? null : "large" });
    size(knob("size"));
    pressed();
  });
  addEventListener("popstate", pressed);
  pressed();
  const button = role("link");
  const address = /** @type {HTMLInputElement} */ (role("address"));
  button.addEventListener("click", async () => {
    address.value = location.href;
    address.hidden = Boolean(navigator.clipboard);
    const { copy } = await import("./copy.js");
    await copy(address, button);
  });
}
