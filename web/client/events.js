// @ts-check
// The events: what an application hears, who hears it, and what is kept of it for whoever asks later.
import { timeOfDay } from "./clock.js";
import { reservedEvent } from "./codec.js";
import { Handlers } from "./handlers.js";
import { checkEventName } from "./options.js";
import { sentence } from "./sentences.js";
/** @import {Clock, Decision, Part} from "./types.js" */

const DECISIONS = 500; // kept

export class Events {
  #clock;
  life = new Handlers(
    (error, event) => this.#threw(error, event),
    (event, detail) => event === "error" && console.error(detail),
  );
  messages = new Handlers((error, event) => this.#threw(error, event));
  watchers = new Handlers((error) => console.error(error)); // of hello and decisions
  /** @type {Decision[]} */
  decisions = [];
  /** @type {{first: number|null, repeats: number}} */
  facts = { first: null, repeats: 0 }; // ms to the first message; messages that came again

  /** @param {Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /** Those who hear an event of this name. @param {string} said the method it was given to @param {string} event */
  of(said, event) {
    checkEventName(said, event);
    return reservedEvent(event) ? this.life : this.messages;
  }

  /** @param {string} event @param {any} detail */
  tell(event, detail) {
    this.life.tell(event, detail);
  }

  /** A handler that throws must not end the reading; what the handler of `error` throws is told to nobody. @param {unknown} error @param {string} event */
  #threw(error, event) {
    if (event === "error") console.error(error);
    else this.tell("error", error);
  }

  /** @param {Part[]} parts */
  say(parts) {
    const decision = { at: timeOfDay(this.#clock, this.#clock.now()), text: sentence(parts), parts };
    this.decisions.push(decision);
    if (this.decisions.length > DECISIONS) this.decisions.shift();
    this.watchers.tell("decision", decision);
  }
}
