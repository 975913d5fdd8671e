// The pen: lines, dots and areas gathered by how they look, drawn on a canvas or written as SVG, the same either way.

/** How each kind of line looks: width and dashes. */
const LINES = {
  life: [1], hub: [8], ask: [1], open: [1.5], news: [2.5], empty: [1, [2, 3]], say: [1.75], ack: [1], told: [1],
  held: [5], waits: [1.5, [1, 4]], wall: [1.5], lost: [1.5], chosen: [9],
};
const ROUND = new Set(["held", "waits", "chosen"]);
const PALE = { area: 0.09, chosen: 0.35 };
const FONT = 12; // px

/** A path written down. */
class Written {
  text = "";

  moveTo(x, y) {
    this.text += `M${round(x)} ${round(y)}`;
  }

  lineTo(x, y) {
    this.text += `L${round(x)} ${round(y)}`;
  }

  ring(x, y, r) {
    this.text += `M${round(x - r)} ${round(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
  }
}

class Drawn extends Path2D {
  ring(x, y, r) {
    this.moveTo(x + r, y);
    this.arc(x, y, r, 0, 7);
  }
}

const round = (value) => Math.round(value * 10) / 10;

export class Pen {
  constructor(written = false) {
    this.make = () => (written ? new Written() : new Drawn());
    this.lines = new Map(); // "kind colour" → path
    this.areas = new Map();
    this.dots = new Map(); // "fill colour" or "ring colour"
    this.texts = [];
    this.covered = [0, 0]; // width and height, at the top, in which only what is bold is seen
  }

  path(paths, key) {
    let path = paths.get(key);
    if (!path) paths.set(key, (path = this.make()));
    return path;
  }

  line(kind, colour, x1, y1, x2, y2) {
    const path = this.path(this.lines, `${kind} ${colour}`);
    path.moveTo(x1, y1);
    path.lineTo(x2, y2);
  }

  /** A line with a tip at its end. */
  arrow(kind, colour, x1, y1, x2, y2) {
    const path = this.path(this.lines, `${kind} ${colour}`);
    path.moveTo(x1, y1);
    path.lineTo(x2, y2);
    const back = x2 > x1 ? -7 : 7;
    const slope = ((y2 - y1) / (x2 - x1 || 1)) * back;
    const tip = kind === "empty" ? this.path(this.lines, `ask ${colour}`) : path; // a dashed tip is none
    tip.moveTo(x2 + back, y2 + slope - 3.5);
    tip.lineTo(x2, y2);
    tip.lineTo(x2 + back, y2 + slope + 3.5);
  }

  area(colour, points) {
    const path = this.path(this.areas, colour);
    points.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
    path.lineTo(...points[0]);
  }

  dot(fill, colour, x, y, r) {
    this.path(this.dots, `${fill} ${colour}`).ring(x, y, r);
  }

  /** `angle`: along which it is written, in radians. */
  text(colour, x, y, words, { anchor = "start", bold = false, angle = 0 } = {}) {
    this.texts.push({ colour, x, y, words, anchor, bold, angle });
  }

  cover(width, height) {
    this.covered = [width, height];
  }

  /** What is chosen lies under everything. */
  get strokes() {
    return [...this.lines].sort(([one], [other]) => other.startsWith("chosen") - one.startsWith("chosen"));
  }

  /** Draw on a canvas. `colours`: name → CSS colour; `font`: its families. */
  onto(context, colours, font) {
    context.lineJoin = "round";
    context.globalAlpha = PALE.area;
    for (const [colour, path] of this.areas) {
      context.fillStyle = colours[colour];
      context.fill(path);
    }
    for (const [key, path] of this.strokes) {
      const [kind, colour] = key.split(" ");
      const [width, dashes = []] = LINES[kind];
      context.globalAlpha = PALE[kind] ?? 1;
      context.strokeStyle = colours[colour];
      context.lineWidth = width;
      context.lineCap = ROUND.has(kind) ? "round" : "butt";
      context.setLineDash(dashes);
      context.stroke(path);
    }
    context.globalAlpha = 1;
    context.setLineDash([]);
    for (const [key, path] of this.dots) {
      const [fill, colour] = key.split(" ");
      context.fillStyle = colours[fill === "fill" ? colour : "paper"];
      context.strokeStyle = colours[colour];
      context.lineWidth = fill === "said" ? 2 : 1.25;
      context.fill(path);
      context.stroke(path);
    }
    context.lineWidth = 4;
    context.strokeStyle = colours.paper;
    for (const text of this.texts) if (!text.bold) write(context, text, colours, font);
    context.fillStyle = colours.paper;
    context.fillRect(0, 0, ...this.covered);
    for (const text of this.texts) if (text.bold) write(context, text, colours, font);
  }

  /** The same as a document of its own. */
  svg(width, height, colours, font, title) {
    const out = [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
      ` font-family="${escaped(font)}" font-size="${FONT}"><title>${escaped(title)}</title>`,
      `<rect width="${width}" height="${height}" fill="${colours.paper}"/>`,
    ];
    for (const [colour, { text }] of this.areas) out.push(`<path d="${text}" fill="${colours[colour]}" opacity=".09"/>`);
    for (const [key, { text }] of this.strokes) {
      const [kind, colour] = key.split(" ");
      const [thick, dashes] = LINES[kind];
      const more = (dashes ? ` stroke-dasharray="${dashes}"` : "") + (ROUND.has(kind) ? ' stroke-linecap="round"' : "") + (PALE[kind] ? ` opacity="${PALE[kind]}"` : "");
      out.push(`<path class="${kind}" d="${text}" fill="none" stroke="${colours[colour]}" stroke-width="${thick}"${more}/>`);
    }
    for (const [key, { text }] of this.dots) {
      const [fill, colour] = key.split(" ");
      const inside = colours[fill === "fill" ? colour : "paper"];
      out.push(`<path class="${fill}" d="${text}" fill="${inside}" stroke="${colours[colour]}" stroke-width="1.25"/>`);
    }
    for (const text of this.texts) if (!text.bold) out.push(written(text, colours));
    const [across, down] = this.covered;
    out.push(`<rect width="${across}" height="${down}" fill="${colours.paper}"/>`);
    for (const text of this.texts) if (text.bold) out.push(written(text, colours));
    return `${out.join("")}</svg>\n`;
  }
}

function write(context, { colour, x, y, words, anchor, bold, angle }, colours, font) {
  context.font = `${bold ? "600 " : ""}${FONT}px ${font}`;
  context.textAlign = anchor === "middle" ? "center" : anchor;
  context.fillStyle = colours[colour];
  context.save();
  context.translate(x, y);
  context.rotate(angle);
  context.strokeText(words, 0, 0);
  context.fillText(words, 0, 0);
  context.restore();
}

function written({ colour, x, y, words, anchor, bold, angle }, colours) {
  const weight = bold ? ' font-weight="600"' : "";
  const halo = `paint-order="stroke" stroke="${colours.paper}" stroke-width="4"`;
  const turned = angle ? ` transform="rotate(${round((angle * 180) / Math.PI)} ${round(x)} ${round(y)})"` : "";
  const place = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${colours[colour]}"`;
  return `<text ${place} ${halo}${weight}${turned}>${escaped(words)}</text>`;
}

const SIGNS = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text) => text.replace(/[&<>"]/g, (sign) => SIGNS[sign]);
