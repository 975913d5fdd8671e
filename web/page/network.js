// The network of a seat: what stands between it and the hub, changed while it talks.

import { saying } from "./dom.js";

/** A link's name: of one client alone, and no secret. */
export function linkName() {
  return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => (byte % 36).toString(36)).join("");
}

/** Tells of itself by `set` (whether the lab took the wish or not) and `change` (a person set it). */
export class Network extends EventTarget {
  /** @param {HTMLElement} fault where it is told that the lab refused @param {string} setting */
  constructor(fault, setting) {
    super();
    this.fault = fault;
    this.setting = setting;
    this.base = `/via/~${linkName()}`;
    this.ready = this.begin();
    this.last = /** @type {Promise<unknown>} */ (this.ready);
  }

  /**
   * One change after the other, as they were wished: the last wish is what holds.
   * @param {() => Promise<boolean> | boolean} change
   */
  inTurn(change) {
    const changed = this.last.then(change);
    this.last = changed;
    return changed;
  }

  async begin() {
    if (this.setting !== "direct" && !(await this.put(this.setting))) this.setting = "direct";
  }

  /** @param {string} setting */
  async choose(setting) {
    if (await this.inTurn(() => this.be(setting))) this.dispatchEvent(new Event("change"));
  }

  /** Be what the address says. @param {string} setting @returns {Promise<boolean>} whether that was a change */
  follow(setting) {
    return this.inTurn(() => setting !== this.setting && this.be(setting));
  }

  /** @param {string} setting */
  async be(setting) {
    const taken = await this.put(setting);
    if (taken) this.setting = setting;
    this.dispatchEvent(new Event("set"));
    return taken;
  }

  /** @param {string} setting @returns {Promise<boolean>} whether the lab took it */
  async put(setting) {
    this.fault.replaceChildren();
    try {
      const body = JSON.stringify({ network: setting });
      const answer = await fetch(this.base, { method: "PUT", body });
      if (answer.ok) return true;
      const { error } = await answer.json();
      this.refused(error.message);
    } catch (/** @type {any} */ error) {
      this.refused(error.message);
    }
    return false;
  }

  /** @param {string} why */
  refused(why) {
    this.fault.replaceChildren(saying("span", "network.refused", { why }));
  }
}
