// The page: two seats, the picture between them, the words, and the address that keeps how all of it is set.

import { curlLines } from "./curl.js";
import { Feed } from "./feed.js";
import { keep, knobs, set } from "./knobs.js";
import { Meter } from "./meter.js";
import { Picture } from "./picture.js";
import { Seat } from "./seat.js";
import { Tabs } from "./tabs.js";
import { language, remember, speak, text, wanted } from "./words.js";

const find = (selector) => document.querySelector(selector);

speak(wanted());
const left = new Seat(find("[data-seat=left]"), knobs("left"));
const right = new Seat(find("[data-seat=right]"), knobs("right"));
const seats = [left, right];
const picture = new Picture(find("[data-role=picture]"), seats);
new Feed(find("[data-role=talk]"), find("[data-role=talk-fault]"));
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
find("[data-role=lang]").addEventListener("click", () => {
  const other = language() === "en" ? "zh" : "en";
  remember(other);
  set({ lang: other });
  say(other);
});
say(language());

/** The page as it is now, in words and picture. */
function show() {
  picture.show();
  tabs.label();
  find("[data-role=another]").href = another();
}

function say(lang) {
  speak(lang);
  const button = find("[data-role=lang]");
  button.textContent = text("language");
  button.lang = lang === "en" ? "zh" : "en";
  for (const seat of seats) seat.translated();
  curlLines(find("[data-role=curl]"));
  show();
}

/** Two more seats with other people in them, set like these. */
function another() {
  const address = new URL(location.href);
  address.searchParams.set("name", text("name.left.next"));
  address.searchParams.set("name2", text("name.right.next"));
  return address.href;
}
