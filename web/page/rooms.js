// Rooms: which rooms this client is in, and to whom it talks.

import { find, make, saying } from "./dom.js";
import { learn } from "./words.js";

/** @import { Message, Socket } from "/client/socket.js" */
/** @import { Doors } from "./doors.js" */
/** @import { Parts } from "./seat.js" */

export const NEWS = "who"; // the room for news of who comes and goes, and its event; of a room NAME: `who NAME`
export const LOBBY = "lobby"; // where everybody is

/** Whether this is a room for news of a room, or of all. @param {string} room */
const forNews = (room) => room === NEWS || room.startsWith(`${NEWS} `);

export class Rooms {
  #quiet = /** @type {Set<string>} */ (new Set()); // rooms of the page's own: one is in them, and they are not shown
  #own = /** @type {string | null} */ (null); // the room of this page, where it keeps to that
  #apart = /** @type {readonly (readonly [string, unknown])[]} */ ([]); // what it emits to hear that room and nobody else

  /** @param {Parts} parts @param {Socket} socket */
  constructor(parts, socket) {
    this.parts = parts;
    this.socket = socket;
    this.rooms = /** @type {string[]} */ ([]);
    this.doors = /** @type {Doors | null} */ (null); // made once their panel is opened
    parts["room-panel"].addEventListener("toggle", () => this.open());
    this.show();
  }

  async open() {
    if (this.doors) return;
    const [{ Doors }] = await Promise.all([import("./doors.js"), learn("/page/texts/rooms")]);
    this.doors ??= new Doors(this.parts, this.socket, this);
  }

  /** The room to talk to; null = everyone. */
  get chosen() {
    return this.parts.to.value || this.#own;
  }

  /**
   * Talk in this room, and hear nothing of what is said to everyone. `apart`: the emits for that.
   * @param {string} room @param {readonly (readonly [string, unknown])[]} apart
   */
  keepTo(room, apart) {
    this.#own = room;
    this.#quiet.add(room);
    this.#apart = apart;
    this.#part(); // before anything is said in it
    this.show();
  }

  #part() {
    for (const [event, data] of this.#apart) this.socket.emit(event, data, () => {});
  }

  /** A message as it is shown; null: it is for others. @param {Message} message @returns {Message | null} */
  shown(message) {
    if (this.#own === null) return message;
    if (message.room === null) return null;
    return message.room === this.#own ? { ...message, room: null } : message;
  }

  /** Enter the lobby and all rooms again: a hub that has forgotten this client knows none of them. */
  enter() {
    this.doors?.forget();
    for (const room of new Set([LOBBY, ...this.rooms, ...this.#quiet])) this.ask("join", room);
    this.#part();
  }

  /**
   * Enter a room that is not shown. Throws: the hub refuses, or does not say within `timeout` ms.
   * @param {string} room @param {number} timeout
   */
  enterQuietly(room, timeout) {
    this.#quiet.add(room);
    return this.socket.emitWithAck("join", { room }, { timeout });
  }

  /** @param {"join" | "leave"} event @param {string} room @param {boolean} [choose] */
  ask(event, room, choose = false) {
    this.socket.emit(event, { room }, (answer, error) => {
      if (error) return this.doors?.tell("rooms.refused", { why: error.message ?? error.code });
      if (!answer) return; // a hub without a chat room has no handler of this: its ack is empty
      this.rooms = answer.rooms.filter((/** @type {string} */ room) => !forNews(room) && !this.#quiet.has(room));
      this.show();
      if (choose) this.parts.to.value = room;
    });
  }

  show() {
    const { to } = this.parts;
    const chosen = to.value;
    const everyone = saying("option", this.#own ? "say.here" : "say.everyone", {}, { value: "" });
    const rooms = this.rooms.filter((room) => room !== LOBBY); // where everyone is
    to.replaceChildren(everyone, ...rooms.map((room) => make("option", { value: room }, room)));
    to.value = rooms.includes(chosen) ? chosen : "";
    find(/** @type {HTMLElement} */ (to.closest("p")), "label").hidden = !rooms.length;
    this.doors?.show();
  }
}
