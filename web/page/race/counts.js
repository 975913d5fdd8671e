// Counts: what the hub's meter says each lane has cost since counting began.

const AGAIN = 1000; // ms before a line that was lost is opened again
const TOGETHER = 150; // ms: ids become known one after the other
const LOOK = 500; // ms between two looks of the hub, which is silent where nothing has changed

/** @typedef {import("../meter.js").Counts} Figures */

export class Counts {
  #line = /** @type {WebSocket | null} */ (null);
  #query = "";
  #soon = 0;
  #transports = /** @type {Map<string | null, string>} */ (new Map()); // id → transport
  #last = /** @type {Map<string, Figures>} */ (new Map()); // transport → counts
  #heardAt = 0;
  #first = /** @type {Map<string, { at: number, counts: Figures }>} */ (new Map()); // transport → where counting began
  #ended = /** @type {number | null} */ (null);

  /**
   * Watch these lanes: `{transport, id}`, as far as their ids are known.
   * @param {{transport: string, id: string | null}[]} lanes
   */
  watch(lanes) {
    const known = lanes.filter(({ id }) => id);
    const query = known.map(({ id }) => `client=${encodeURIComponent(String(id))}`).join("&");
    if (query === this.#query) return;
    this.#query = query;
    this.#transports = new Map(known.map(({ id, transport }) => [id, transport]));
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => this.#open(), TOGETHER);
  }

  #open() {
    const old = this.#line;
    this.#line = null;
    old?.close();
    if (!this.#query || !globalThis.WebSocket) return;
    const line = new WebSocket(`/lab/watch?${this.#query}`);
    this.#line = line;
    line.onmessage = ({ data }) => this.#line === line && this.#take(JSON.parse(data));
    line.onclose = () => setTimeout(() => this.#line === line && this.#open(), AGAIN);
  }

  /** @param {Record<string, Record<string, Figures>>} figures */
  #take(figures) {
    this.#heardAt = performance.now();
    for (const [id, counts] of Object.entries(figures)) {
      const transport = this.#transports.get(id) ?? "";
      if (counts[transport]) this.#last.set(transport, counts[transport]);
    }
    this.#mark();
  }

  /** Until when what was heard is true. */
  get #now() {
    return Math.max(this.#heardAt, performance.now() - LOOK);
  }

  #mark() {
    for (const [transport, counts] of this.#last) {
      if (!this.#first.has(transport)) this.#first.set(transport, { at: this.#now, counts });
    }
  }

  /** Count from here. */
  begin() {
    this.#ended = null;
    this.#first.clear();
    this.#mark();
  }

  /** Look no more. The figures stay. */
  close() {
    this.#ended = this.#now;
    this.#query = "";
    clearTimeout(this.#soon);
    this.#open();
  }

  /** Begin anew, with other clients. */
  forget() {
    this.#last.clear();
    this.#first.clear();
  }

  /**
   * Of one transport since counting began: `seconds`, and each figure of the meter. Null: nothing is known yet.
   * @param {string} transport
   */
  of(transport) {
    const first = this.#first.get(transport);
    if (!first) return null;
    const since = /** @type {Figures} */ ({ seconds: ((this.#ended ?? this.#now) - first.at) / 1000 });
    for (const [name, count] of Object.entries(this.#last.get(transport) ?? {})) since[name] = count - first.counts[name];
    return since;
  }
}
