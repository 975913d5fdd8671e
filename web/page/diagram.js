// The diagram: the tape as a sequence diagram between two seats and the hub, time running down. It only draws what is
// on the tape; where an end is not known, the line does not reach it.

/** @import { Bundle } from "./bundles.js" */
/** @import { Side } from "./knobs.js" */
/** @import { Pen } from "./pen.js" */
/** @import { Exchange, Flight, Tape } from "./tape.js" */
/**
 * @typedef {{transport: string, before: string, since: number}} Use   what a seat reads by, and did until then
 * @typedef {{width: number, height: number, to: number, span: number, now: number, names: Record<string, string>,
 *   words: (flight: Flight | string, wide?: boolean) => string, chosen: Exchange | null | undefined,
 *   em: number, uses: Record<Side, Use>}} View
 *   `to`: the time at the bottom, `span`: ms from there to the top; `em`: how much bigger than usual the type is
 * @typedef {View & {scale: number, from: number, y: (at: number) => number, seat: Record<Side, number>,
 *   hub: Record<Side, number>, live: boolean}} Place
 * @typedef {{x1: number, y1: number, x2: number, y2: number, flight: Flight}} Shown
 */

const TOP = 30; // px for the names
const FOOT = 10; // px below now
const APART = 5; // px between what would else lie on one line: a question and its answer
const ROW = 15; // px a label needs for itself
const WIDE = 190; // px between seat and hub in which a label's bytes have room, too
const SIDES = /** @type {const} */ (["left", "right"]);
const NONE = { at: -Infinity, flight: /** @type {Flight | null} */ (null), need: 0 };
const DENSE = 100; // flights in sight, of which some may be bundled
const LONG = 31_000; // ms the longest exchange may lie before what is in sight

export class Diagram {
  #key = "";
  #bundled = /** @type {typeof import("./bundles.js").bundled | null} */ (null); // once there were many
  /** @type {WeakMap<Flight, boolean>} */
  #labelled = new WeakMap(); // flight -> whether it has a label; decided once, or labels would flicker
  #cuts = 0; // px from the top, of the last cut that has a label
  #rows = { left: NONE, right: NONE }; // side -> the label that was given last: of which flight, when, and the px it needs

  /** Draw all of it, and tell what can be pointed at. @param {Pen} pen @param {Tape} tape @param {View} view */
  draw(pen, tape, view) {
    this.sized(view);
    const { width, height, to, span, em } = view;
    const margin = Math.min(26, width / 14);
    const hub = width / 2;
    const scale = (height - TOP * em - FOOT) / span;
    /** @type {Place} */
    const place = {
      ...view,
      scale,
      from: to - span,
      y: (at) => TOP * em + (at - to + span) * scale,
      seat: { left: margin, right: width - margin },
      hub: { left: hub - 4, right: hub + 4 },
      live: tape.trace.live,
    };
    const flights = this.inSight(tape.flights, place);
    for (const exchange of tape.open) mark(exchange, view.uses[exchange.side]);
    for (const { exchange } of flights) mark(exchange, view.uses[exchange.side]);
    this.spans(pen, new Set([...tape.open, ...flights.map((flight) => flight.exchange)]), place);
    this.frame(pen, place, hub);
    this.said(pen, tape.said, place, hub);
    const rows = new Map(); // what was drawn already on a row of pixels: more on it would not be seen
    const bundles = this.bundles(flights, scale);
    const draw = (/** @type {Flight} */ flight) => this.flight(pen, tape, flight, place, rows, bundles.get(flight));
    return flights.map(draw).filter((shown) => shown !== null);
  }

  /**
   * Those that are drawn as one line.
   * @param {Flight[]} flights @param {number} scale @returns {Map<Flight, Bundle<Flight>>}
   */
  bundles(flights, scale) {
    if (flights.length < DENSE) return new Map();
    if (!this.#bundled) import("./bundles.js").then(({ bundled }) => (this.#bundled = bundled));
    return this.#bundled?.(flights, scale) ?? new Map();
  }

  /**
   * When the hub had each message.
   * @param {Pen} pen @param {Map<number, number>} said @param {Place} place @param {number} hub
   */
  said(pen, said, { from, to, y }, hub) {
    let last = null;
    for (const at of said.values()) {
      const row = Math.round(y(at));
      if (at > from && at < to && row !== last) pen.dot("said", "ink", hub, row, 4);
      last = row;
    }
  }

  /** Labels are decided anew when there is more room for them, or less. @param {View} view */
  sized({ width, height, span, words }) {
    const key = `${width} ${height} ${span} ${words("empty")}`;
    if (key === this.#key) return;
    this.#key = key;
    this.#labelled = new WeakMap();
    this.#rows = { left: NONE, right: NONE };
  }

  /** @param {Flight[]} flights @param {Place} place */
  inSight(flights, { from, to }) {
    let first = flights.length;
    while (first > 0 && flights[first - 1].at > from - LONG) first -= 1;
    return flights.slice(first).filter(({ at, left, came }) => at < to && Math.max(at, left ?? 0, came ?? 0) > from);
  }

  /** The lifelines and whose they are. @param {Pen} pen @param {Place} place @param {number} middle */
  frame(pen, { seat, y, from, to, names, width, em }, middle) {
    pen.cover(width, TOP * em);
    for (const side of SIDES) {
      pen.line("life", "edge", seat[side], y(from), seat[side], y(to));
      const outward = side === "left" ? -10 : 10;
      pen.text("ink", seat[side] + outward, 18 * em, names[side], { anchor: side === "left" ? "start" : "end", bold: true });
    }
    pen.line("hub", "ink", middle, y(from), middle, y(to));
    pen.text("ink", middle, 18 * em, names.hub, { anchor: "middle", bold: true });
  }

  /**
   * What lasts: a question that is held, a line that is open, news that waits for somebody to ask.
   * @param {Pen} pen @param {Set<Exchange>} exchanges @param {Place} place
   */
  spans(pen, exchanges, place) {
    this.#cuts = -Infinity;
    const { y, from, to, seat, hub, scale, now } = place;
    /** @param {number} at */
    const cut = (at) => Math.max(from, Math.min(to, at));
    for (const exchange of exchanges) {
      const { side, way, stream, ask, answer, over } = exchange;
      const inward = side === "left" ? -1 : 1;
      const begun = stream ? answer?.came ?? answer?.left : ask.came;
      const end = (stream ? over : answer?.left ?? over) ?? Math.min(now, to);
      if (begun === null || begun === undefined || end < from || begun > to) continue;
      const [x1, x2, y1, y2] = [seat[side], hub[side], y(cut(begun)), y(cut(end))];
      if (!stream && (way === "post" || (end - begun) * scale < 8)) continue;
      const colour = exchange.spare ? "edge" : way;
      if (stream) {
        if (!exchange.spare) pen.area(way, [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]);
        const walls = way === "ws" ? [x1, x1 - 4 * inward, x2 + 4 * inward, x2] : [x1, x2 + 4 * inward];
        for (const x of walls) pen.line("wall", colour, x, y1, x, y2);
        const spare = Math.max(begun, place.uses[side].since); // from then on
        if (exchange.spare && spare > from && spare < to) pen.text("soft", (x1 + x2) / 2, y(spare) + 16 * place.em, place.words(exchange.spare), { anchor: "middle" });
        if (exchange.isCut && end > from && end < to) this.cut(pen, exchange, end - begun, (x1 + x2) / 2, y2, place);
      } else pen.line(exchange.spare ? "wall" : "held", colour, x2 + 4 * inward, y1 + 3, x2 + 4 * inward, y2 - 3); // held at the hub
    }
  }

  /**
   * A line that ended against its client's will.
   * @param {Pen} pen @param {Exchange} exchange @param {number} lived ms @param {number} x @param {number} y @param {Place} place
   */
  cut(pen, { way }, lived, x, y, { words, em }) {
    cross(pen, x, y);
    if (y < this.#cuts + ROW * em) return; // one would be written over the other
    this.#cuts = y;
    pen.text(way, x, y + 16 * em, words(`cut ${Math.round(lived)}`), { anchor: "middle" });
  }

  /**
   * @param {Pen} pen @param {Tape} tape @param {Flight} flight @param {Place} place
   * @param {Map<string, Flight>} rows @param {Bundle<Flight>} [bundle]
   */
  flight(pen, tape, flight, place, rows, bundle) {
    const { exchange, up } = flight;
    const { side, way } = exchange;
    const { y, seat, hub, live, chosen } = place;
    const [left, came, reach] = ends(flight, live);
    if (left === null) return null;
    const start = up ? seat[side] : hub[side];
    const end = up ? hub[side] : seat[side];
    const lift = this.lift(flight, y(left));
    const [x1, y1] = [start, y(left) + lift];
    const [x2, y2] = [start + (end - start) * reach, Math.max(y1, y(came) + lift)];
    const kind = bundle?.messages ? "many" : look(flight);
    const colour = kind === "say" ? "ink" : kind === "empty" || exchange.spare ? "edge" : way === "post" ? "soft" : way;
    const row = `${side} ${kind} ${Math.round(y1)} ${Math.round(y2)} ${reach === 1}`;
    if (bundle?.shown && exchange === chosen) pen.line("chosen", "edge", bundle.shown.x1, bundle.shown.y1, bundle.shown.x2, bundle.shown.y2);
    if (bundle?.shown) return { ...bundle.shown, flight };
    const shown = { x1, y1, x2, y2, flight };
    if (bundle) bundle.shown = shown;
    if (rows.has(row)) return shown;
    rows.set(row, flight);
    if (reach === 1) pen.arrow(kind, colour, x1, y1, x2, y2);
    else this.lost(pen, kind, colour, shown, flight.gone);
    if (kind === "news") {
      this.waited(pen, tape, flight, place, y1);
      if (reach === 1) pen.dot("fill", colour, x2, y2, 4);
    } else if (kind === "empty" && reach === 1) pen.dot("ring", "edge", x2, y2, 2.5);
    if (exchange === chosen) pen.line("chosen", "edge", x1, y1, x2, y2);
    const told = bundle ? bundle.messages > 0 : this.label(flight, place);
    if (told) this.words(pen, flight, colour, shown, place, bundle);
    return shown;
  }

  /**
   * An answer lies below its question, however quick it was; so do frames that came at once.
   * @param {Flight} flight @param {number} at
   */
  lift(flight, at) {
    const { exchange } = flight;
    if (exchange.stream && flight !== exchange.ask && flight !== exchange.answer) return 0;
    if (flight === exchange.ask) {
      exchange.askedAt = at;
      return 0;
    }
    return Math.max(0, exchange.askedAt + APART - at);
  }

  /** @param {Pen} pen @param {string} kind @param {string} colour @param {Shown} shown @param {boolean} gone */
  lost(pen, kind, colour, { x1, y1, x2, y2 }, gone) {
    pen.line(kind, colour, x1, y1, x2, y2);
    if (gone) cross(pen, x2, y2);
  }

  /**
   * From when the hub had it to when somebody asked for it.
   * @param {Pen} pen @param {Tape} tape @param {Flight} flight @param {Place} place @param {number} until
   */
  waited(pen, tape, { exchange, seqs }, { y, hub, from }, until) {
    const { side, way } = exchange;
    if (exchange.stream || !seqs.length) return;
    const since = Math.min(...seqs.map((seq) => tape.said.get(seq) ?? Infinity));
    const top = y(Math.max(from, since));
    if (since === Infinity || until - top < 12) return;
    const x = hub[side] + (side === "left" ? -5 : 5);
    pen.line("waits", way, x, top, x, until);
  }

  /** @param {Flight} flight @param {Place} place */
  label(flight, { scale, em }) {
    const known = this.#labelled.get(flight);
    if (known !== undefined) return known;
    const { exchange, at } = flight;
    const { side, stream, ask } = exchange;
    const pair = flight === exchange.answer && !stream;
    const above = this.#rows[side];
    const free = at - above.at >= above.need / scale;
    const given = pair ? this.#labelled.get(ask) && (above.flight === ask || free) : free;
    if (given) this.#rows[side] = { at, flight, need: (stream ? ROW : 2 * ROW) * em };
    this.#labelled.set(flight, Boolean(given));
    return given;
  }

  /**
   * What it is, and its bytes, along its line: what goes up near the seat, an answer near the hub.
   * @param {Pen} pen @param {Flight} flight @param {string} colour @param {Shown} shown @param {Place} place
   * @param {Bundle<Flight>} [bundle]
   */
  words(pen, flight, colour, { x1, x2, y1, y2 }, { words, seat, hub, em }, bundle) {
    const { exchange, up } = flight;
    const { side, stream } = exchange;
    const wide = Math.abs(hub[side] - seat[side]) > WIDE * em;
    const label = bundle?.messages ? words(`messages ${bundle.messages}`) : words(flight, wide);
    if (!label) return;
    const inward = side === "left" ? 1 : -1;
    const atSeat = up || stream;
    const anchor = (side === "left") === atSeat ? "start" : "end";
    const angle = Math.atan2(y2 - y1, Math.abs(x2 - x1)) * (x2 > x1 ? 1 : -1);
    const steep = y2 - y1 > APART;
    // What comes down a steep line and what goes up next meet: each keeps to its side.
    const below = stream ? up && steep : up === steep;
    const x = atSeat ? seat[side] + 9 * inward : hub[side] - 11 * inward;
    const y = y1 + ((y2 - y1) * (x - x1)) / (x2 - x1) + (below ? 12 * em : -4);
    pen.text(colour === "edge" ? "soft" : colour, x, y, label, { anchor, angle });
  }
}

/** What never arrived, or was cut. @param {Pen} pen @param {number} x @param {number} y */
function cross(pen, x, y) {
  pen.line("lost", "ink", x - 4, y - 4, x + 4, y + 4);
  pen.line("lost", "ink", x - 4, y + 4, x + 4, y - 4);
}

/**
 * What does not read for its seat: the one that did before is kept for a while, another one is tried. What it was once
 * found to be, it stays.
 * @param {Exchange} exchange @param {Use} use
 */
function mark(exchange, { transport, before, since }) {
  const { way, stream, over, ask } = exchange;
  if (way === "post" || way === transport || transport === "none") exchange.spare = stream && way === transport ? null : exchange.spare;
  else if (ask.at >= since || (stream && over === null)) exchange.spare ??= way === before ? "spare" : "try";
}

/** How a flight is drawn. @param {Flight} flight */
function look({ kind, up }) {
  if (up && kind === "say") return "say";
  if (up) return "ask";
  return kind;
}

/**
 * When it left and came, and how much of the way is known to be done.
 * @param {Flight} flight @param {boolean} live
 * @returns {[left: number, came: number, reach: number] | [null, null, null]}
 */
function ends(flight, live) {
  const { exchange, up, left, came } = flight;
  if (left !== null && came !== null) return [left, came, 1];
  if (left === null) return came === null ? [null, null, null] : [came, came, 1];
  if (up && exchange.answer?.came) return [left, Math.min(exchange.answer.came, left + (exchange.answer.came - left) / 2), 1];
  if (up && !live) return [left, left, 1]; // nobody says what the hub sees
  return [left, left, flight.gone ? 0.6 : 0.3];
}
