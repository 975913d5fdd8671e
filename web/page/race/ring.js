// The ring: the last ages of a lane's messages, in memory that never grows.

/** Keeps the last `most` pairs of numbers: when a message arrived, and how old it was then. */
export class Ring {
  #next = 0;

  /** @param {number} most */
  constructor(most) {
    this.at = new Float64Array(most);
    this.age = new Float64Array(most);
    this.sorted = new Float64Array(most);
    this.count = 0;
  }

  get most() {
    return this.at.length;
  }

  /** @param {number} at @param {number} age */
  add(at, age) {
    this.at[this.#next] = at;
    this.age[this.#next] = age;
    this.#next = (this.#next + 1) % this.most;
    this.count = Math.min(this.most, this.count + 1);
  }

  clear() {
    this.count = this.#next = 0;
  }

  /** The age of the newest; null if there is none. */
  get last() {
    return this.count ? this.age[(this.#next - 1 + this.most) % this.most] : null;
  }

  /**
   * Each one, the newest first, until `see(at, age)` returns false.
   * @param {(at: number, age: number) => boolean | void} see
   */
  backwards(see) {
    for (let i = 1; i <= this.count; i += 1) {
      const place = (this.#next - i + this.most) % this.most;
      if (see(this.at[place], this.age[place]) === false) return;
    }
  }

  /**
   * The mean and quantiles by nearest rank. One that so few messages cannot tell from the largest is null.
   * @returns {{mean: number, p50: number, p95: number | null, p99: number | null} | null}
   */
  figures() {
    if (!this.count) return null;
    const ages = this.sorted.subarray(0, this.count);
    ages.set(this.age.subarray(0, this.count)); // until it is full, the ring is filled from its start
    ages.sort();
    /** @param {number} q */
    const rank = (q) => ages[Math.ceil(q * this.count) - 1];
    /** @param {number} q */
    const rare = (q) => (Math.round(this.count * (1 - q) * 100) >= 100 ? rank(q) : null);
    return { mean: ages.reduce((all, one) => all + one, 0) / this.count, p50: rank(0.5), p95: rare(0.95), p99: rare(0.99) };
  }
}
