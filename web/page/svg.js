// The picture as SVG: what a pen has gathered, as a document of its own that looks the same.

import { FONT, LINES, PALE, Pen, ROUND } from "./pen.js";

/** @import { Text } from "./pen.js" */

/** A path written down. */
class Written {
  text = "";

  /** @param {number} x @param {number} y */
  moveTo(x, y) {
    this.text += `M${round(x)} ${round(y)}`;
  }

  /** @param {number} x @param {number} y */
  lineTo(x, y) {
    this.text += `L${round(x)} ${round(y)}`;
  }

  /** @param {number} x @param {number} y @param {number} r */
  ring(x, y, r) {
    this.text += `M${round(x - r)} ${round(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
  }
}

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;

/** A pen for it. */
export function writing() {
  return new Pen(() => new Written());
}

/**
 * What such a pen has gathered, as a document of its own. `colours`: name → CSS colour; `font`: its families.
 * @param {Pen} pen @param {number} width @param {number} height @param {Record<string, string>} colours
 * @param {string} font @param {number} em how much bigger than usual the type is @param {string} title
 */
export function svg(pen, width, height, colours, font, em, title) {
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    ` font-family="${escaped(font)}" font-size="${FONT * em}"><title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="${colours.paper}"/>`,
  ];
  for (const [colour, { text }] of /** @type {Map<string, Written>} */ (pen.areas)) out.push(`<path d="${text}" fill="${colours[colour]}" opacity=".09"/>`);
  for (const [key, { text }] of /** @type {[string, Written][]} */ (pen.strokes)) {
    const [kind, colour] = key.split(" ");
    const [thick, dashes] = LINES[kind];
    const more = (dashes ? ` stroke-dasharray="${dashes}"` : "") + (ROUND.has(kind) ? ' stroke-linecap="round"' : "") + (PALE[kind] ? ` opacity="${PALE[kind]}"` : "");
    out.push(`<path class="${kind}" d="${text}" fill="none" stroke="${colours[colour]}" stroke-width="${thick}"${more}/>`);
  }
  for (const [key, { text }] of /** @type {Map<string, Written>} */ (pen.dots)) {
    const [fill, colour] = key.split(" ");
    const inside = colours[fill === "fill" ? colour : "paper"];
    out.push(`<path class="${fill}" d="${text}" fill="${inside}" stroke="${colours[colour]}" stroke-width="1.25"/>`);
  }
  for (const text of pen.texts) if (!text.bold) out.push(written(text, colours));
  const [across, down] = pen.covered;
  out.push(`<rect width="${across}" height="${down}" fill="${colours.paper}"/>`);
  for (const text of pen.texts) if (text.bold) out.push(written(text, colours));
  return `${out.join("")}</svg>\n`;
}

/** @param {Text} text @param {Record<string, string>} colours */
function written({ colour, x, y, words, anchor, bold, angle }, colours) {
  const weight = bold ? ' font-weight="600"' : "";
  const halo = `paint-order="stroke" stroke="${colours.paper}" stroke-width="4"`;
  const turned = angle ? ` transform="rotate(${round((angle * 180) / Math.PI)} ${round(x)} ${round(y)})"` : "";
  const place = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${colours[colour]}"`;
  return `<text ${place} ${halo}${weight}${turned}>${escaped(words)}</text>`;
}

/** @type {Record<string, string>} */
const SIGNS = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"]/g, (sign) => SIGNS[sign]);
