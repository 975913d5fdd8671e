// Doors: a panel through which one comes into rooms and leaves them, and sees while it is open who else does.

import { make, saying } from "./dom.js";
import { LOBBY, NEWS } from "./rooms.js";
import { say } from "./words.js";

/** @import { Socket } from "/client/socket.js" */
/** @import { Rooms } from "./rooms.js" */
/** @import { Parts } from "./seat.js" */
/** @import { Values } from "./words.js" */
/** @typedef {{id: string, name: string | null, here: boolean}} Change   of who is in a room */

const LONGEST = 40; // characters of a room's name

/** The room in which the news of a room is said. @param {string} room */
const newsOf = (room) => `${NEWS} ${room}`;

export class Doors {
  #watched = /** @type {Set<string>} */ (new Set());

  /** @param {Parts} parts @param {Socket} socket @param {Rooms} rooms */
  constructor(parts, socket, rooms) {
    this.panel = parts["room-panel"];
    this.socket = socket;
    this.rooms = rooms;
    this.list = make("ul", { "data-role": "rooms" });
    const room = { type: "text", maxlength: LONGEST, autocomplete: "off", spellcheck: "false", "data-role": "room" };
    this.room = make("input", room);
    this.news = make("output", { "data-role": "room-news" });
    const join = saying("button", "rooms.join", {}, { type: "button", "data-role": "join" });
    const label = make("label", {}, saying("span", "rooms.name"), " ", this.room);
    this.panel.append(this.list, make("p", { class: "join" }, label, join), this.news);
    join.addEventListener("click", () => this.join());
    this.room.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.join();
    });
    this.panel.addEventListener("toggle", () => this.watch());
    socket.on(NEWS, ({ room, changes }) => room !== null && this.heard(room, changes));
    this.show();
  }

  join() {
    const room = this.room.value.trim();
    if (!room) return this.room.focus();
    this.room.value = "";
    this.rooms.ask("join", room, true);
  }

  show() {
    const { rooms } = this.rooms;
    this.list.replaceChildren(...(rooms.length ? rooms.map((room) => this.item(room)) : [saying("li", "rooms.none")]));
    this.watch();
  }

  /** @param {string} room */
  item(room) {
    const leave = saying("button", "rooms.leave", {}, { type: "button", "data-room": room });
    leave.addEventListener("click", () => this.rooms.ask("leave", room));
    return make("li", { "data-room": room }, make("span", {}, room), leave);
  }

  /** Hear who comes into one's rooms and leaves them, while that is shown; of the lobby, the list of people tells. */
  watch() {
    const wanted = new Set(this.panel.open ? this.rooms.rooms.filter((room) => room !== LOBBY) : []);
    /** @param {string} event @param {string} room */
    const tell = (event, room) => this.socket.emit(event, { room: newsOf(room) }, () => {});
    for (const room of wanted) if (!this.#watched.has(room)) tell("join", room);
    for (const room of this.#watched) if (!wanted.has(room)) tell("leave", room);
    this.#watched = wanted;
  }

  /** A hub that has forgotten this client knows of no room that it watches. */
  forget() {
    this.#watched.clear();
  }

  /** @param {string} room @param {Change[]} changes */
  heard(room, changes) {
    const other = changes.findLast(({ id }) => id !== this.socket.id);
    if (other) this.tell(`rooms.${other.here ? "joined" : "left"}`, { name: other.name || { text: "nobody" }, room });
  }

  /** @param {string} key @param {Values} values */
  tell(key, values) {
    say(this.news, key, values);
  }
}
