// A seat: one page of the chat room, in a frame of no origin, and the real client outside by which it speaks and hears.

import { make } from "/page/dom.js";
import { file } from "../prose.js";
import { player } from "../stage.js";

/** @import { Transport } from "/client/types.js" */
/** @typedef {{heard: (event: string, data: any) => void}} Ear */

const LIBRARY = '<script src="/socket.io/socket.io.js"></script>'; // which a frame without a network cannot load
const NAME = "{{username}}"; // as the article's template has it

export class Seat {
  #socket;
  #port = /** @type {MessagePort | null} */ (null);
  #closed = false;
  #frame = /** @type {HTMLIFrameElement | null} */ (null);

  /** A client of the stage `base`; `ear` is told what it hears. @param {string} base @param {string} who @param {Transport} use @param {Ear} ear */
  constructor(base, who, use, ear) {
    this.who = who;
    this.#socket = player(base, use, { every: 250 });
    this.#socket.onAny((event, data) => {
      this.#port?.postMessage({ event, data });
      ear.heard(event, data);
    });
  }

  /** Open a page in `place`. Throws where its text cannot be had. @param {HTMLElement} place @param {string} page its address */
  async open(place, page) {
    const [html, bridge] = await Promise.all([file(page), file("/lessons/chat/bridge.js")]);
    if (this.#closed) return;
    const whole = html.replace(LIBRARY, () => `<script>${bridge}</script>`).replaceAll(NAME, this.who);
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }) => this.#say(data);
    const frame = make("iframe", { sandbox: "allow-scripts", src: "/lessons/sandbox.html", title: this.who });
    this.#frame = frame;
    frame.addEventListener("load", () => frame.contentWindow?.postMessage({ page: whole }, "*", [port2]), { once: true });
    place.replaceChildren(frame);
    this.#socket.connect();
  }

  /** The page's emit, as it would be without a frame: what it gives is checked by the client. @param {{n: number, event: string, data: any}} emit */
  #say({ n, event, data }) {
    try {
      this.#socket.emit(event, data, (ack, error) => this.#port?.postMessage({ n, ack, error: error && { code: error.code, message: error.message } }));
    } catch (/** @type {any} */ error) {
      this.#port?.postMessage({ n, error: { code: "bad", message: error.message } });
    }
  }

  close() {
    this.#closed = true;
    this.#socket.close();
    this.#port?.close();
    this.#port = null;
    this.#frame?.remove();
  }
}
