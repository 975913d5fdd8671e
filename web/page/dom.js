// Making elements: text stays text, never markup.

import { say } from "./words.js";

/** @import { Values } from "./words.js" */

/**
 * An element with attributes and children; a child that is a string becomes text.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {Record<string, unknown>} [attributes] @param {...(Node | string)} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * An element that says a text of the page.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {string} key @param {Values} [values] @param {Record<string, unknown>} [attributes]
 */
export function saying(tag, key, values = {}, attributes = {}) {
  return say(make(tag, attributes), key, values);
}

/** What the page is written to have. @template {HTMLElement} T @param {ParentNode} root @param {string} selector */
export function find(root, selector) {
  return /** @type {T} */ (root.querySelector(selector));
}

/** The mark of a transport: a copy, for a reference to it would cost a shadow tree each. @param {string} transport */
export function mark(transport) {
  const symbol = /** @type {Element} */ (document.getElementById(`mark-${transport}`));
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "mark");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("viewBox", symbol.getAttribute("viewBox") ?? "");
  svg.append(/** @type {Element} */ (symbol.firstElementChild).cloneNode());
  return svg;
}

/**
 * Let a link do `go` on this page; whoever wants it in another tab still gets it there.
 * @param {HTMLAnchorElement} link @param {() => void} go
 */
export function led(link, go) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go();
  });
  return link;
}

/** Drop the oldest children of `list` beyond `most`. @param {HTMLElement} list @param {number} most */
export function cap(list, most) {
  while (list.childElementCount > most) list.firstElementChild?.remove();
}

/** Have this style from now on. @param {string} address */
export function dress(address) {
  document.head.append(make("link", { rel: "stylesheet", href: address }));
}
