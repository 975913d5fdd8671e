// A seat: one person at the lab, with a name, a transport and a client of their own.

import { io } from "/client/socket.js";
import { Composer } from "./composer.js";
import { Delays } from "./delays.js";
import { make, mark, saying } from "./dom.js";
import { now } from "./hubclock.js";
import { asks, CHOICES, clamped, short } from "./knobs.js";
import { Messages } from "./messages.js";
import { Network } from "./network.js";
import { Rooms } from "./rooms.js";
import { tapped } from "./tap.js";
import { took } from "./time.js";
import { hush, learn, say, text, translate } from "./words.js";

/** @import { Ack, Decision, Message } from "/client/socket.js" */
/** @import { Choice, Knobs, Side } from "./knobs.js" */
/** @import { Befallen, Happened } from "./happened.js" */
/** @import { Figures } from "./meter.js" */
/** @import { Networks } from "./networks.js" */
/** @import { People } from "./people.js" */
/** @import { Rungs } from "./rungs.js" */
/** @import { Tape } from "./tape.js" */

/**
 * The elements of a seat, by their roles.
 * @typedef {Record<string, HTMLElement> & Record<"text" | "name" | "every", HTMLInputElement>
 *   & Record<"to" | "network", HTMLSelectElement> & Record<"settings" | `${"decision" | "here" | "room"}-panel`, HTMLDetailsElement>} Parts
 */

const NOTHING = "\u2013"; // where there is no figure
const HISTORY = 60; // messages of the past a newcomer asks for
const SILENT = 4000; // ms without a word through a network that is not all well
const PATIENCE = 3000; // ms: that it has not come through within them is no failure yet
const KEPT = 200; // life-cycle events
const SKEW = -5; // ms: heard earlier than it was said, so the clocks differ, and nobody has told by how much

/** Tells the page of itself by the events `change` (a knob was turned), `way` (another transport) and `heard`. */
export class Seat extends EventTarget {
  /** @param {HTMLElement} section @param {Knobs} knobs @param {Tape} tape */
  constructor(section, { use, every, name, network, without }, tape) {
    super();
    section.append(/** @type {HTMLTemplateElement} */ (document.getElementById("seat")).content.cloneNode(true));
    /** @type {NodeListOf<HTMLElement>} */
    const roles = section.querySelectorAll("[data-role]");
    const parts = /** @type {Parts} */ (Object.fromEntries([...roles].map((part) => [part.dataset.role, part])));
    this.section = section;
    this.parts = parts;
    this.side = /** @type {Side} */ (section.dataset.seat);
    this.use = use;
    this.every = every;
    this.name = name;
    this.without = without;
    this.tape = tape;
    this.network = new Network(parts.fault, network);
    this.network.addEventListener("change", () => {
      this.rewired();
      this.dispatchEvent(new Event("change"));
    });
    parts.settings.open = network !== "direct"; // whoever comes by such a link sees why all is not well
    this.past = true; // what is heard now was said before this seat was taken
    this.introducing = false;
    this.last = /** @type {{ feed: string, n: number } | null} */ (null); // message of the feed
    this.born = now();
    this.since = now(); // it reads by the transport it reads by
    this.before = "none"; // by what it read until then
    this.delays = new Delays();
    this.choice();
    this.socket = this.client();
    this.messages = new Messages(parts.messages, parts.empty, parts.newer);
    this.rooms = new Rooms(parts, this.socket);
    this.people = /** @type {People | null} */ (null); // made once its list is opened
    this.composer = new Composer(parts, (content, done) => this.speak(content, done));
    this.befallen = /** @type {Befallen[]} */ ([]);
    this.happened = /** @type {Happened | null} */ (null); // these three: made once the settings are opened
    this.networks = /** @type {Networks | null} */ (null);
    this.rungs = /** @type {Rungs | null} */ (null); // drawn once their panel is opened
    this.listen();
    this.fields();
    this.status();
  }

  get shownName() {
    return this.name ?? text(`name.${this.side}`);
  }

  get transport() {
    return this.socket.transport ?? "none";
  }

  /** The radio buttons. */
  choice() {
    for (const name of CHOICES) {
      const radio = make("input", { type: "radio", name: `transport-${this.side}`, value: name, autocomplete: "off" });
      radio.checked = name === this.use;
      radio.addEventListener("change", () => this.choose(name));
      this.parts.choice.append(make("label", { "data-transport": name }, radio, mark(name), saying("span", name)));
    }
  }

  /** @param {Choice} name */
  choose(name) {
    this.turn(name);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Choice} name */
  turn(name) {
    this.use = name;
    for (const radio of this.parts.choice.querySelectorAll("input")) radio.checked = radio.value === name;
    this.socket.use(name);
    this.status();
  }

  /** Be as the address says, after Back or Forward. @param {Knobs} knobs */
  async follow({ use, every, name, network }) {
    this.turn(use === "auto" || this.socket.transports.includes(use) ? use : this.use);
    this.pace(every);
    this.name = name;
    this.parts.name.value = this.shownName;
    this.tellName();
    if (await this.network.follow(network)) this.rewired();
  }

  /** Everything that is heard from the client. */
  listen() {
    const { socket } = this;
    for (const radio of this.parts.choice.querySelectorAll("input")) {
      radio.disabled = radio.value !== "auto" && !socket.transports.some((name) => name === radio.value);
      radio.checked = radio.value === this.use;
    }
    this.parts.settings.addEventListener("toggle", () => this.unfold());
    this.parts["here-panel"].addEventListener("toggle", () => this.meet());
    this.parts["decision-panel"].addEventListener("toggle", () => this.climb());
    socket.onLife((event, detail) => this.lived(event, detail));
    socket.onDecision((decision) => this.decided(decision));
    socket.on("s2c", (_data, _reply, message) => {
      const shown = this.rooms.shown(message);
      if (shown) this.heard(shown);
    });
    socket.on("feed", (data, _reply, message) => this.fed(data, message));
    this.network.ready.then(() => socket.connect());
  }

  /** What the settings show is loaded once they are opened. */
  async unfold() {
    if (this.happened) return;
    const learnt = learn("/page/texts/settings");
    const [{ Happened }, { Networks }] = await Promise.all([import("./happened.js"), import("./networks.js"), learnt]);
    if (this.happened) return;
    translate(this.parts.settings);
    this.happened = new Happened(this.parts, this.befallen, this.socket.decisions);
    this.networks = new Networks(this.parts, this.network, () => this.transport);
    this.doubt();
  }

  /** Who is here is asked for, and how is loaded, once its list is opened. */
  async meet() {
    if (this.people) return;
    const { People } = await import("./people.js");
    this.people ??= new People(this.parts, this.socket, () => this.shownName);
  }

  /** The ladder is drawn, and how is loaded, once its panel is opened. */
  async climb() {
    if (this.rungs) return;
    const [{ Rungs }] = await Promise.all([import("./rungs.js"), learn("/page/texts/ladder")]);
    this.rungs ??= new Rungs(this.parts, this.socket);
  }

  /** Another network: what was learnt on the old one says nothing of it. */
  rewired() {
    this.socket.changed();
    if (this.happened) this.doubt();
  }

  /** Where the network is a bad one, what the client makes of it is shown among the settings. */
  doubt() {
    this.parts["decision-panel"].open ||= this.network.setting !== "direct";
  }

  /** A browser may lack the transport that was asked for; the ladder then chooses from those it has. */
  client() {
    const world = tapped(this.tape, this.side);
    // An old browser: without some of its constructors.
    if (this.without.includes("ws")) world.WebSocket = undefined;
    if (this.without.includes("sse")) world.EventSource = undefined;
    const options = { every: this.every, history: HISTORY, autoConnect: false, world };
    try {
      return io(this.network.base, { ...options, use: this.use });
    } catch {
      this.use = "auto";
      return io(this.network.base, options);
    }
  }

  /** @param {string} event @param {any} detail */
  lived(event, detail) {
    const befallen = { at: Date.now(), event, detail };
    this.befallen.push(befallen);
    if (this.befallen.length > KEPT) this.befallen.shift();
    this.happened?.lived(befallen);
    if (event === "connect" || ["away", "epoch"].includes(detail?.reason)) this.introduce();
    this.rungs?.show();
    this.status();
  }

  /** A hub that does not know this client knows no name and no rooms of it. */
  introduce() {
    if (this.introducing) return; // a loss may be told by `gap` and `connect` at once
    this.introducing = true;
    queueMicrotask(() => {
      this.introducing = false;
      // The first batch is handed on in one turn: what a newcomer finds in it was said before.
      this.past = false;
    });
    this.tellName();
    this.rooms.enter();
    this.people?.watch();
  }

  /** @param {Decision} decision */
  decided(decision) {
    this.happened?.decided(decision);
    this.rungs?.show();
    this.status();
  }

  /**
   * The hub's own feed, in whatever room. Its age counts from when it was planned: no server can hide that it is late.
   * @param {{feed: string, n: number, at: unknown}} data @param {Message} message
   */
  fed({ feed, n, at }, message) {
    this.last = { feed, n };
    const data = { user: text("talk.hub"), content: text("talk.line", { n }) };
    this.heard({ ...message, data, room: null }, typeof at === "number" ? at : message.at);
  }

  /** @param {Message} message @param {number} [said] */
  heard(message, said = message.at) {
    const { past } = this;
    const { doubt, offset } = this.tape.trace;
    const age = now() - said - offset;
    const unknown = doubt === null && age < SKEW;
    const words = { text: unknown ? "age.clocks" : "age", age: took(age) };
    this.messages.add(message, past ? { text: "age.history" } : words, past ? null : this.transport);
    if (past) return;
    if (!unknown) this.delays.add(age);
    this.dispatchEvent(new Event("heard"));
  }

  /** What reading by this transport has cost, and how long messages took. @param {Figures | null} figures */
  costs(figures) {
    const { age, worst, requests, empties, bytes } = this.parts;
    const delay = this.delays.since(this.since);
    age.textContent = delay ? took(delay.mean) : NOTHING;
    age.dataset.transport = this.transport;
    if (delay) say(worst, "fact.worst", { worst: took(delay.worst) });
    else hush(worst);
    const opened = !asks(this.transport) && Number(figures?.requests) <= 1; // to open a line is not to ask
    requests.textContent = figures ? String(opened ? 0 : figures.perMinute) : NOTHING;
    if (figures?.answers && asks(this.transport)) say(empties, "cost.of", figures);
    else hush(empties).append(NOTHING);
    bytes.textContent = String(figures?.bytes ?? NOTHING);
  }

  /** Which transport reads, and why. */
  status() {
    const { transport, status } = this.parts;
    const name = this.transport;
    this.because();
    if (transport.dataset.transport === name && transport.dataset.text) return;
    say(transport, `called.${name}`);
    say(this.parts.is, `is.${name}`);
    [this.before, this.since] = [transport.dataset.transport ?? "none", now()];
    this.costs(null); // nothing is known of this one yet
    transport.dataset.transport = name;
    status.dataset.transport = name;
    status.querySelector("use")?.setAttribute("href", `#mark-${name}`);
    this.networks?.translated();
    this.dispatchEvent(new Event("way"));
  }

  /** Whether a network that is not all well has brought nothing for a while. */
  get silent() {
    return this.network.setting !== "direct" && now() - (this.socket.heard?.at ?? Infinity) > SILENT;
  }

  /** The text that says why, where all is as it should be; null: there is more to say. */
  get plain() {
    const { socket, transport, use } = this;
    if (socket.next?.attempt === 0 || (this.past && now() - this.born < PATIENCE)) return "why.connecting";
    const wanted = use === "auto" ? socket.transports[0] : use;
    if (transport !== wanted || this.silent || socket.rungs.find(({ name }) => name === wanted)?.fails) return null;
    if (use !== "auto") return "why.chosen";
    return transport === "ws" ? "why.auto.ws" : "why.auto.best";
  }

  /** Why it reads as it does. How to tell of what goes wrong is loaded when something does. */
  async because() {
    const { why } = this.parts;
    if (this.plain) return say(why, this.plain);
    try {
      const { reason } = await import("./status.js");
      return this.plain ? say(why, this.plain) : say(why, ...reason(this));
    } catch {
      return say(why, "is.none"); // the server is away, and it was asked for nothing of this before
    }
  }

  /** The fields: name and interval. */
  fields() {
    const { name, every } = this.parts;
    this.parts.title.textContent = name.value = this.shownName;
    every.value = String(this.every);
    name.addEventListener("change", () => this.rename(name.value));
    every.addEventListener("change", () => {
      this.pace(every.value);
      this.dispatchEvent(new Event("change"));
    });
  }

  /** @param {string} words */
  rename(words) {
    const name = short(words);
    this.name = name && name !== text(`name.${this.side}`) ? name : null;
    this.parts.name.value = this.shownName;
    this.tellName();
    this.dispatchEvent(new Event("change"));
  }

  tellName() {
    this.parts.title.textContent = this.shownName;
    this.people?.show();
    this.socket.emit("name", { name: this.shownName });
  }

  /** @param {string | number} value */
  pace(value) {
    this.every = clamped(value);
    this.parts.every.value = String(this.every);
    this.socket.every = this.every;
  }

  /** @param {string} content @param {Ack} done */
  speak(content, done) {
    const room = this.rooms.chosen;
    this.socket.emit("c2s", { user: this.shownName, content, ...(room ? { room } : {}) }, done);
  }

  /** After a change of language: a default name changes with it. */
  translated() {
    this.networks?.translated();
    this.rungs?.show();
    if (this.name === null && this.parts.name.value !== this.shownName) {
      this.parts.name.value = this.shownName;
      this.tellName();
    }
  }
}
