// The tap: a client's world, with an ear on what the client sends and hears. It changes nothing of it.

/** What a browser gives a client, each call told to `tape` as of this side. Absent constructors stay absent. */
export function tapped(tape, side, { WebSocket, EventSource } = globalThis) {
  return {
    fetch: (url, options = {}) => fetching(tape.ask(side, options.method ?? "GET", url, options.body), url, options),
    beacon: navigator.sendBeacon && ((url, body) => beaconing(tape.ask(side, "POST", url, body), url, body)),
    WebSocket: WebSocket && socketClass(WebSocket, tape, side),
    EventSource: EventSource && sourceClass(EventSource, tape, side),
  };
}

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

function beaconing(exchange, url, body) {
  exchange.end("answered"); // nobody hears what a beacon is answered
  return navigator.sendBeacon(url, body);
}

function socketClass(Real, tape, side) {
  return class extends Real {
    constructor(url) {
      super(url);
      this.exchange = tape.ask(side, "GET", url.replace(/^ws/, "http"));
      this.addEventListener("open", () => this.exchange.began(101));
      this.addEventListener("message", ({ data }) => this.exchange.heard(data));
      this.addEventListener("close", () => this.exchange.failed(false));
    }

    send(text) {
      this.exchange.said(text);
      super.send(text);
    }

    close(...why) {
      this.exchange.failed(true);
      super.close(...why);
    }
  };
}

function sourceClass(Real, tape, side) {
  return class extends Real {
    constructor(url) {
      super(url);
      this.exchange = tape.ask(side, "GET", url);
      this.addEventListener("open", () => this.exchange.began(200));
      this.addEventListener("message", ({ data }) => this.exchange.heard(data));
      this.addEventListener("error", () => this.exchange.failed(false));
    }

    close() {
      this.exchange.failed(true);
      super.close();
    }
  };
}
