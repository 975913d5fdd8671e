// The sketch: how a lesson draws: a few shapes in the page's own colours, as wide as their place.

const SVG = "http://www.w3.org/2000/svg";

/** px of a rem: the page's type may be large. */
export const rem = () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize);

/** Draw the next picture of what moves. Thirty a second are enough: in a sixtieth nothing moves a pixel. @param {() => void} draw */
export const soon = (draw) => setTimeout(() => requestAnimationFrame(draw), 16);

/** Whether the reader wants things to keep still. */
export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** @param {string} tag @param {Record<string, unknown>} [attributes] @param {...(Node | string)} children */
export function shape(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {string} name */
export const line = (x1, y1, x2, y2, name) => shape("line", { x1, y1, x2, y2, class: name });
/** @param {number} cx @param {number} cy @param {number} r @param {string} name */
export const dot = (cx, cy, r, name) => shape("circle", { cx, cy, r, class: name });
/** @param {number} x @param {number} y @param {string} text @param {string} name @param {string} [anchor] */
export const words = (x, y, text, name, anchor = "start") => shape("text", { x, y, class: name, "text-anchor": anchor }, text);

/**
 * Put a drawing into its place: `shapes` in a box as wide as the place and so many px high. What it shows is said beside it.
 * @param {HTMLElement} element @param {number} height @param {SVGElement[]} shapes
 */
export function put(element, height, shapes) {
  const width = element.clientWidth;
  const box = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", class: "sketch" }, ...shapes);
  element.replaceChildren(box);
}
