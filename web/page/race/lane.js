// A lane: one real client on one transport, through a link of its own, that listens to the feed of the race.

import { io } from "/client/socket.js";
import { parted } from "../alone.js";
import { now } from "../hubclock.js";
import { linkName } from "../network.js";
import { Ring } from "./ring.js";

/** @import { Socket, Transport } from "/client/socket.js" */
/** @import { HubClock } from "../hubclock.js" */
/** @import { Part } from "../phrases.js" */

export const LANES = /** @type {const} */ (["poll", "longpoll", "sse", "ws"]);
const PATIENCE = 1500; // ms without a line before it is told: another transport would have taken over by then
const KEPT = 3000; // ages of messages: a minute of them at the most there are
const LEASES = "transport-fallback leases";

/**
 * A client's fetch, with an ear on the sid it asks by: it stays in this page.
 * @param {(sid: string | null) => void} keep
 */
function noting(keep) {
  return (/** @type {string} */ url, /** @type {RequestInit} */ options) => {
    keep(new URL(url, location.href).searchParams.get("sid"));
    return fetch(url, options);
  };
}

/** What a race learns says nothing to anybody else: of the browser's storage only the leases are shared. */
const storage = {
  /** @param {string} key */
  getItem: (key) => stored(key, (store) => store.getItem(key)),
  /** @param {string} key @param {string} value */
  setItem: (key, value) => stored(key, (store) => store.setItem(key, value)),
};

/** @template T @param {string} key @param {(store: Storage) => T} use */
function stored(key, use) {
  try {
    return key.startsWith(LEASES) ? use(localStorage) : null;
  } catch {
    return null; // forbidden or full: then nobody counts
  }
}

/**
 * Tells of itself by `change`: its id is known, or it has lost its line. By `lost`: the hub has another log. By `ended`:
 * the feed fell silent before its time, for the client it belongs to was away.
 */
export class Lane extends EventTarget {
  #socket = /** @type {Socket | null} */ (null);
  #downSince = 0;

  /** @param {Transport} transport @param {HubClock} clock */
  constructor(transport, clock) {
    super();
    this.transport = transport;
    this.clock = clock;
    this.link = linkName();
    this.origin = location.origin;
    this.feed = /** @type {string | null} */ (null);
    this.decision = /** @type {Part[] | null} */ (null);
    this.sid = /** @type {string | null} */ (null);
    this.entered = false;
    this.ages = new Ring(KEPT);
    this.arrived = 0;
  }

  get id() {
    return this.#socket?.id ?? null;
  }

  get open() {
    return this.#socket !== null;
  }

  /** Whether nothing has come through for a while. */
  get down() {
    return this.#socket !== null && !this.#socket.connected && now() - this.#downSince > PATIENCE;
  }

  /**
   * Put the link on a network. Refused: the lab knows none of that name.
   * @param {string} network @param {boolean} close
   */
  async wire(network, close) {
    const answer = await fetch(`/via/~${this.link}`, { method: "PUT", body: JSON.stringify({ network, close }) });
    if (!answer.ok) throw new Error((await answer.json()).error.message);
    this.#socket?.changed();
  }

  /** Begin to read. Resolves when the hub has taken it into the room. @param {string} room @param {number} every */
  join(room, every) {
    const { transport } = this;
    const socket = io(`${this.origin}/via/~${this.link}`, {
      transports: [transport], use: transport, every, autoConnect: false,
      world: { storage, fetch: noting((sid) => (this.sid = sid ?? this.sid)) },
    });
    this.#socket = socket;
    this.#downSince = now();
    socket.on("feed", (data) => this.#heard(data));
    socket.on("feed-ended", ({ feed, by }) => feed === this.feed && by === null && this.dispatchEvent(new Event("ended")));
    socket.onHello(() => this.#changed());
    socket.onDecision(({ parts }) => (this.decision = parts));
    const joined = new Promise((resolve) => {
      socket.onLife((event, detail) => {
        // A hub that forgot this client knows no room.
        if (event === "connect") this.#enter(socket, room).then(resolve);
        if (event === "gap" && detail.reason === "epoch") this.dispatchEvent(new Event("lost"));
        if (event === "disconnect") this.#downSince = now();
        this.#changed();
      });
    });
    socket.emit("name", { name: `race ${transport}` });
    socket.connect();
    return joined;
  }

  /** Into the room of the race, and out of all others. @param {Socket} socket @param {string} room */
  async #enter(socket, room) {
    return parted(socket, room).then(() => (this.entered = true), () => false);
  }

  /** @param {number} ms */
  set every(ms) {
    if (this.#socket) this.#socket.every = ms;
  }

  /** @param {{feed: string, at: number}} data */
  #heard({ feed, at }) {
    if (feed !== this.feed) return;
    const arrival = now();
    this.arrived += 1;
    this.ages.add(arrival, arrival - (at + this.clock.offset));
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** Count from here. */
  clear() {
    this.ages.clear();
    this.arrived = 0;
  }

  leave() {
    this.#socket?.close();
    this.#socket = null;
    [this.feed, this.entered] = [null, false];
  }
}
