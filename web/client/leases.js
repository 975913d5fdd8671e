// Leases: how many readers of this browser may hold a connection to one server, over all its tabs.
// A browser opens six to a host; with all of them held, nothing else would get through, not even what is emitted.

const MOST = 4; // held readers, so that two connections stay free for the way up and for polls
const RENEW = 2000; // ms
const VOID = 6000; // ms after which a lease that nobody renewed is free: its tab has gone

/**
 * Kept in localStorage and not in Web Locks, which need a secure context: a class on a local network has none.
 * Two tabs that ask in the same instant may both get the last one; that is one connection too many for 2 s at most.
 */
export class Leases {
  #held = new Map(); // holder → name of its lease
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
    const now = this.clock.now();
    const stands = ([, until]) => typeof until === "number" && until > now && until <= now + VOID;
    try {
      return Object.fromEntries(Object.entries(JSON.parse(this.storage.getItem(this.key) ?? "{}")).filter(stands));
    } catch {
      return {};
    }
  }

  #write(all) {
    const until = this.clock.now() + VOID;
    for (const lease of this.#held.values()) all[lease] = until;
    try {
      this.storage.setItem(this.key, JSON.stringify(all));
    } catch {
      // full or forbidden: then nobody counts
    }
  }
}
