// The bridge: `io` for a page in a frame without a network. What it says and hears goes through the page outside.
{
  const port = /** @type {MessagePort} */ (/** @type {any} */ (globalThis).port);
  const handlers = /** @type {Record<string, ((data: any) => void)[]>} */ ({});
  const waiting = /** @type {Record<number, (ack?: any, error?: any) => void>} */ ({});
  let n = 0;
  const socket = {
    /** @param {string} event @param {(data: any) => void} handler */
    on(event, handler) {
      (handlers[event] ??= []).push(handler);
      return socket;
    },
    /** @param {string} event @param {any} data @param {(ack?: any, error?: any) => void} [ack] */
    emit(event, data, ack) {
      n += 1;
      if (ack) waiting[n] = ack;
      port.postMessage({ n, event, data });
      return socket;
    },
  };
  port.onmessage = ({ data: { n, event, data, ack, error } }) => {
    if (event !== undefined) return handlers[event]?.forEach((handler) => handler(data));
    waiting[n]?.(ack, error);
    delete waiting[n];
  };
  /** @type {any} */ (globalThis).io = () => socket;
}
