// The sketch: the same two hellos carried by two transports. It explains; it measures nothing.

import { text } from "./words.js";

const SPACE = "http://www.w3.org/2000/svg";
const TOP = 34; // where time begins, below the names
const END = 430; // where the drawing ends; all heights below are between the two, and scaled to the height there is
const TRIP = 10; // how far time runs while something travels
const TALK = { left: 126, right: 298 }; // when each side says its hello
const ROUND = 56; // from one poll to the next

/** Draw how `left` and `right` (`{ name, transport }`) hear two hellos, on `width` × `height` pixels. */
export function sketch(width, height, left, right) {
  const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, focusable: "false" });
  const margin = Math.min(28, width / 12);
  const scale = (height - TOP - 6) / (END - TOP);
  const hub = width / 2;
  const sides = [
    { side: "left", seat: margin, hub: hub - 4, who: left },
    { side: "right", seat: width - margin, hub: hub + 4, who: right },
  ];
  const y = (time) => TOP + (time - TOP) * scale;
  // When the hub has each hello: nobody without a transport can be sure that theirs got there.
  const news = sides.filter(({ who }) => who.transport !== "none").map(({ side }) => TALK[side] + TRIP);
  for (const side of sides) svg.append(half(side, news, y));
  for (const { seat, who, side } of sides) {
    const outward = side === "left" ? -8 : 8;
    const name = label(seat + outward, 18, clip(who.name), side === "left" ? "start" : "end", "head");
    svg.append(line(seat, y(TOP), seat, y(END), "life"), name);
  }
  svg.append(shape("rect", { x: hub - 4, y: y(TOP), width: 8, height: y(END) - y(TOP), class: "hub" }));
  svg.append(label(hub, 18, text("hub"), "middle", "head"));
  for (const time of news) svg.append(dot(hub, y(time), "said"));
  return svg;
}

/** One seat's half: what goes over its wire while both speak. */
function half({ side, seat, hub, who }, news, y) {
  const group = shape("g", { "data-transport": who.transport });
  const inward = side === "left" ? 1 : -1;
  const pen = {
    up: (time, kind) => arrow(seat, y(time), hub, y(time + TRIP), kind),
    down: (time, kind) => arrow(hub, y(time), seat, y(time + TRIP), kind),
    heard: (time) => [pen.down(time, "news"), dot(seat, y(time + TRIP), "heard")],
    empty: (time) => [pen.down(time, "none"), dot(seat, y(time + TRIP), "nothing")],
    along: (from, to, kind) => line(hub - 5 * inward, y(from), hub - 5 * inward, y(to), kind),
    box: (from, to, kind) => box(seat, hub, y(from), y(to), kind),
    note: (time, key) => label(hub - 12 * inward, y(time), text(key), side === "left" ? "end" : "start", "note"),
    middle: (time, key) => label((seat + hub) / 2, y(time), text(key), "middle", "note"),
    talk: TALK[side],
    news,
  };
  group.append(...(WAYS[who.transport] ?? WAYS.none)(pen).flat());
  return group;
}

/** What each transport puts on the wire, from top to bottom. */
const WAYS = {
  poll(pen) {
    const drawn = [];
    let heard = 0;
    for (let time = 48; time < END - 2 * TRIP; time += ROUND) {
      const answer = time + TRIP;
      const due = pen.news[heard] <= answer;
      drawn.push(pen.up(time, "ask"));
      if (due) drawn.push(pen.along(pen.news[heard], answer, "waits"), pen.heard(answer));
      else drawn.push(pen.empty(answer));
      if (due) heard += 1;
    }
    const notes = [pen.note(pen.news[0] + 21, "picture.waits"), pen.middle(90, "picture.empty")];
    return [...drawn, pen.up(pen.talk, "say"), ...notes];
  },
  longpoll(pen) {
    const drawn = [pen.up(48, "ask")];
    let since = 48 + TRIP;
    for (const time of pen.news) {
      drawn.push(pen.along(since, time, "held"), pen.heard(time), pen.up(time + TRIP, "ask"));
      since = time + 2 * TRIP;
    }
    drawn.push(pen.along(since, END, "held"));
    return [...drawn, pen.up(pen.talk, "say"), pen.note(96, "picture.held"), pen.note(236, "picture.held")];
  },
  sse(pen) {
    const open = 48 + 2 * TRIP;
    const pipe = [pen.box(open, END, "pipe"), pen.up(48, "ask"), pen.down(48 + TRIP, "news")];
    return [...pipe, ...pen.news.map(pen.heard), pen.up(pen.talk, "say"), pen.middle(98, "picture.open")];
  },
  ws(pen) {
    const open = 48 + 2 * TRIP;
    const pipe = [pen.box(open, END, "pipe double"), pen.up(48, "ask"), pen.down(48 + TRIP, "news")];
    return [...pipe, ...pen.news.map(pen.heard), pen.up(pen.talk, "frame"), pen.middle(98, "picture.both")];
  },
  none() {
    return [];
  },
};

function shape(name, attributes) {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

function line(x1, y1, x2, y2, kind) {
  return shape("line", { x1, y1, x2, y2, class: kind });
}

/** A line with a head where it arrives. */
function arrow(x1, y1, x2, y2, kind) {
  const back = x2 > x1 ? -7 : 7;
  const slope = ((y2 - y1) / (x2 - x1)) * back;
  const head = `M${x2 + back} ${y2 + slope - 3.5}L${x2} ${y2}L${x2 + back} ${y2 + slope + 3.5}`;
  const group = shape("g", { class: kind });
  group.append(line(x1, y1, x2, y2, "shaft"), shape("path", { d: head, class: "tip" }));
  return group;
}

function box(x1, x2, from, to, kind) {
  const group = shape("g", { class: kind });
  const [x, width] = [Math.min(x1, x2), Math.abs(x2 - x1)];
  group.append(shape("rect", { x, y: from, width, height: to - from }));
  for (const edge of [x, x + 4, x + width - 4, x + width]) group.append(line(edge, from, edge, to, "wall"));
  return group;
}

function dot(cx, cy, kind) {
  return shape("circle", { cx, cy, r: kind === "nothing" ? 2.5 : 4, class: kind });
}

function label(x, y, words, anchor, kind) {
  const element = shape("text", { x, y, "text-anchor": anchor, class: kind });
  element.textContent = words;
  return element;
}

/** A name short enough for the head of a lifeline. */
function clip(name) {
  const letters = [...name];
  return letters.length > 10 ? `${letters.slice(0, 9).join("")}…` : name;
}
