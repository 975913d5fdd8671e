// The page: two seats, the picture between them, the words, and the address that keeps how all of it is set.

import { find, saying } from "./dom.js";
import { addressWith, keep, knob, knobs, set } from "./knobs.js";
import { Meter } from "./meter.js";
import { Panels } from "./panels.js";
import { Result } from "./result.js";
import { Seat } from "./seat.js";
import { Tape } from "./tape.js";
import { Timeline } from "./timeline.js";
import { size, tools } from "./tools.js";
import { language, learn, remember, say, speak, text, translate, wanted } from "./words.js";

const PACES = [0, 0.5, 2, 10, 50]; // messages a second, which the hub may say
const PACE = 0.5; // where the address says nothing: the picture moves, and each message is seen alone
const LOOK = 1000; // ms between two looks at figures that change by the mere passing of time
/** @param {string} name */
const role = (name) => find(document, `[data-role=${name}]`);

await learn("/page/texts");
await speak(language());
size(knob("size"));
const tape = new Tape();
const left = new Seat(find(document, "[data-seat=left]"), knobs("left"), tape);
const right = new Seat(find(document, "[data-seat=right]"), knobs("right"), tape);
const seats = [left, right];
const group = knob("class"); // of a class: `own`, a room for this page alone, or `together`
if (group === "own") {
  const room = `page-${Math.random().toString(36).slice(2, 11)}`;
  const { alone } = await import("./alone.js");
  for (const { rooms } of seats) rooms.keepTo(room, alone(room));
}
if (group !== null) import("./naming.js").then(({ naming }) => naming(seats)).catch(() => {}); // they keep the names they have
/** @type {import("./feed.js").Feed | null} */
let feed = null;
/** @type {((list: HTMLElement) => void) | null} */
let lines = null;
/** @type {import("./ways.js").Ways | null} */
let ways = null;
/** @type {import("./broken.js").Broken | null} */
let broken = null;
/** @type {import("./tabs.js").Tabs | null} */
let tabs = null;
const names = () => ({ left: left.shownName, right: right.shownName, hub: text("hub") });
const ids = () => ({ left: left.socket.id, right: right.socket.id });
const uses = () => ({ left, right });
const timeline = new Timeline(role("picture"), tape, names, ids, uses);
const talk = /** @type {HTMLSelectElement} */ (role("talk"));
for (const pace of PACES) {
  talk.append(saying("option", pace >= 1 ? "talk.pace" : pace ? "talk.slow" : "talk.none", { pace }, { value: pace }));
}
talk.value = pace();
talk.addEventListener("change", () => {
  set({ talk: Number(talk.value) === PACE ? null : talk.value });
  talks();
});
const list = find(document, "[role=tablist]");
new ResizeObserver(narrow).observe(list);

role("break").addEventListener("click", () => breakOrMend());
role("reading").addEventListener("toggle", reading, { once: true });
const meter = new Meter(() => seats.map((seat) => seat.socket.id));
meter.addEventListener("change", figures);
const result = new Result(role("result"), seats, meter);
setInterval(() => !document.hidden && figures(), LOOK);
let introduced = false; // one of the seats, to the hub

for (const seat of seats) {
  seat.socket.onHello(() => {
    meter.watch();
    if (!introduced && talk.value !== "0") talks();
    introduced = true;
  });
  seat.addEventListener("way", () => {
    show();
    // What tells of failures must be here before them.
    if (seats.every(({ transport }) => transport !== "none")) setTimeout(() => import("./status.js").catch(() => {}), LOOK);
  });
  seat.addEventListener("change", () => {
    keep(left, right);
    show();
  });
}
const curl = role("curl");
new IntersectionObserver(terminal).observe(/** @type {HTMLElement} */ (curl.parentElement));
const panels = new Panels(document.querySelectorAll("[data-panel]"), { seats });
tools(document, {
  lang: () => {
    const other = language() === "en" ? "zh" : "en";
    remember(other);
    set({ lang: other });
    tell(other);
  },
});
addEventListener("popstate", () => {
  size(knob("size"));
  if (wanted() !== language()) tell(wanted());
  for (const seat of seats) seat.follow(knobs(seat.side)).then(show);
  if (talk.value !== pace()) {
    talk.value = pace();
    talks();
  }
  timeline.follow();
  panels.follow();
});
translate(document); // the seats were made after the language was known
told();

/** The pace the address asks for, as one of those there are. */
function pace() {
  return String(PACES.find((one) => String(one) === knob("talk")) ?? PACE);
}

function figures() {
  for (const seat of seats) {
    seat.costs(meter.figures(seat.socket.id, seat.transport, seat.since));
    seat.status(); // a rest may be over, and nobody has said so
  }
  result.show();
  broken?.show();
  if (meter.server) import("./shared.js").then(({ tell }) => tell(meter.server));
}

/** Whether the experiment is on: every WebSocket of the right seat's is cut, and it may choose another way. */
function isBroken() {
  return right.use === "auto" && right.network.setting.split(":")[0] === "kill";
}

async function breakOrMend() {
  const mend = isBroken();
  right.turn(mend ? "ws" : "auto");
  await right.network.choose(mend ? "direct" : "kill");
}

/** How it is told what came of the experiment is loaded when it begins first. */
async function tellBroken() {
  say(role("break"), isBroken() ? "break.mend" : "break").setAttribute("aria-pressed", String(isBroken()));
  if (isBroken()) {
    const { Broken } = await import("./broken.js");
    broken ??= new Broken(role("broken"), role("broken-count"), right);
  }
  broken?.be(isBroken());
}

/** The page as it is now, in words and picture. */
function show() {
  tellBroken();
  ways?.show();
  tabs?.label();
  for (const { section, side, shownName } of seats) {
    section.setAttribute("aria-label", text("tab", { side: { text: side }, name: shownName }));
  }
  /** @type {HTMLAnchorElement} */ (role("another")).href = another();
}

/** @param {string} lang */
async function tell(lang) {
  await speak(lang);
  told();
}

/** What is made of texts is made again. */
function told() {
  const button = role("lang");
  button.textContent = text("language");
  button.lang = language() === "en" ? "zh" : "en";
  for (const seat of seats) seat.translated();
  timeline.translated();
  panels.translated();
  lines?.(curl);
  figures();
  show();
}

/** The hub is to speak, or to be silent: what has it do so is loaded when that is chosen first. */
async function talks() {
  const fault = role("talk-fault");
  try {
    const { Feed } = await import("./feed.js");
    feed ??= new Feed(talk, fault, seats, (side) => tape.sidOf(side));
    feed.choose();
  } catch (/** @type {any} */ error) {
    talk.value = "0";
    fault.textContent = error.message;
  }
}

/** How to read the picture is told when somebody wants to know. */
async function reading() {
  const [{ Ways }] = await Promise.all([import("./ways.js"), learn("/page/texts/reading")]);
  translate(role("reading"));
  ways ??= new Ways(role("picture"), seats);
  ways.show();
}

/** The tabs are made where the style shows them: a narrow screen has one seat at a time. */
async function narrow() {
  if (tabs || list.offsetParent === null) return;
  const { Tabs } = await import("./tabs.js");
  tabs ??= new Tabs(list, seats);
}

/**
 * The lines for a terminal are made when they come into sight.
 * @param {IntersectionObserverEntry[]} entries @param {IntersectionObserver} observer
 */
async function terminal(entries, observer) {
  if (!entries.at(-1)?.isIntersecting) return;
  const [{ curlLines }] = await Promise.all([import("./curl.js"), learn("/page/texts/terminal")]);
  observer.disconnect(); // it could be loaded: else it is tried again when they come into sight again
  lines = curlLines;
  lines(curl);
}

/** Two more seats with other people in them, set like these. */
function another() {
  return addressWith({ name: text("name.left.next"), name2: text("name.right.next") }).href;
}
