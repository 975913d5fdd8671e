// For a class: the address others type, and the code their phones scan. It opens this page as it is set now.

import { copy } from "../copy.js";
import { make, saying } from "../dom.js";
import { hush, say, text } from "../words.js";

/** @import { Page } from "../panels.js" */

const OURS = ["panel", "size"]; // what is set for this screen, not for theirs

class Invitation {
  #addresses = /** @type {string[]} */ ([]);
  #chosen = ""; // none yet
  #shown = false;
  #drawn = ""; // the link whose code is there, or on its way

  /** @param {HTMLElement} section */
  constructor(section) {
    this.trouble = make("p", { "data-role": "class-trouble", role: "status" });
    this.lead = make("p", { "data-role": "class-lead" });
    this.address = make("p", { class: "address", "data-role": "class-address" });
    this.others = make("fieldset", { "data-role": "class-others" });
    this.link = make("code", { "data-role": "class-link" });
    this.code = make("img", { class: "code", "data-role": "class-code", alt: "" });
    this.code.addEventListener("error", () => this.fault());
    this.code.addEventListener("load", () => this.drawn());
    this.invitation = make("div", { class: "invitation", hidden: "" }, this.code, this.words());
    section.append(this.trouble, this.invitation);
  }

  words() {
    const button = saying("button", "copy", {}, { type: "button" });
    button.addEventListener("click", () => copy(this.link, button));
    const line = make("div", { class: "link" }, saying("p", "class.link", {}, { class: "small" }), this.link, button);
    return make("div", {}, this.lead, this.address, this.others, line, saying("p", "class.hint", {}, { class: "small" }));
  }

  /** Ask where others find this lab: a laptop may be on another network than before. */
  async ask() {
    this.#shown = true;
    try {
      const answer = await fetch("/lab/class");
      const { addresses, error } = await answer.json();
      if (error) throw new Error(error.message);
      this.take(addresses);
    } catch (/** @type {any} */ error) {
      this.invitation.hidden = true;
      say(this.trouble, "class.silent", { why: error.message });
    }
  }

  /** @param {string[]} addresses */
  take(addresses) {
    this.invitation.hidden = !addresses.length;
    if (!addresses.length) return say(this.trouble, "class.closed");
    this.well();
    this.#addresses = addresses;
    const here = addresses.find((address) => new URL(address).hostname === location.hostname);
    if (!addresses.includes(this.#chosen)) this.#chosen = here ?? addresses[0];
    this.offer();
    return this.show();
  }

  /** The addresses to choose from, where there are several. */
  offer() {
    const radios = this.#addresses.map((address) => {
      const radio = make("input", { type: "radio", name: "class-address", value: address, autocomplete: "off" });
      radio.checked = address === this.#chosen;
      radio.addEventListener("change", () => {
        this.#chosen = address;
        this.show();
      });
      return make("label", {}, radio, make("span", {}, address));
    });
    this.others.replaceChildren(saying("legend", "class.which"), ...radios);
    this.others.hidden = radios.length < 2;
  }

  /** The page's own link by the chosen address. */
  get href() {
    const link = new URL(this.#chosen);
    const search = new URLSearchParams(location.search);
    for (const knob of OURS) search.delete(knob);
    link.protocol = location.protocol;
    link.search = search.toString();
    return link;
  }

  show() {
    if (!this.#shown || !this.#chosen) return;
    const { href, origin, search } = this.href;
    say(this.lead, search ? "class.lead.set" : "class.lead");
    this.address.textContent = origin;
    if (this.#drawn === href) return;
    this.#drawn = this.link.textContent = href;
    this.code.src = `/lab/class/qr?url=${encodeURIComponent(href)}`;
    this.code.alt = text("class.code", { href });
  }

  drawn() {
    this.code.hidden = false;
    this.well();
  }

  /** Nothing is wrong any more, in no language. */
  well() {
    hush(this.trouble);
  }

  /** There is no code: the server says why. */
  async fault() {
    this.#drawn = "";
    this.code.hidden = true;
    const said = await fetch(this.code.src).then((answer) => answer.json()).catch((error) => ({ error }));
    if (said.error) say(this.trouble, "class.nocode", { why: said.error.message });
  }

  close() {
    this.#shown = false;
  }

  /** The language may be in the link, too. */
  translated() {
    this.show();
    this.code.alt = text("class.code", { href: this.link.textContent });
  }
}

/** @param {HTMLElement} section where to be @param {Page} page */
export async function open(section, page) {
  const invitation = new Invitation(section);
  for (const seat of page.seats) seat.addEventListener("change", () => invitation.show());
  await invitation.ask();
  return {
    close: () => invitation.close(),
    resume: () => invitation.ask(),
    follow: () => invitation.show(),
    translated: () => invitation.translated(),
  };
}
