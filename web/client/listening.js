// @ts-check
// Listening: on, off and their like: who hears an event.
import { callable } from "./options.js";
/** @import {Events} from "./events.js" */
/** @import {Decision, Handler, Message} from "./types.js" */

/** What an application may hear by, of a socket. */
export class Listening {
  #events;

  /** @param {Events} events */
  constructor(events) {
    this.#events = events;
  }

  /** @param {string} event @param {Handler} handler @returns {this} */
  on(event, handler) {
    this.#events.of("on", event).add(event, callable("on", handler));
    return this;
  }

  /** @param {string} event @param {Handler} handler @returns {this} */
  once(event, handler) {
    callable("once", handler);
    /** @type {Handler & {once?: Handler}} */
    const first = (...values) => {
      this.off(event, first);
      return handler(...values);
    };
    first.once = handler;
    return this.on(event, first);
  }

  /** No longer this handler, or none of the event. @param {string} event @param {[handler?: Handler]} one @returns {this} */
  off(event, ...one) {
    for (const handler of one) callable("off", handler);
    this.#events.of("off", event).remove(event, one[0]);
    return this;
  }

  /**
   * Every application event: (event, data, reply, message).
   * @param {(event: string, data: any, reply: (answer?: any) => void, message: Message) => unknown} handler
   * @returns {this}
   */
  onAny(handler) {
    this.#events.messages.addAny(callable("onAny", handler));
    return this;
  }

  /** @param {[handler?: Function]} one @returns {this} */
  offAny(...one) {
    for (const handler of one) callable("offAny", handler);
    this.#events.messages.removeAny(one[0]);
    return this;
  }

  /** Every life-cycle event: (event, detail). @param {(event: string, detail: any) => unknown} handler @returns {this} */
  onLife(handler) {
    this.#events.life.addAny(callable("onLife", handler));
    return this;
  }

  /** @param {[handler?: Function]} one @returns {this} */
  offLife(...one) {
    for (const handler of one) callable("offLife", handler);
    this.#events.life.removeAny(one[0]);
    return this;
  }

  /**
   * What /hello answered, whenever it did: this client's `id` is known from then on.
   * @param {(hello: any) => unknown} handler @returns {this}
   */
  onHello(handler) {
    this.#events.watchers.add("hello", callable("onHello", handler));
    return this;
  }

  /**
   * Every decision as it is made: {at: ms since 1970, text, parts}: English, and what it is made of (sentences.js).
   * @param {(decision: Decision) => unknown} handler @returns {this}
   */
  onDecision(handler) {
    this.#events.watchers.add("decision", callable("onDecision", handler));
    return this;
  }
}
