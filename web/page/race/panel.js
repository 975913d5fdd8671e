// The race: four clients, one for each transport, hear the same messages at the same time.

import { make, saying } from "../dom.js";
import { say } from "../words.js";
import { now } from "../hubclock.js";
import { Controls } from "./controls.js";
import { age } from "./format.js";
import { Guess } from "./guess.js";
import { origins } from "./hosts.js";
import { Race } from "./race.js";
import { sentences } from "./sees.js";
import { tripOf } from "./settings.js";
import { Six } from "./six.js";
import { View } from "./view.js";

/** @import { Shown } from "./view.js" */

const LOOK = 333; // ms between two looks at the figures
const FRAME = 30; // ms between two pictures of the strips

class Panel {
  #timer = 0;
  #drawn = 0;

  /** @param {HTMLElement} section */
  constructor(section) {
    this.race = new Race();
    this.controls = new Controls();
    this.views = this.race.lanes.map((lane) => new View(lane));
    this.sees = make("div", { class: "sees", "data-role": "race-sees" });
    this.told = [0, 1, 2, 3, 4].map(() => make("p"));
    this.guess = new Guess();
    this.sees.append(...this.told);
    this.ended = make("p", { "data-role": "race-ended", role: "status" });
    this.clock = make("p", { class: "small", "data-role": "race-clock" });
    this.assumes = saying("p", "race.assumes", {}, { class: "small" });
    this.lanes = make("div", { class: "lanes", "data-fresh": "" }, ...this.views.map(({ root }) => root));
    this.six = new Six(() => this.host(), () => this.race.stop({ text: "race.ended.six" }));
    section.append(this.sees, this.guess.root, this.controls.root, this.ended, this.lanes, this.clock, this.assumes, this.six.root);
    this.listen();
    this.tick();
  }

  listen() {
    const { race, controls } = this;
    race.addEventListener("change", () => this.changed());
    controls.addEventListener("change", () => this.set());
    controls.addEventListener("go", () => this.go());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.dress());
  }

  async go() {
    if (this.race.open) return this.race.stop();
    this.six.close();
    await this.controls.network.ready;
    return this.race.start(this.controls.settings);
  }

  async set() {
    await this.race.change(this.controls.settings);
    this.look();
  }

  /** Where to open too many readers: not at the name the page itself needs, if there is another. */
  async host() {
    this.race.origins ??= await origins();
    return this.race.origins.at(-1) ?? location.origin;
  }

  changed() {
    const { race, controls, ended } = this;
    controls.show(race.open);
    this.guess.show(race.open);
    this.lanes.toggleAttribute("data-fresh", race.trip === null && !race.open); // it has nothing to show yet
    for (const { strip } of this.views) strip.stopped = race.open ? null : (strip.stopped ?? now());
    say(ended, race.ended?.text ?? "race.nothing", race.ended ?? {});
    this.tick();
  }

  /** Look again and again, as long as it runs; once where it does not. */
  tick() {
    clearInterval(this.#timer);
    if (this.race.open) {
      this.#timer = setInterval(() => this.look(), LOOK);
      this.dress();
      requestAnimationFrame((at) => this.draw(at));
    }
    this.look();
  }

  look() {
    const { race } = this;
    const shown = /** @type {Record<string, Shown>} */ ({});
    for (const view of this.views) {
      const { transport } = view.lane;
      shown[transport] = view.show(this.knobs, race.counts.of(transport));
      if (!race.open) view.strip.draw();
    }
    const said = sentences(race, shown, this.guess.name);
    for (const [i, line] of this.told.entries()) {
      const [key, values] = said[i] ?? ["race.nothing", {}];
      say(line, key, values);
    }
    this.sayClock();
  }

  /** The knobs, and the round trip they make: what was measured here, and what the network adds to it. */
  get knobs() {
    const set = (this.race.open && this.race.settings) || this.controls.settings;
    return { ...set, rtt: this.race.trip === null ? null : this.race.trip + tripOf(set.network) };
  }

  sayClock() {
    const { clock, trip } = this.race;
    const { rtt } = this.knobs;
    if (rtt === null) return say(this.clock, "race.nothing");
    this.clock.dataset.rtt = String(rtt);
    const offset = { text: clock.offset > 0 ? "race.clock.behind" : "race.clock.ahead", ms: age(Math.abs(clock.offset)) };
    const values = { rtt: age(rtt), trip: age(trip), asked: clock.asked, offset, doubt: age(clock.doubt) };
    return say(this.clock, clock.known ? "race.clock" : "race.clock.unknown", values);
  }

  /** @param {number} at */
  draw(at) {
    if (!this.race.open) return;
    requestAnimationFrame((next) => this.draw(next));
    if (at - this.#drawn < FRAME) return;
    this.#drawn = at;
    for (const { strip } of this.views) strip.draw();
  }

  dress() {
    for (const { strip } of this.views) {
      strip.dress();
      strip.draw();
    }
  }

  /** Put away: nothing of it goes on. */
  close() {
    this.six.close();
    this.race.stop({ text: "race.ended.left" });
  }
}

/** @param {HTMLElement} section where to be */
export function open(section) {
  const panel = new Panel(section);
  return {
    close: () => panel.close(),
    resume: () => panel.dress(),
    follow: () => {
      panel.controls.follow();
      panel.six.follow();
    },
    translated: () => {
      panel.controls.translated();
      panel.look();
    },
  };
}
