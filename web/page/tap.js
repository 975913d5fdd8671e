// The tap: a client's world, with an ear on what the client sends and hears. It changes nothing of it.


/**
 * Who hears of one exchange, and who hears of all.
 * @typedef {{began(status: number): void, answered(text: string): void, failed(own: boolean): void, heard(text: string): void,
 *   said(text: string): void, end(how: string): void}} Ear
 * @typedef {{ask(side: any, method: string, url: string, body?: unknown): Ear}} Listener
 */

/**
 * What a browser gives a client, each call told to `tape` as of this side. Absent constructors stay absent.
 * @param {Listener} tape @param {string} side @param {{WebSocket?: any, EventSource?: any}} [world]
 */
export function tapped(tape, side, { WebSocket, EventSource } = globalThis) {
  return {
    /** @param {string} url @param {RequestInit} [options] */
    fetch: (url, options = {}) => fetching(tape.ask(side, options.method ?? "GET", url, options.body), url, options),
    /** @type {((url: string, body: any) => boolean) | undefined} */
    beacon: "sendBeacon" in navigator ? ((url, body) => beaconing(tape.ask(side, "POST", url, body), url, body)) : undefined,
    WebSocket: WebSocket && socketClass(WebSocket, tape, side),
    EventSource: EventSource && sourceClass(EventSource, tape, side),
  };
}

/** @param {Ear} exchange @param {string} url @param {RequestInit} options */
async function fetching(exchange, url, options) {
  try {
    const response = await fetch(url, options);
    exchange.began(response.status);
    const text = response.text.bind(response);
    response.text = async () => {
      try {
        const said = await text();
        exchange.answered(said);
        return said;
      } catch (error) {
        exchange.failed(Boolean(options.signal?.aborted));
        throw error;
      }
    };
    return response;
  } catch (error) {
    exchange.failed(Boolean(options.signal?.aborted));
    throw error;
  }
}

/** @param {Ear} exchange @param {string} url @param {any} body */
function beaconing(exchange, url, body) {
  exchange.end("answered"); // nobody hears what a beacon is answered
  return navigator.sendBeacon(url, body);
}

/** @param {any} Real @param {Listener} tape @param {string} side */
function socketClass(Real, tape, side) {
  return class extends Real {
    /** @param {string} url */
    constructor(url) {
      super(url);
      this.exchange = tape.ask(side, "GET", url.replace(/^ws/, "http"));
      this.addEventListener("open", () => this.exchange.began(101));
      this.addEventListener("message", (/** @type {MessageEvent<string>} */ { data }) => this.exchange.heard(data));
      this.addEventListener("close", () => this.exchange.failed(false));
    }

    /** @param {string} text */
    send(text) {
      this.exchange.said(text);
      super.send(text);
    }

    /** @param {...any} why */
    close(...why) {
      this.exchange.failed(true);
      super.close(...why);
    }
  };
}

/** @param {any} Real @param {Listener} tape @param {string} side */
function sourceClass(Real, tape, side) {
  return class extends Real {
    /** @param {string} url */
    constructor(url) {
      super(url);
      this.exchange = tape.ask(side, "GET", url);
      this.addEventListener("open", () => this.exchange.began(200));
      this.addEventListener("message", (/** @type {MessageEvent<string>} */ { data }) => this.exchange.heard(data));
      this.addEventListener("error", () => this.exchange.failed(false));
    }

    close() {
      this.exchange.failed(true);
      super.close();
    }
  };
}
