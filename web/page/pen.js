// The pen: lines, dots and areas gathered by how they look, drawn on a canvas, or by svg.js as a document.

/** @typedef {{moveTo(x: number, y: number): void, lineTo(x: number, y: number): void, ring(x: number, y: number, r: number): void}} Path */
/** @typedef {"start" | "middle" | "end"} Anchor */
/** @typedef {{colour: string, x: number, y: number, words: string, anchor: Anchor, bold: boolean, angle: number}} Text */

/** How each kind of line looks: width and dashes. */
/** @type {Record<string, [width: number, dashes?: number[]]>} */
export const LINES = {
  life: [1], hub: [8], ask: [1], open: [1.5], news: [2.5], many: [6], empty: [1, [2, 3]], say: [1.75], ack: [1], told: [1],
  held: [5], waits: [1.5, [1, 4]], wall: [1.5], lost: [1.5], chosen: [9],
};
export const ROUND = new Set(["held", "waits", "chosen"]);
/** @type {Record<string, number>} */
export const PALE = { area: 0.09, chosen: 0.35 };
export const FONT = 12; // px

class Drawn extends Path2D {
  /** @param {number} x @param {number} y @param {number} r */
  ring(x, y, r) {
    this.moveTo(x + r, y);
    this.arc(x, y, r, 0, 7);
  }
}

export class Pen {
  /** `path`: makes an empty one. @param {() => Path} path */
  constructor(path = () => new Drawn()) {
    this.make = path;
    this.lines = /** @type {Map<string, Path>} */ (new Map()); // "kind colour" -> path
    this.areas = /** @type {Map<string, Path>} */ (new Map());
    this.dots = /** @type {Map<string, Path>} */ (new Map()); // "fill colour" or "ring colour"
    this.texts = /** @type {Text[]} */ ([]);
    /** @type {[width: number, height: number]} */
    this.covered = [0, 0]; // at the top, in which only what is bold is seen
  }

  /** @param {Map<string, Path>} paths @param {string} key */
  path(paths, key) {
    let path = paths.get(key);
    if (!path) paths.set(key, (path = this.make()));
    return path;
  }

  /**
   * @param {string} kind @param {string} colour @param {number} x1 @param {number} y1 @param {number} x2
   * @param {number} y2
   */
  line(kind, colour, x1, y1, x2, y2) {
    const path = this.path(this.lines, `${kind} ${colour}`);
    path.moveTo(x1, y1);
    path.lineTo(x2, y2);
  }

  /**
   * A line with a tip at its end.
   * @param {string} kind @param {string} colour @param {number} x1 @param {number} y1 @param {number} x2
   * @param {number} y2
   */
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

  /** @param {string} colour @param {[number, number][]} points */
  area(colour, points) {
    const path = this.path(this.areas, colour);
    points.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
    path.lineTo(...points[0]);
  }

  /** @param {string} fill @param {string} colour @param {number} x @param {number} y @param {number} r */
  dot(fill, colour, x, y, r) {
    this.path(this.dots, `${fill} ${colour}`).ring(x, y, r);
  }

  /**
   * `angle`: along which it is written, in radians.
   * @param {string} colour @param {number} x @param {number} y @param {string} words
   * @param {{anchor?: Anchor, bold?: boolean, angle?: number}} [look]
   */
  text(colour, x, y, words, { anchor = "start", bold = false, angle = 0 } = {}) {
    this.texts.push({ colour, x, y, words, anchor, bold, angle });
  }

  /** @param {number} width @param {number} height */
  cover(width, height) {
    this.covered = [width, height];
  }

  /** What is chosen lies under everything. */
  get strokes() {
    return [...this.lines].sort(([one], [other]) => Number(other.startsWith("chosen")) - Number(one.startsWith("chosen")));
  }

  /**
   * Draw on a canvas. `colours`: name -> CSS colour; `em`: how much bigger than usual the type is.
   * @param {CanvasRenderingContext2D} context @param {Record<string, string>} colours @param {string} families
   * @param {number} em
   */
  onto(context, colours, families, em) {
    const font = `${FONT * em}px ${families}`;
    context.lineJoin = "round";
    context.globalAlpha = PALE.area;
    for (const [colour, path] of /** @type {Map<string, Drawn>} */ (this.areas)) {
      context.fillStyle = colours[colour];
      context.fill(path);
    }
    for (const [key, path] of /** @type {[string, Drawn][]} */ (this.strokes)) {
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
    for (const [key, path] of /** @type {Map<string, Drawn>} */ (this.dots)) {
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
}

/**
 * @param {CanvasRenderingContext2D} context @param {Text} text @param {Record<string, string>} colours
 * @param {string} font
 */
function write(context, { colour, x, y, words, anchor, bold, angle }, colours, font) {
  context.font = `${bold ? "600 " : ""}${font}`;
  context.textAlign = anchor === "middle" ? "center" : anchor;
  context.fillStyle = colours[colour];
  context.save();
  context.translate(x, y);
  context.rotate(angle);
  context.strokeText(words, 0, 0);
  context.fillText(words, 0, 0);
  context.restore();
}
