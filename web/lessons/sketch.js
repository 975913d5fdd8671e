// The sketch: how a lesson draws: a few shapes in the page's own colours, as wide as their place.

const SVG = "http://www.w3.org/2000/svg";

/** px of a rem: the page's type may be large. */
export const rem = () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize);

/** Whether the reader wants things to keep still. */
export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export function shape(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export const line = (x1, y1, x2, y2, name) => shape("line", { x1, y1, x2, y2, class: name });
export const dot = (cx, cy, r, name) => shape("circle", { cx, cy, r, class: name });
export const words = (x, y, text, name, anchor = "start") => shape("text", { x, y, class: name, "text-anchor": anchor }, text);

/** Put a drawing into its place: `shapes` in a box as wide as the place and so many px high. What it shows is said beside it. */
export function put(element, height, shapes) {
  const width = element.clientWidth;
  const box = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", class: "sketch" }, ...shapes);
  element.replaceChildren(box);
}
