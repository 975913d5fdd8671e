// The ways: below the picture, how each seat gets its news, in words.

import { find, make, mark, saying } from "./dom.js";

/** @import { Seat } from "./seat.js" */

export class Ways {
  /** @param {HTMLElement} figure @param {Seat[]} seats */
  constructor(figure, seats) {
    this.ways = { left: find(figure, "[data-way=left]"), right: find(figure, "[data-way=right]") };
    this.seats = seats;
  }

  /** Tell it as it is now. */
  show() {
    for (const seat of this.seats) this.tell(this.ways[seat.side], seat);
  }

  /** @param {HTMLElement} way @param {Seat} seat */
  tell(way, { shownName, transport }) {
    way.dataset.transport = transport;
    const title = make("p", { class: "title" }, mark(transport), make("span", {}, shownName));
    title.append(saying("span", transport));
    const look = saying("p", `look.${transport}`, {}, { class: "look" });
    way.replaceChildren(title, saying("p", `way.${transport}`), look);
  }
}
