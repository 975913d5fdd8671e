// The prose: a lesson's text as its author wrote it, and the places in it that what happened fills.

/** @typedef {Record<string, any>} Facts   what a lesson knows, by the names its prose has for it */

import { find } from "/page/dom.js";

const written = /** @type {Map<string, string>} */ (new Map()); // address → its text

/**
 * The lesson's article in a language, made anew each time. Throws where it cannot be had.
 * @param {string} name @param {string} language @returns {Promise<HTMLElement>}
 */
export async function prose(name, language) {
  const text = await file(`/lessons/${name}/${language}.html`);
  return document.adoptNode(find(new DOMParser().parseFromString(text, "text/html"), "article"));
}

/** The text of a file of this server. @param {string} address */
export async function file(address) {
  if (!written.has(address)) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    written.set(address, await answer.text());
  }
  return written.get(address) ?? "";
}

/**
 * Let the prose say what is known. `data-value="x"` becomes the text of x, or what x() says, where the words are of the
 * page's language; it stays as it was written while nobody knows it. `data-when="x"` is shown while x is true,
 * `data-when="!x"` while it is not; of several, all must hold.
 * @param {ParentNode} root @param {Facts} facts
 */
export function fill(root, facts) {
  /** @param {string} fact */
  const holds = (fact) => (fact.startsWith("!") ? !facts[fact.slice(1)] : Boolean(facts[fact]));
  /** @param {string} words */
  const all = (words = "") => words.split(" ").every(holds);
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-value]"))) {
    const fact = facts[place.dataset.value ?? ""];
    const value = typeof fact === "function" ? fact() : fact;
    if (value !== undefined && place.textContent !== String(value)) place.textContent = String(value);
  }
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-when]"))) part.hidden = !all(part.dataset.when);
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (root.querySelectorAll("[data-ready]"))) button.disabled = !all(button.dataset.ready);
  for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (root.querySelectorAll("[data-fixed]"))) {
    for (const field of form.querySelectorAll("fieldset")) field.disabled = all(form.dataset.fixed);
  }
}
