// The ways: below the picture, how each seat gets its news, in words.

import { make, mark, saying } from "./dom.js";

export class Ways {
  constructor(figure, seats) {
    this.ways = { left: figure.querySelector("[data-way=left]"), right: figure.querySelector("[data-way=right]") };
    this.seats = seats;
  }

  /** Tell it as it is now. */
  show() {
    for (const seat of this.seats) this.tell(this.ways[seat.side], seat);
  }

  tell(way, { shownName, transport }) {
    way.dataset.transport = transport;
    const title = make("p", { class: "title" }, mark(transport), make("span", {}, shownName));
    title.append(saying("span", transport));
    const look = saying("p", `look.${transport}`, {}, { class: "look" });
    way.replaceChildren(title, saying("p", `way.${transport}`), look);
  }
}
