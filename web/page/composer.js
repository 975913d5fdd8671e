// The composer: what a person says, from the field to the hub.

import { hush, say } from "./words.js";

export class Composer {
  /** @param parts the seat's elements by role @param speak `(content, done(answer, error))`: sends it */
  constructor(parts, speak) {
    Object.assign(this, { parts, speak, sending: 0 });
    const field = parts.text;
    field.form.addEventListener("submit", (event) => {
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
    const done = (_answer, error) => {
      this.pending(-1);
      if (error) this.refused(content, error);
    };
    try {
      this.speak(content, done);
    } catch (error) {
      done(null, error); // what no hub would take is not even sent
    }
  }

  pending(change) {
    this.sending += change;
    const { pending } = this.parts;
    if (this.sending) say(pending, "say.pending", { count: this.sending });
    else hush(pending);
  }

  /** The words go back, so that nobody has to type them twice. */
  refused(content, error) {
    const { text: field, trouble } = this.parts;
    if (!field.value) field.value = content;
    say(trouble, "say.refused", { why: error.message || error.code });
  }
}
