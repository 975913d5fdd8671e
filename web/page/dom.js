// Making elements: text stays text, never markup.

import { say } from "./words.js";

/** An element with attributes and children; a child that is a string becomes text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** An element that says a text of the page. */
export function saying(tag, key, values = {}, attributes = {}) {
  return say(make(tag, attributes), key, values);
}

/** The mark of a transport: a copy, for a reference to it would cost a shadow tree each. */
export function mark(transport) {
  const symbol = document.getElementById(`mark-${transport}`);
  const svg = document.createElementNS(symbol.namespaceURI, "svg");
  svg.setAttribute("class", "mark");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("viewBox", symbol.getAttribute("viewBox"));
  svg.append(symbol.firstElementChild.cloneNode());
  return svg;
}

/** Let a link do `go` on this page; whoever wants it in another tab still gets it there. */
export function led(link, go) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go();
  });
  return link;
}

/** The time of day, to the second. */
export function clock(ms) {
  return new Date(ms).toTimeString().slice(0, 8);
}

/** Drop the oldest children of `list` beyond `most`. */
export function cap(list, most) {
  while (list.childElementCount > most) list.firstElementChild.remove();
}
