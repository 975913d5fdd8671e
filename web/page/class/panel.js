// For a class: the address others type, and the code their phones scan: of a lesson, of this experiment, or of the start.

import { LESSONS } from "/lessons/list.js";
import { prose } from "/lessons/prose.js";
import { copy } from "../copy.js";
import { find, make, saying } from "../dom.js";
import { addressWith, knob } from "../knobs.js";
import { hush, language, say, text } from "../words.js";
import { isSet, queryOf } from "./link.js";

/** @import { Page } from "../panels.js" */
/** @import { Wish } from "./link.js" */

const GUIDE = "/lessons/teacher"; // for who teaches

class Invitation {
  #addresses = /** @type {string[]} */ ([]);
  #chosen = ""; // none yet
  #shown = false;
  #drawn = ""; // the link whose code is there, or on its way
  #wish = /** @type {Wish} */ ({ opens: "experiment", lesson: 1, step: 1, group: "together" });

  /** @param {HTMLElement} section */
  constructor(section) {
    this.trouble = make("p", { "data-role": "class-trouble", role: "status" });
    this.lead = make("p", { "data-role": "class-lead" });
    this.address = make("p", { class: "address", "data-role": "class-address" });
    this.others = make("fieldset", { class: "addresses", "data-role": "class-others" });
    this.lessons = make("select", { "data-role": "class-lesson", "data-text-label": "class.lesson" });
    this.link = make("code", { "data-role": "class-link" });
    this.code = make("img", { class: "code", "data-role": "class-code", alt: "" });
    this.code.addEventListener("error", () => this.fault());
    this.code.addEventListener("load", () => this.drawn());
    this.opens = this.choice("opens", /** @type {const} */ (["lesson", "experiment", "start"]));
    this.group = this.choice("group", /** @type {const} */ (["together", "own"]));
    find(this.opens, "label").after(this.lessons);
    this.lessons.append(...LESSONS.map((_name, i) => make("option", { value: i + 1 }, String(i + 1))));
    this.lessons.addEventListener("change", () => this.want({ opens: "lesson", lesson: Number(this.lessons.value), step: 1 }));
    this.invitation = make("div", { class: "invitation", hidden: "" }, this.code, this.words());
    section.append(this.trouble, this.invitation);
  }

  words() {
    const button = saying("button", "copy", {}, { type: "button" });
    button.addEventListener("click", () => copy(this.link, button));
    const line = make("div", { class: "link" }, saying("p", "class.link", {}, { class: "small" }), this.link, button);
    const guide = make("p", { class: "small" }, saying("span", "class.hint"), " ", saying("a", "class.guide", {}, { href: GUIDE, target: "_blank", rel: "noopener" }));
    return make("div", {}, this.lead, this.address, this.others, this.opens, this.group, line, guide);
  }

  /**
   * Radio buttons for a part of what is wanted.
   * @param {"opens" | "group"} what @param {readonly string[]} values
   */
  choice(what, values) {
    const labels = values.map((value) => {
      const radio = make("input", { type: "radio", name: `class-${what}`, value, autocomplete: "off" });
      radio.addEventListener("change", () => this.want(/** @type {Partial<Wish>} */ ({ [what]: value })));
      return make("label", {}, radio, saying("span", `class.${what}.${value}`));
    });
    return make("fieldset", { "data-role": `class-${what}` }, saying("legend", `class.${what}`), ...labels);
  }

  /** @param {Partial<Wish>} wish */
  want(wish) {
    Object.assign(this.#wish, wish);
    this.show();
  }

  /** Who comes here from a lesson wants its code. */
  come() {
    const lesson = Number(knob("lesson"));
    if (LESSONS[lesson - 1]) this.want({ opens: "lesson", lesson, step: Math.max(1, Number(knob("step")) || 1) });
  }

  /** Ask where others find this lab: a laptop may be on another network than before. */
  async ask() {
    this.#shown = true;
    this.come();
    this.title();
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

  /** The lessons by their titles, as soon as they are here; until then by their numbers. */
  async title() {
    for (const [i, name] of LESSONS.entries()) {
      const article = await prose(name, language()).catch(() => null); // a number is enough
      const title = article ? find(article, "h2").textContent : "";
      this.lessons.options[i].textContent = title ? `${i + 1} · ${title}` : String(i + 1);
    }
  }

  /** The link by the chosen address. */
  get href() {
    const link = new URL(this.#chosen);
    link.protocol = location.protocol;
    link.search = queryOf(location.search, this.#wish, language());
    return link;
  }

  show() {
    if (!this.#shown || !this.#chosen) return;
    const { opens, group, lesson, step } = this.#wish;
    const { href, origin } = this.href;
    for (const radio of this.opens.querySelectorAll("input")) radio.checked = radio.value === opens;
    for (const radio of this.group.querySelectorAll("input")) radio.checked = radio.value === group;
    this.lessons.value = String(lesson);
    this.group.hidden = opens === "lesson"; // there one talks to nobody
    if (opens === "lesson") say(this.lead, "class.lead.lesson", { lesson, step });
    else say(this.lead, opens === "experiment" && isSet(location.search) ? "class.lead.set" : "class.lead");
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

  /** Put away: the address speaks of a lesson no more, unless that is open now. */
  close() {
    this.#shown = false;
    if (knob("panel") !== null || knob("lesson") === null) return;
    history.replaceState(null, "", addressWith({ lesson: null, step: null }));
  }

  /** The language is in the link, too. */
  translated() {
    this.title();
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
