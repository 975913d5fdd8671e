// Rooms and people: which rooms this client is in, to whom it talks, who is here.

import { make, saying } from "./dom.js";
import { hush, say } from "./words.js";

const NAMED = 6; // people named in the line; the others are counted

export class Rooms {
  /** @param parts the seat's elements by role @param socket its client @param ownName what it calls itself now */
  constructor(parts, socket, ownName) {
    Object.assign(this, { parts, socket, ownName, rooms: [], here: [], count: 0, past: true });
    parts.join.addEventListener("click", () => this.join());
    parts.room.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.join();
    });
    socket.on("who", ({ here, count }) => this.present(here, count));
    for (const event of ["joined", "left"]) {
      socket.on(event, ({ name, room }) => {
        if (!this.past) this.tell(`rooms.${event}`, { name: name || { text: "nobody" }, room });
      });
    }
    this.show();
    this.present([], 0);
  }

  /** The room to talk to; null = everyone. */
  get chosen() {
    return this.parts.to.value || null;
  }

  /** One's own name is marked when one's id is known, which the hub tells a little later. */
  know() {
    this.present(this.here, this.count);
    if (!this.socket.id && this.socket.connected) setTimeout(() => this.know(), 200);
  }

  /** Enter the lobby and all rooms again: a hub that has forgotten this client knows none of them. */
  enter() {
    this.know();
    for (const room of new Set(["lobby", ...this.rooms])) this.ask("join", room);
  }

  join() {
    const room = this.parts.room.value.trim();
    if (!room) return this.parts.room.focus();
    this.parts.room.value = "";
    return this.ask("join", room, true);
  }

  ask(event, room, choose = false) {
    this.socket.emit(event, { room }, (answer, error) => {
      if (error) return this.tell("rooms.refused", { why: error.message ?? error.code });
      this.rooms = answer.rooms;
      this.show();
      if (choose) this.parts.to.value = room;
    });
  }

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

  item(room) {
    const leave = saying("button", "rooms.leave", {}, { type: "button", "data-room": room });
    leave.addEventListener("click", () => this.ask("leave", room));
    return make("li", { "data-room": room }, make("span", {}, room), leave);
  }

  /** Who is here, as the hub last said. */
  present(here, count) {
    [this.here, this.count] = [here, count];
    const { who } = this.parts;
    if (!here.length) return say(who, "here.nobody");
    hush(who);
    const names = here.slice(0, NAMED).map(({ id, name }) => this.person(id, name));
    if (count > names.length) names.push(saying("span", "here.more", { count: count - names.length }));
    return who.append(...names.flatMap((name, i) => (i ? [", ", name] : [name])));
  }

  person(id, name) {
    if (id === this.socket.id) return saying("span", "here.you", { name: this.ownName() }, { "data-id": id });
    return name ? make("span", { "data-id": id }, name) : saying("span", "nobody", {}, { "data-id": id });
  }
}
