// The composer: what a person says, from the field to the hub.

import { hush, say } from "./words.js";

/** @import { Ack } from "/client/socket.js" */
/** @import { Parts } from "./seat.js" */
/** @typedef {(content: string, done: Ack) => void} Speak */

export class Composer {
  /** @param {Parts} parts @param {Speak} speak sends it */
  constructor(parts, speak) {
    this.parts = parts;
    this.speak = speak;
    this.sending = 0;
    const field = parts.text;
    field.form?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      // An Enter that ends a composition chooses characters; some browsers report it just after, as key 229.
      if (!event.isComposing && event.keyCode !== 229) this.send();
    });
  }

  /** Say what is in the field. Nothing but space is nothing. */
  send() {
    const { text: field, trouble } = this.parts;
    const content = field.value.trim();
    if (!content) return;
    field.value = "";
    hush(trouble);
    this.pending(1);
    /** @param {unknown} _answer @param {any} error */
    const done = (_answer, error) => {
      this.pending(-1);
      if (error) this.refused(content, error);
    };
    try {
      this.speak(content, done);
    } catch (/** @type {any} */ error) {
      done(null, error); // what no hub would take is not even sent
    }
  }

  /** @param {number} change */
  pending(change) {
    this.sending += change;
    const { pending } = this.parts;
    if (this.sending) say(pending, "say.pending", { count: this.sending });
    else hush(pending);
  }

  /** The words go back, so that nobody has to type them twice. @param {string} content @param {any} error */
  refused(content, error) {
    const { text: field, trouble } = this.parts;
    if (!field.value) field.value = content;
    say(trouble, "say.refused", { why: error.message || error.code });
  }
}
