// Copy: a text into the clipboard, or selected where the browser does not let a page do it.

import { say } from "./words.js";

/**
 * Copy what `element` shows; `button` says what came of it. A page that is no secure context has no clipboard.
 * @param {HTMLElement} element @param {HTMLElement} button @param {string} [key]
 */
export async function copy(element, button, key = button.dataset.text ?? "copy") {
  try {
    await navigator.clipboard.writeText(element instanceof HTMLInputElement ? element.value : (element.textContent ?? ""));
    say(button, "copied");
  } catch {
    if (element instanceof HTMLInputElement) element.select();
    else getSelection()?.selectAllChildren(element);
    say(button, "selected"); // so one key is left to press
  }
  setTimeout(() => say(button, key), 2000);
}
