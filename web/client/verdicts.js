// Verdicts: what was learnt about each rung, kept for the next visit, per server and network.

const NETWORKS = 8; // remembered of one server
const BASES = 16; // servers remembered, links among them

/** Kept in localStorage: {base: {at, last, networks: {name: {rung: verdict}}}}. What cannot be read was never kept. */
export class Verdicts {
  #key = "transport-fallback verdicts";

  constructor({ base, clock, storage }) {
    Object.assign(this, { base, clock, storage });
  }

  /** The network this client was on last, null if none is known. */
  get last() {
    return this.#mine().last;
  }

  /** What is kept of a network, by rung. */
  of(network) {
    const kept = this.#mine().networks[network];
    return typeof kept === "object" && kept !== null ? kept : {};
  }

  /** @param {Record<string, object>} verdicts by rung */
  keep(network, verdicts) {
    const mine = this.#mine();
    delete mine.networks[network];
    mine.networks[network] = verdicts;
    for (const old of Object.keys(mine.networks).slice(0, -NETWORKS)) delete mine.networks[old];
    this.#write({ ...mine, at: this.clock.now(), last: network });
  }

  forget() {
    this.#write(null);
  }

  #all() {
    try {
      const all = JSON.parse(this.storage?.getItem(this.#key) ?? "{}");
      return typeof all === "object" && all !== null ? all : {};
    } catch {
      return {};
    }
  }

  #mine() {
    const mine = this.#all()[this.base];
    if (typeof mine?.networks !== "object" || mine.networks === null) return { last: null, networks: {} };
    return { last: typeof mine.last === "string" ? mine.last : null, networks: mine.networks };
  }

  #write(mine) {
    const all = this.#all();
    delete all[this.base];
    if (mine) all[this.base] = mine; // the newest at the end
    for (const old of Object.keys(all).slice(0, -BASES)) delete all[old];
    try {
      this.storage?.setItem(this.#key, JSON.stringify(all));
    } catch {
      // full or forbidden: it will be learnt again
    }
  }
}
