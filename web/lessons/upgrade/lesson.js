// Lesson 2: how HTTP is left for a line that both may speak on, byte by byte, and where that may end.

import { newSid } from "/client/codec.js";
import { heads } from "/page/heads.js";
import { show } from "../code.js";
import { hubSaw, insist } from "../hubsaw.js";
import { sha1 } from "../sha1.js";
import { accept, GUID } from "./accept.js";
import { judged, longer, whole } from "./exercise.js";
import { frameFigure, handshakeFigure } from "./figures.js";
import { hex } from "./frame.js";
import { Line } from "./line.js";
import { crossings, LETTERS, PATIENCE } from "./networks.js";

/** @import { Lively, Stage } from "../steps.js" */
/** @import { Mirrored } from "./line.js" */
/** @import { Crossing, Letter } from "./networks.js" */

const FIRST = "hello"; // what the line says by itself: the text of the guess
const SIZES = [125, 126, 65_535, 65_536]; // bytes: where the length takes another form (RFC 6455, section 5.2)
const PAUSE = 60; // ms between two frames: the hub hears twenty a second
const MARKED = ["upgrade:", "connection:", "sec-websocket-key:", "sec-websocket-accept:", "http/1.1 101"];

/** @param {Stage} stage @returns {Lively} */
export function lesson(stage) {
  const course = new Upgrade(stage);
  return {
    live: {
      /** @param {HTMLElement} element */
      "head.up": (element) => head(element, stage.facts["head.up"]),
      /** @param {HTMLElement} element */
      "head.down": (element) => head(element, stage.facts["head.down"]),
      /** @param {HTMLElement} element */
      "frame.up": (element) => frameFigure(element, course.last?.up ?? null),
      /** @param {HTMLElement} element */
      "frame.down": (element) => frameFigure(element, course.last?.down ?? null),
      /** @param {HTMLElement} element */
      whole: (element) => handshakeFigure(element, null),
      ...Object.fromEntries(LETTERS.map((letter) => [`picture.${letter}`, (element) => course.picture(element, letter)])),
    },
    forms: {
      guess: (values) => course.guess(values),
      words: ({ words = "" }) => course.say(words),
      where: (values) => course.where(values),
      whole: ({ bytes }) => course.check("whole", bytes),
      longer: ({ bytes }) => course.check("longer", bytes),
    },
    typed: { words: ({ words = "" }) => course.say(words) },
    acts: {
      open: () => course.open(),
      cross: () => course.cross(),
      another: () => course.another(),
      ...Object.fromEntries(SIZES.map((size) => [`say${size}`, () => course.say("a".repeat(size))])),
    },
    close: () => course.stop(),
  };
}

class Upgrade {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.line = /** @type {Line | null} */ (null);
    this.last = /** @type {Mirrored | null} */ (null);
    this.wish = /** @type {string | null} */ (null); // what is said as soon as it may be
    this.resting = false;
    this.crossings = /** @type {Crossing[]} */ ([]);
    this.whole = whole();
    this.longer = longer();
    stage.tell({ guid: GUID, patience: PATIENCE / 1000, fresh: true });
    this.tasks();
  }

  /** @param {{up: string, down: string, ends: string}} values */
  guess({ up, down, ends }) {
    this.stage.tell({ guessed: true, "guess.up": up, "guess.down": down });
    for (const one of ["tcp", "port", "secret", "http"]) this.stage.tell({ [`ends.${one}`]: one === ends });
    this.stage.go("run");
  }

  // ---- the handshake

  /** A line of one's own; an older one is closed. */
  open() {
    this.line?.close();
    const sid = newSid();
    this.stage.tell({ opening: true, failed: false });
    const line = new Line(`/lab/mirror?sid=${sid}`, {
      changed: () => this.line === line && this.changed(line, sid),
      mirrored: (frames) => this.line === line && this.mirrored(frames),
    });
    this.line = line;
    this.resting = false;
  }

  /** @param {Line} line @param {string} sid */
  async changed(line, sid) {
    if (line.ended !== null) {
      this.line = null;
      this.stage.tell({ open: false, opening: false, failed: true, unopened: line.opened === null, fault: line.refusal || String(line.code) });
    } else if (this.stage.facts.opening && line.opened !== null) {
      this.stage.tell({ opening: false, open: true, opened: true, fresh: false });
      this.say(FIRST);
      this.proof(await insist(() => heads(sid, "mirror")), line);
    }
  }

  /** The heads of a line as the hub saw them, and what this page makes of the key in them. @param {{up: string, down: string} | null} seen @param {Line} line */
  proof(seen, line) {
    if (this.line !== null && this.line !== line) return; // another has been opened meanwhile
    const key = valueOf(seen?.up, "sec-websocket-key");
    const told = valueOf(seen?.down, "sec-websocket-accept");
    this.stage.tell({ untold: !key, proven: Boolean(key) });
    if (!key) return;
    const own = accept(key);
    this.stage.tell({
      "head.up": seen?.up, "head.down": seen?.down, key, sha: hex(sha1(new TextEncoder().encode(key + GUID))),
      accept: own, told, same: own === told, differs: own !== told,
      host: valueOf(seen?.up, "host"), here: location.host,
    });
    for (const name of ["head.up", "head.down"]) this.stage.draw(name);
  }

  // ---- frames

  /** Say this, a moment after what was said before has come back; what was wished in between is left out. @param {string} text */
  say(text) {
    this.wish = text;
    if (!this.resting) this.speak();
  }

  speak() {
    const text = this.wish;
    this.wish = null;
    this.resting = text !== null && Boolean(this.line?.open);
    if (this.resting) this.line?.say(text ?? "");
  }

  /** @param {Mirrored} frames */
  mirrored(frames) {
    const { text, up, down } = frames;
    const before = this.last;
    const size = new TextEncoder().encode(text).length;
    this.last = frames;
    this.stage.tell({
      "text.size": many(size), "up.size": many(up.size), "down.size": many(down.size), "up.around": up.size - size, "down.around": down.size - size,
      again: before?.text === text, short: size < 126, middle: size > 125 && size < 65_536, large: size > 65_535,
    });
    if (text === FIRST && !this.stage.facts.first) this.compare(up.size, down.size);
    for (const name of ["frame.up", "frame.down"]) this.stage.draw(name);
    setTimeout(() => this.speak(), PAUSE);
  }

  /** Their guess beside what the first frame took. @param {number} up @param {number} down */
  compare(up, down) {
    const [size, facts] = [FIRST.length, this.stage.facts];
    const [above, below] = [Number(facts["guess.up"]), Number(facts["guess.down"])];
    this.stage.tell({
      first: true, "first.up": up, "first.down": down, "truth.up": up, "truth.down": down, "truth.ends": "http",
      "up.right": above === up, "up.bare": above === size, "up.unmasked": above === down,
      "up.much": above > up, "up.little": above < up && above !== size && above !== down,
      "down.right": below === down, "down.bare": below === size, "down.masked": below === up,
      "down.much": below > down && below !== up, "down.little": below < down && below !== size,
    });
  }

  // ---- three networks

  /** A line through each of three networks. Who answered already begins anew. */
  async cross() {
    this.away();
    const mine = crossings(() => this.crossings === mine && this.told());
    this.crossings = mine;
    this.stage.tell({ crossing: true, crossed: false, "cross.failed": false, "where.given": false, "where.right": false });
    this.told();
    try {
      for (const crossing of mine) await crossing.run();
    } catch (/** @type {any} */ error) {
      if (this.crossings === mine) this.stage.tell({ crossing: false, "cross.failed": true, "cross.fault": error.message });
    }
  }

  /** Put away those that still run, and what is known of them if they were not over. */
  away() {
    const running = this.crossings.some(({ over }) => !over);
    const mine = this.crossings;
    if (running) this.crossings = [];
    for (const crossing of mine) crossing.end();
    if (running) this.stage.tell({ crossing: false });
  }

  /** What the browser was told so far of each. */
  told() {
    for (const { letter, line, gaveUp } of this.crossings) {
      const times = { opened: line?.opened ?? null, heard: line?.heard ?? null, ended: gaveUp ? null : (line?.ended ?? null) };
      for (const [name, ms] of Object.entries(times)) {
        this.stage.tell({ [`${letter}.${name}`]: ms !== null, [`${letter}.${name}.ms`]: ms === null ? "" : many(Math.max(1, Math.round(ms))) });
      }
      this.stage.tell({ [`${letter}.code`]: line?.code, [`${letter}.gaveup`]: gaveUp, [`${letter}.waits`]: Boolean(line) && !line?.opened && !line?.ended && !gaveUp });
    }
    if (this.stage.facts.crossing && this.crossings.every(({ over }) => over)) this.crossed(this.crossings);
  }

  /** All three are over: what did the hub see of them? @param {Crossing[]} mine */
  async crossed(mine) {
    this.stage.tell({ crossing: false, crossed: true });
    const seen = await insist(() => hubSaw(mine.map(({ sid }) => sid)));
    if (this.crossings !== mine) return;
    for (const { letter, sid } of mine) {
      this.stage.tell({ [`${letter}.seen`]: Boolean(seen?.has(sid)), [`${letter}.unseen`]: Boolean(seen && !seen.has(sid)) });
    }
  }

  /** Where each ended, as somebody says: the first wrong one is answered with what would have been seen. @param {Record<string, string>} values */
  where(values) {
    const wrong = this.crossings.find(({ letter, place }) => values[letter] !== place);
    const kinds = ["no-upgrade", "hang", "kill"];
    this.stage.tell({ "where.given": true, "where.right": !wrong, "where.letter": wrong?.letter ?? "" });
    this.stage.tell(Object.fromEntries(kinds.map((kind) => [`where.${kind}`, wrong?.name === kind])));
    const said = values[wrong?.letter ?? ""];
    this.stage.tell(Object.fromEntries(["refused", "unanswered", "open"].map((place) => [`said.${place}`, said === place])));
    const line = wrong?.line;
    this.stage.tell({ "where.opened": many(Math.round(line?.opened ?? 0)), "where.ended": many(Math.round(line?.ended ?? 0)) });
    for (const { letter, name } of this.crossings) {
      this.stage.tell({ [`${letter}.name`]: name });
      this.stage.draw(`picture.${letter}`);
    }
  }

  /** @param {HTMLElement} element @param {Letter} letter */
  picture(element, letter) {
    const crossing = this.crossings.find((one) => one.letter === letter);
    if (crossing && this.stage.facts["where.right"]) handshakeFigure(element, crossing.place);
  }

  // ---- exercise

  /** Read what was written for one of the two. @param {"whole" | "longer"} task @param {string} bytes */
  check(task, bytes) {
    const facts = judged(bytes, this[task]);
    this.stage.tell(Object.fromEntries(Object.entries(facts).map(([name, value]) => [`task.${name}`, value])));
    this.stage.tell({ "task.whole": task === "whole", "task.longer": task === "longer" });
    if (facts.right) this.stage.tell({ [`${task}.right`]: true });
  }

  /** Other frames to write. */
  another() {
    this.whole = whole();
    this.longer = longer();
    this.tasks();
    this.stage.tell({ "task.given": false, "whole.right": false, "longer.right": false });
  }

  tasks() {
    const letters = [...this.whole.text].map((letter) => `${letter} ${hex(new TextEncoder().encode(letter))}`);
    this.stage.tell({
      "whole.text": this.whole.text, "whole.key": hex(this.whole.key), "whole.letters": letters.join(", "),
      "longer.size": many(this.longer.size ?? 0), "longer.key": hex(this.longer.key),
    });
  }

  stop() {
    const line = this.line;
    this.line = null;
    line?.close();
    this.away();
    this.stage.tell({ open: false, opening: false });
  }
}

/** A head, its lines that matter marked. @param {HTMLElement} element @param {string | undefined} text */
function head(element, text) {
  const lines = (text ?? "").trimEnd().split(/\r?\n/);
  const matter = lines.filter((line) => MARKED.some((begin) => line.toLowerCase().startsWith(begin)));
  show(element, lines, matter.join("|") || "\0");
}

/** The value of a field in a head. @param {string | undefined} text @param {string} name */
function valueOf(text, name) {
  const line = text?.split("\r\n").find((one) => one.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

/** A number as both languages write it. @param {number} number */
function many(number) {
  return number.toLocaleString("en");
}
