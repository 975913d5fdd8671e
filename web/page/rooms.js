// Rooms: which rooms this client is in, to whom it talks, and while the list is open who comes into them.

import { make, saying } from "./dom.js";
import { say } from "./words.js";

/** @import { Socket } from "/client/socket.js" */
/** @import { Parts } from "./seat.js" */
/** @import { Values } from "./words.js" */
/** @typedef {{id: string, name: string | null, here: boolean}} Change   of who is in a room */

export const NEWS = "who"; // the room for news of who comes and goes, and its event; of a room NAME: `who NAME`
const LOBBY = "lobby"; // where everybody is

/** Whether this is a room for news of a room, or of all. @param {string} room */
const forNews = (room) => room === NEWS || room.startsWith(`${NEWS} `);

/** The room in which the news of a room is said. @param {string} room */
const newsOf = (room) => `${NEWS} ${room}`;

export class Rooms {
  #watched = /** @type {Set<string>} */ (new Set());
  #quiet = /** @type {Set<string>} */ (new Set()); // rooms of the page's own: one is in them, and they are not shown

  /** @param {Parts} parts @param {Socket} socket */
  constructor(parts, socket) {
    this.parts = parts;
    this.socket = socket;
    this.rooms = /** @type {string[]} */ ([]);
    parts.join.addEventListener("click", () => this.join());
    parts.room.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.join();
    });
    parts["room-panel"].addEventListener("toggle", () => this.watch());
    socket.on("who", ({ room, changes }) => room !== null && this.heard(room, changes));
    this.show();
  }

  /** The room to talk to; null = everyone. */
  get chosen() {
    return this.parts.to.value || null;
  }

  /** Enter the lobby and all rooms again: a hub that has forgotten this client knows none of them. */
  enter() {
    this.#watched.clear();
    for (const room of new Set([LOBBY, ...this.rooms, ...this.#quiet])) this.ask("join", room);
  }

  /**
   * Enter a room that is not shown. Throws: the hub refuses, or does not say within `timeout` ms.
   * @param {string} room @param {number} timeout
   */
  enterQuietly(room, timeout) {
    this.#quiet.add(room);
    return this.socket.emitWithAck("join", { room }, { timeout });
  }

  join() {
    const room = this.parts.room.value.trim();
    if (!room) return this.parts.room.focus();
    this.parts.room.value = "";
    return this.ask("join", room, true);
  }

  /** @param {string} event @param {string} room @param {boolean} [choose] */
  ask(event, room, choose = false) {
    this.socket.emit(event, { room }, (answer, error) => {
      if (error) return this.tell("rooms.refused", { why: error.message ?? error.code });
      this.rooms = answer.rooms.filter((/** @type {string} */ room) => !forNews(room) && !this.#quiet.has(room));
      this.watch();
      this.show();
      if (choose) this.parts.to.value = room;
    });
  }

  /** Hear who comes into one's rooms and leaves them, while that is shown; of the lobby, the list of people tells. */
  watch() {
    const wanted = new Set(this.parts["room-panel"].open ? this.rooms.filter((room) => room !== LOBBY) : []);
    /** @param {string} event @param {string} room */
    const tell = (event, room) => this.socket.emit(event, { room: newsOf(room) }, () => {});
    for (const room of wanted) if (!this.#watched.has(room)) tell("join", room);
    for (const room of this.#watched) if (!wanted.has(room)) tell("leave", room);
    this.#watched = wanted;
  }

  /** @param {string} room @param {Change[]} changes */
  heard(room, changes) {
    const other = changes.findLast(({ id }) => id !== this.socket.id);
    if (other) this.tell(`rooms.${other.here ? "joined" : "left"}`, { name: other.name || { text: "nobody" }, room });
  }

  /** @param {string} key @param {Values} values */
  tell(key, values) {
    say(this.parts["room-news"], key, values);
  }

  show() {
    const { to, rooms: list } = this.parts;
    const chosen = to.value;
    const everyone = saying("option", "say.everyone", {}, { value: "" });
    to.replaceChildren(everyone, ...this.rooms.map((room) => make("option", { value: room }, room)));
    to.value = this.rooms.includes(chosen) ? chosen : "";
    if (!this.rooms.length) return list.replaceChildren(saying("li", "rooms.none"));
    return list.replaceChildren(...this.rooms.map((room) => this.item(room)));
  }

  /** @param {string} room */
  item(room) {
    const leave = saying("button", "rooms.leave", {}, { type: "button", "data-room": room });
    leave.addEventListener("click", () => this.ask("leave", room));
    return make("li", { "data-room": room }, make("span", {}, room), leave);
  }
}
