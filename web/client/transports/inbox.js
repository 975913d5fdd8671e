// @ts-check
// The inbox: what a pipe pushes, taken out by a loop.

/**
 * Turns the callbacks of EventSource and WebSocket into an async iterable. It ends quietly when the signal aborts.
 * Its items are JSON from the network: anything.
 */
export class Inbox {
  /** @type {any[]} */
  #items = [];
  /** @type {Error|null} */
  #failure = null;
  #ended = false;
  #wake = () => {};

  /** @param {AbortSignal} signal */
  constructor(signal) {
    if (signal.aborted) this.#ended = true;
    signal.addEventListener("abort", () => this.#end(), { once: true });
  }

  /** @param {unknown} item */
  push(item) {
    this.#items.push(item);
    this.#wake();
  }

  /** What was pushed before is still taken out; then the loop throws. @param {Error} failure */
  fail(failure) {
    this.#failure ??= failure;
    this.#wake();
  }

  #end() {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator]() {
    while (!this.#ended) {
      if (this.#items.length) yield this.#items.shift();
      else if (this.#failure) throw this.#failure;
      else await new Promise((resolve) => (this.#wake = () => resolve(null)));
    }
  }
}
