// People: who is here, while the list is open. The hub tells of those who come and go in a room of its own.

import { make, saying } from "./dom.js";
import { NEWS } from "./rooms.js";
import { say } from "./words.js";

/** @import { Socket } from "/client/socket.js" */
/** @import { Change } from "./doors.js" */
/** @import { Parts } from "./seat.js" */

const AGAIN = 2000; // ms, and up to twice as many: the list is asked for anew where the news could not name everybody
const PATIENCE = 10_000; // ms for an answer

export class People {
  #known = /** @type {Map<string, string | null>} */ (new Map()); // id → name, in the order of coming: as much of the list as was asked for
  #next = /** @type {number | null} */ (0); // what comes after it; null: nobody
  #pages = 1; // asked for
  #meanwhile = /** @type {Change[] | null} */ (null); // while it asks: the changes told since
  #again = /** @type {number | undefined} */ (undefined);

  /** @param {Parts} parts @param {Socket} socket @param {() => string} ownName what it calls itself now */
  constructor(parts, socket, ownName) {
    this.parts = parts;
    this.socket = socket;
    this.ownName = ownName;
    this.count = /** @type {number | null} */ (null);
    parts["here-panel"].addEventListener("toggle", () => (this.open ? this.watch() : this.leave()));
    parts["here-more"].addEventListener("click", () => this.#ask(1, this.#known, this.#next));
    socket.on(NEWS, (news) => news.room === null && this.open && this.#hear(news));
    socket.onHello(() => this.show()); // now its own id is known
    this.watch();
  }

  get open() {
    return this.parts["here-panel"].open;
  }

  /** Hear of who comes and goes from now on, then ask who is here: so nobody is missed between the two. */
  watch() {
    if (!this.open) return;
    this.socket.emit("join", { room: NEWS });
    this.#renew();
  }

  leave() {
    clearTimeout(this.#again);
    this.#again = undefined;
    this.socket.emit("leave", { room: NEWS });
    [this.#known, this.#next, this.#pages, this.count] = [new Map(), 0, 1, null];
    this.show();
  }

  /** @param {{count: number, changes: Change[], more: boolean}} news */
  #hear({ count, changes, more }) {
    this.count = count;
    this.#take(changes);
    this.#meanwhile?.push(...changes);
    if (more) this.#later();
    this.show();
  }

  /** @param {Change[]} changes */
  #take(changes) {
    for (const { id, name, here } of changes) {
      if (!here) this.#known.delete(id);
      else if (this.#known.has(id) || this.#next === null) this.#known.set(id, name);
    }
  }

  #later() {
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      this.#renew();
    }, AGAIN * (1 + Math.random()));
  }

  /** Ask for all that is shown once more. */
  #renew() {
    const pages = this.#pages;
    this.#pages = 0;
    return this.#ask(pages, new Map(), 0);
  }

  /**
   * Ask for so many pages after `next`. What is told meanwhile may be newer than a page.
   * @param {number} pages @param {Map<string, string | null>} known @param {number | null} next
   */
  async #ask(pages, known, next) {
    this.#pages += pages;
    if (this.#meanwhile) return this.#later();
    this.#meanwhile = [];
    try {
      for (; pages > 0 && next !== null; pages -= 1) {
        const page = await this.socket.emitWithAck(NEWS, { after: next }, { timeout: PATIENCE });
        if (!page) return; // a hub without a chat room does not tell who is here
        for (const { id, name } of page.who) known.set(id, name);
        next = page.next;
        if (!this.open) return;
        if (!this.#meanwhile.length) this.count = page.count;
      }
      [this.#known, this.#next] = [known, next];
      this.#take(this.#meanwhile);
    } catch {
      if (this.open) this.#later(); // not told in time
    } finally {
      this.#meanwhile = null;
      this.show();
    }
  }

  show() {
    const { "here-count": count, "here-more": more, who } = this.parts;
    if (this.count === null) say(count, "here");
    else say(count, "here.count", { count: this.count });
    who.replaceChildren(...[...this.#known].map(([id, name]) => make("li", { "data-id": id }, this.person(id, name))));
    more.hidden = this.#next === null || !this.#known.size;
    say(more, "here.more", { count: Math.max(1, (this.count ?? 0) - this.#known.size) });
  }

  /**
   * A name may be written from right to left: it turns nothing round beside it.
   * @param {string} id @param {string | null} name
   */
  person(id, name) {
    if (id === this.socket.id) return saying("bdi", "here.you", { name: this.ownName() });
    return name ? make("bdi", {}, name) : saying("bdi", "nobody");
  }
}
