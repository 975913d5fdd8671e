// The strip: a lane's last messages, each a dot where and as old as it arrived, over the mean that theory says.

import { now } from "../hubclock.js";

/** @import { Lane } from "./lane.js" */

const SPAN = 10_000; // ms in sight
const [YOUNG, OLD] = [1, 10_000]; // ms at the bottom and the top; between them each step is ten times the one below
/** @type {[age: number, label: string][]} */
const LABELLED = [[1, "1 ms"], [100, "100 ms"], [10_000, "10 s"]];

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** @typedef {{way: string, line: string, soft: string}} Colours */

export class Strip {
  /** @param {Lane} lane */
  constructor(lane) {
    this.lane = lane;
    this.canvas = document.createElement("canvas");
    this.pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.pad = 0; // px above and below, for half a label
    this.type = "";
    this.colours = /** @type {Colours | null} */ (null);
    this.mean = /** @type {number | null} */ (null); // ms, theory's
    this.stopped = /** @type {number | null} */ (null); // when time stood still
    new ResizeObserver(() => this.fit()).observe(this.canvas);
  }

  fit() {
    const { clientWidth, clientHeight } = this.canvas;
    const scale = devicePixelRatio || 1;
    Object.assign(this.canvas, { width: Math.round(clientWidth * scale), height: Math.round(clientHeight * scale) });
    this.dress();
    this.draw();
  }

  /** Colours and type as the page has them now. */
  dress() {
    const style = getComputedStyle(this.canvas);
    /** @param {string} name */
    const of = (name) => style.getPropertyValue(name).trim();
    this.colours = { way: of("--way"), line: of("--line"), soft: of("--soft") };
    const size = 0.6875 * parseFloat(getComputedStyle(document.documentElement).fontSize); // px
    this.type = `${size}px ${style.fontFamily}`;
    this.pad = Math.ceil(size * 0.6);
  }

  /** Where an age is, in px from the top. @param {number} age @param {number} tall */
  height(age, tall) {
    const share = Math.log(Math.min(OLD, Math.max(YOUNG, age)) / YOUNG) / Math.log(OLD / YOUNG);
    return tall - this.pad - share * (tall - 2 * this.pad);
  }

  draw() {
    const { canvas, colours, pen } = this;
    const at = this.stopped ?? now();
    const [wide, tall] = [canvas.clientWidth, canvas.clientHeight];
    if (!wide || !colours) return;
    const scale = canvas.width / wide;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, wide, tall);
    const left = this.scale(colours, wide, tall);
    if (this.mean !== null) this.line(colours, left, wide, this.height(this.mean, tall));
    pen.fillStyle = colours.way;
    pen.beginPath();
    this.lane.ages.backwards((when, age) => {
      if (at - when > SPAN) return false;
      const x = left + this.place(when, at) * (wide - left - 4);
      const y = this.height(age, tall);
      pen.moveTo(x + 2, y);
      pen.arc(x, y, 2, 0, 7);
      return true;
    });
    pen.fill();
  }

  /**
   * The newest at the right, and all moves; or, where nothing shall move, round and round in place.
   * @param {number} when @param {number} at
   */
  place(when, at) {
    return still.matches ? (when % SPAN) / SPAN : 1 - (at - when) / SPAN;
  }

  /** @param {Colours} colours @param {number} wide @param {number} tall */
  scale(colours, wide, tall) {
    const { pen } = this;
    pen.font = this.type;
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    const left = Math.ceil(Math.max(...LABELLED.map(([, label]) => pen.measureText(label).width))) + 8;
    pen.lineWidth = 1;
    pen.strokeStyle = colours.line;
    pen.fillStyle = colours.soft;
    pen.setLineDash([]);
    pen.beginPath();
    for (let age = YOUNG; age <= OLD; age *= 10) {
      const y = Math.round(this.height(age, tall)) + 0.5;
      pen.moveTo(left, y);
      pen.lineTo(wide, y);
    }
    pen.stroke();
    for (const [age, label] of LABELLED) pen.fillText(label, left - 6, this.height(age, tall));
    return left + 4;
  }

  /** @param {Colours} colours @param {number} left @param {number} wide @param {number} y */
  line(colours, left, wide, y) {
    const { pen } = this;
    pen.strokeStyle = colours.way;
    pen.lineWidth = 1.25;
    pen.setLineDash([6, 4]);
    pen.beginPath();
    pen.moveTo(left - 4, y);
    pen.lineTo(wide, y);
    pen.stroke();
    pen.setLineDash([]);
  }
}
