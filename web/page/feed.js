// The feed: where nobody speaks, the hub does, at a pace one chooses.

import { make, saying } from "./dom.js";

const PACES = [0, 0.5, 2, 10, 50]; // messages a second
const SECONDS = 600; // then it falls silent by itself

export class Feed {
  #name = null; // of the one this page began
  #turn = 0;

  constructor(select, fault) {
    Object.assign(this, { select, fault });
    for (const pace of PACES) select.append(saying("option", pace ? "talk.pace" : "talk.none", { pace }, { value: pace }));
    select.addEventListener("change", () => this.choose(Number(select.value)));
    addEventListener("pagehide", () => this.stop(true));
  }

  async choose(pace) {
    const turn = (this.#turn += 1);
    this.fault.replaceChildren();
    await this.stop();
    if (!pace || turn !== this.#turn) return;
    try {
      const body = JSON.stringify({ rate: pace, seconds: SECONDS, size: 40 });
      const answer = await fetch("/lab/feed", { method: "POST", headers: { "Content-Type": "application/json" }, body });
      const told = await answer.json();
      if (!answer.ok) throw new Error(told.error.message);
      this.#name = told.feed;
      if (turn !== this.#turn) await this.stop(); // another pace was chosen meanwhile
    } catch (error) {
      this.select.value = "0";
      this.fault.replaceChildren(make("span", {}, error.message));
    }
  }

  async stop(keepalive = false) {
    const name = this.#name;
    this.#name = null;
    if (name) await fetch(`/lab/feed/${name}`, { method: "DELETE", keepalive }).catch(() => {});
  }
}
