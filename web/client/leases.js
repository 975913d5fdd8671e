// Leases: how many readers of this browser may hold a connection to one server, over all its tabs.
// A browser opens six to a host; with all of them held, nothing else would get through, not even what is emitted.

const MOST = 4; // held readers, so that two connections stay free for the way up and for polls
const RENEW = 2000; // ms
const LOOKS = 3; // in which a lease has not changed, each of them a renewal apart: then its tab has gone

/**
 * Kept in localStorage and not in Web Locks, which need a secure context: a class on a local network has none.
 * {name of a lease: a number that each renewal changes}. No time stands in it, for the clocks of two tabs may be a day
 * apart: performance.timeOrigin is the time of day at which a tab was opened (High Resolution Time, 6), whatever was
 * set since. Each tab judges by its own clock how often it saw no change; one that slept has looked once.
 * Two tabs that ask in the same instant may both get the last one; that is one connection too many for 2 s at most.
 */
export class Leases {
  #held = new Map(); // holder → name of its lease
  #seen = new Map(); // name of a lease → {mark, at, looks}: since when it is unchanged, and in how many looks
  #count = 0;
  #timer = null;

  /** `storage`: localStorage or alike; null: none, as in a program, where nobody counts connections. */
  constructor({ base, clock, storage, name }) {
    Object.assign(this, { clock, storage, name });
    this.key = `transport-fallback leases ${new URL(base).origin}`;
  }

  /** @returns {boolean} whether this holder may hold a connection */
  take(holder) {
    if (!this.storage || this.#held.has(holder)) return true;
    const all = this.#read();
    if (Object.keys(all).length >= MOST) return false;
    this.#count += 1;
    this.#held.set(holder, `${this.name}-${this.#count}`);
    this.#write(all);
    this.#arm();
    return true;
  }

  give(holder) {
    const lease = this.#held.get(holder);
    if (!lease) return;
    this.#held.delete(holder);
    const all = this.#read();
    delete all[lease];
    this.#write(all);
  }

  #arm() {
    this.#timer ??= this.clock.setTimeout(() => {
      this.#timer = null;
      if (!this.#held.size) return;
      this.#write(this.#read());
      this.#arm();
    }, RENEW);
  }

  /** Those that stand. */
  #read() {
    const all = Object.entries(this.#stored());
    this.#seen = new Map(all.map(([lease, mark]) => [lease, this.#looked(this.#seen.get(lease), mark)]));
    return Object.fromEntries(all.filter(([lease]) => this.#seen.get(lease).looks < LOOKS));
  }

  /** What is known of a lease after one look more. */
  #looked(before, mark) {
    const now = this.clock.now();
    if (before?.mark !== mark) return { mark, at: now, looks: 0 };
    // Timers may come a little early; a look that follows another at once is none.
    return now - before.at >= 0.9 * RENEW ? { mark, at: now, looks: before.looks + 1 } : before;
  }

  #stored() {
    try {
      const all = JSON.parse(this.storage.getItem(this.key) ?? "{}");
      const sound = typeof all === "object" && all !== null && !Array.isArray(all);
      return sound ? Object.fromEntries(Object.entries(all).filter(([, mark]) => typeof mark === "number")) : {};
    } catch {
      return {};
    }
  }

  #write(all) {
    this.#count += 1;
    for (const lease of this.#held.values()) all[lease] = this.#count;
    try {
      this.storage.setItem(this.key, JSON.stringify(all));
    } catch {
      // full or forbidden: then nobody counts
    }
  }
}
