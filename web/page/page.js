// The page: two seats, the picture between them, the words, and the address that keeps how all of it is set.

import { curlLines } from "./curl.js";
import { Feed } from "./feed.js";
import { addressWith, keep, knob, knobs, set } from "./knobs.js";
import { Meter } from "./meter.js";
import { Panels } from "./panels.js";
import { Seat } from "./seat.js";
import { Tabs } from "./tabs.js";
import { Tape } from "./tape.js";
import { Timeline } from "./timeline.js";
import { size, tools } from "./tools.js";
import { Ways } from "./ways.js";
import { language, learn, remember, speak, text, translate, wanted } from "./words.js";

const find = (selector) => document.querySelector(selector);

await learn("/page/texts");
await speak(wanted());
size(knob("size"));
const tape = new Tape();
const left = new Seat(find("[data-seat=left]"), knobs("left"), tape);
const right = new Seat(find("[data-seat=right]"), knobs("right"), tape);
const seats = [left, right];
const ways = new Ways(find("[data-role=picture]"), seats);
const names = () => ({ left: left.shownName, right: right.shownName, hub: text("hub") });
const ids = () => ({ left: left.socket.id, right: right.socket.id });
const timeline = new Timeline(find("[data-role=picture]"), tape, names, ids);
new Feed(find("[data-role=talk]"), find("[data-role=talk-fault]"), seats, (side) => tape.sidOf(side));
const tabs = new Tabs(find("[role=tablist]"), seats);

const meter = new Meter(() => seats.map((seat) => seat.socket.id));
meter.addEventListener("change", () => seats.forEach((seat) => seat.costs(meter.figures(seat.socket.id))));

for (const seat of seats) {
  seat.socket.onHello(() => meter.watch());
  seat.addEventListener("way", show);
  seat.addEventListener("change", () => {
    keep(left, right);
    show();
  });
}
const panels = new Panels(document.querySelectorAll("[data-panel]"), { seats });
tools(document, {
  lang: () => {
    const other = language() === "en" ? "zh" : "en";
    remember(other);
    set({ lang: other });
    say(other);
  },
});
addEventListener("popstate", () => {
  size(knob("size"));
  if (wanted() !== language()) say(wanted());
  for (const seat of seats) seat.follow(knobs(seat.side)).then(show);
  timeline.follow();
  panels.follow();
});
translate(document); // the seats were made after the language was known
told();

/** The page as it is now, in words and picture. */
function show() {
  ways.show();
  tabs.label();
  find("[data-role=another]").href = another();
}

async function say(lang) {
  await speak(lang);
  told();
}

/** What is made of texts is made again. */
function told() {
  const button = find("[data-role=lang]");
  button.textContent = text("language");
  button.lang = language() === "en" ? "zh" : "en";
  for (const seat of seats) seat.translated();
  timeline.translated();
  panels.translated();
  curlLines(find("[data-role=curl]"));
  show();
}

/** Two more seats with other people in them, set like these. */
function another() {
  return addressWith({ name: text("name.left.next"), name2: text("name.right.next") }).href;
}
