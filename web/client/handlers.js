// Handlers: who hears which event.

/**
 * Names to functions. None runs inside the call that tells of an event, but right after it, in the order told: so a
 * handler may call whatever the client has. One that throws disturbs neither the others nor the reading.
 */
export class Handlers {
  #named = new Map();
  #any = [];

  /** `failed(error, event)` is told what a handler threw, `unheard(event, ...values)` what nobody hears by its name. */
  constructor(failed, unheard = () => {}) {
    Object.assign(this, { failed, unheard });
  }

  add(event, handler) {
    this.#named.set(event, [...(this.#named.get(event) ?? []), handler]);
  }

  /** Without a handler: all of this event. One added by `once` is known by the function given there. */
  remove(event, handler) {
    const rest = handler ? (this.#named.get(event) ?? []).filter((one) => one !== handler && one.once !== handler) : [];
    if (rest.length) this.#named.set(event, rest);
    else this.#named.delete(event);
  }

  addAny(handler) {
    this.#any.push(handler);
  }

  removeAny(handler) {
    this.#any = handler ? this.#any.filter((one) => one !== handler) : [];
  }

  /** @returns {boolean} whether somebody listens to this event by its name */
  hears(event) {
    return this.#named.has(event);
  }

  tell(event, ...values) {
    queueMicrotask(() => this.#handOn(event, values));
  }

  /** A function that is no handler, an ack's for one, runs in its turn among them. */
  call(event, call) {
    queueMicrotask(() => this.#run(event, call));
  }

  #handOn(event, values) {
    const named = [...(this.#named.get(event) ?? [])]; // a copy: a handler may remove itself
    for (const handler of [...this.#any]) this.#run(event, () => handler(event, ...values));
    for (const handler of named) this.#run(event, () => handler(...values));
    if (!named.length) this.unheard(event, ...values);
  }

  #run(event, call) {
    try {
      const result = call();
      // An async handler throws later, by its promise.
      if (typeof result?.then === "function") result.then(undefined, (error) => this.failed(error, event));
    } catch (error) {
      this.failed(error, event);
    }
  }
}
