// Messages: what was said, newest at the bottom and in sight, unless the reader has gone back to read.

import { cap, make, mark, saying } from "./dom.js";

/** @import { Message } from "/client/socket.js" */
/** @import { Values } from "./words.js" */

const SHOWN = 300; // messages in the list; older ones leave it (the hub keeps them longer)
const NEAR = 24; // px from the end that still count as being there

export class Messages {
  /** @param {HTMLElement} list @param {HTMLElement} empty @param {HTMLElement} newer */
  constructor(list, empty, newer) {
    const box = /** @type {HTMLElement} */ (list.parentElement); // the log that scrolls
    this.list = list;
    this.box = box;
    this.empty = empty;
    this.newer = newer;
    this.count = 0;
    this.following = true;
    this.asked = false;
    box.addEventListener("scroll", () => this.look(), { passive: true });
    newer.addEventListener("click", () => this.end());
    new ResizeObserver(() => this.following && this.end()).observe(box);
  }

  /**
   * Show one message. `age` says how long it took; `via` is the transport in use when it came, null for history.
   * @param {Message} message @param {Values} age @param {string | null} via
   */
  add(message, age, via) {
    const { user, content } = readable(message.data);
    const item = make("li", { "data-seq": message.seq, "data-event": message.event, "data-transport": via ?? "none" });
    const words = make("span", { class: "content" }, content);
    const sentence = make("p", {}, make("b", {}, user), " ", saying("span", "says"), " ", words);
    const note = make("p", { class: "note" });
    if (message.room) note.append(saying("span", "room.mark", { room: message.room }), " ");
    if (via) note.append(mark(via), " ");
    note.append(saying("span", age.text, age));
    item.append(sentence, note);
    this.list.append(item);
    this.count += 1;
    this.empty.hidden = true;
    cap(this.list, SHOWN);
    this.follow();
  }

  /** One scroll a frame, however many messages a batch had. */
  follow() {
    if (!this.following) this.newer.hidden = false;
    else if (!this.asked) {
      this.asked = true;
      requestAnimationFrame(() => {
        this.asked = false;
        this.end();
      });
    }
  }

  end() {
    this.box.scrollTop = this.box.scrollHeight;
    this.look();
  }

  look() {
    const { scrollHeight, scrollTop, clientHeight } = this.box;
    if (this.asked) return; // not scrolled to what was just added: that is not the reader's doing
    this.following = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.following) this.newer.hidden = true;
  }
}

/** Anybody may emit anything: whatever it is becomes text. @param {any} data */
function readable(data) {
  const { user, content } = data && typeof data === "object" ? data : { user: undefined, content: data };
  return { user: plain(user) || "?", content: plain(content) };
}

/** @param {unknown} value */
function plain(value) {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
