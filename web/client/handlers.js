// @ts-check
// Handlers: who hears which event.

/** `once`: the function that `once` was given. @typedef {((...values: any[]) => unknown) & {once?: Function}} Listener */

/**
 * Names to functions. None runs inside the call that tells of an event, but right after it, in the order told: so a
 * handler may call whatever the client has. One that throws disturbs neither the others nor the reading.
 */
export class Handlers {
  #failed;
  #unheard;
  /** @type {Map<string, Listener[]>} */
  #named = new Map();
  /** @type {Listener[]} */
  #any = [];

  /**
   * `failed` is told what a handler threw, `unheard` what nobody hears by its name.
   * @param {(error: unknown, event: string) => void} failed @param {(event: string, ...values: any[]) => void} unheard
   */
  constructor(failed, unheard = () => {}) {
    this.#failed = failed;
    this.#unheard = unheard;
  }

  /** @param {string} event @param {Listener} handler */
  add(event, handler) {
    this.#named.set(event, [...(this.#named.get(event) ?? []), handler]);
  }

  /** Without a handler: all of this event. One added by `once` is known by the function given there. @param {string} event @param {Function} [handler] */
  remove(event, handler) {
    const rest = handler ? (this.#named.get(event) ?? []).filter((one) => one !== handler && one.once !== handler) : [];
    if (rest.length) this.#named.set(event, rest);
    else this.#named.delete(event);
  }

  /** @param {Listener} handler */
  addAny(handler) {
    this.#any.push(handler);
  }

  /** @param {Function} [handler] */
  removeAny(handler) {
    this.#any = handler ? this.#any.filter((one) => one !== handler) : [];
  }

  /** Whether somebody listens to this event by its name. @param {string} event */
  hears(event) {
    return this.#named.has(event);
  }

  /** @param {string} event @param {any[]} values */
  tell(event, ...values) {
    queueMicrotask(() => this.#handOn(event, values));
  }

  /** A function that is no handler, an ack's for one, runs in its turn among them. @param {string} event @param {() => unknown} call */
  call(event, call) {
    queueMicrotask(() => this.#run(event, call));
  }

  /** @param {string} event @param {any[]} values */
  #handOn(event, values) {
    const named = [...(this.#named.get(event) ?? [])]; // a copy: a handler may remove itself
    for (const handler of [...this.#any]) this.#run(event, () => handler(event, ...values));
    for (const handler of named) this.#run(event, () => handler(...values));
    if (!named.length) this.#unheard(event, ...values);
  }

  /** @param {string} event @param {() => any} call */
  #run(event, call) {
    try {
      const result = call();
      // An async handler throws later, by its promise.
      if (typeof result?.then === "function") result.then(undefined, (/** @type {unknown} */ error) => this.#failed(error, event));
    } catch (error) {
      this.#failed(error, event);
    }
  }
}
