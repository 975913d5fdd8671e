// The picture: between the seats, what goes over the wire of each.

import { make, mark, saying } from "./dom.js";
import { sketch } from "./sketch.js";

export class Picture {
  constructor(figure, seats) {
    this.drawing = figure.querySelector(".sketch");
    this.ways = { left: figure.querySelector("[data-way=left]"), right: figure.querySelector("[data-way=right]") };
    this.seats = seats;
    new ResizeObserver(() => this.draw()).observe(this.drawing);
  }

  /** Draw and tell it as it is now. */
  show() {
    this.draw();
    for (const seat of this.seats) this.tell(this.ways[seat.side], seat);
  }

  draw() {
    const { clientWidth, clientHeight } = this.drawing;
    if (!clientWidth) return;
    const [left, right] = this.seats.map((seat) => ({ name: seat.shownName, transport: seat.transport }));
    this.drawing.replaceChildren(sketch(clientWidth, clientHeight, left, right));
  }

  tell(way, { shownName, transport }) {
    way.dataset.transport = transport;
    const title = make("p", { class: "title" }, mark(transport), make("span", {}, shownName));
    title.append(saying("span", transport));
    const look = saying("p", `look.${transport}`, {}, { class: "look" });
    way.replaceChildren(title, saying("p", `way.${transport}`), look);
  }
}
