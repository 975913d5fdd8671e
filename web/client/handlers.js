// Handlers: who hears which event.

/** Names to functions. A handler that throws disturbs neither the others nor the reading. */
export class Handlers {
  #named = new Map();
  #any = [];

  /** `failed(error, event)` is told what a handler threw. */
  constructor(failed) {
    this.failed = failed;
  }

  add(event, handler) {
    if (typeof handler !== "function") throw new TypeError("a handler is a function");
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

  /** @returns {boolean} whether somebody listens to this event by name */
  tell(event, ...values) {
    const named = [...(this.#named.get(event) ?? [])]; // a copy: a handler may remove itself
    for (const handler of [...this.#any]) this.#run(event, () => handler(event, ...values));
    for (const handler of named) this.#run(event, () => handler(...values));
    return named.length > 0;
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
