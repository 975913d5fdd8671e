// Tabs: on a narrow screen one seat shows at a time; the other goes on living, and its tab says what it missed.

import { make, mark } from "./dom.js";
import { text } from "./words.js";

/** @import { Seat } from "./seat.js" */

export class Tabs {
  /** @param {HTMLElement} list @param {Seat[]} seats */
  constructor(list, seats) {
    this.list = list;
    this.seats = seats;
    this.unread = new Map(seats.map((seat) => [seat, 0]));
    this.tabs = seats.map((seat) => this.tab(seat));
    list.append(...this.tabs);
    list.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.roles()).observe(list);
    for (const seat of seats) seat.addEventListener("heard", () => this.heard(seat));
    this.roles();
    /** @param {Seat[]} seats */
    this.shown = seats.find(({ side }) => side === document.body.dataset.showing) ?? seats[0];
    this.show(this.shown);
  }

  /** @param {Seat} seat */
  tab(seat) {
    const tab = make("button", { type: "button", role: "tab", id: `tab-${seat.side}`, "aria-controls": seat.side });
    tab.addEventListener("click", () => this.show(seat));
    return tab;
  }

  /** @param {Seat} seat */
  show(seat) {
    this.shown = seat;
    document.body.dataset.showing = seat.side;
    this.unread.set(seat, 0);
    this.label();
  }

  label() {
    for (const [i, seat] of this.seats.entries()) {
      const unread = this.unread.get(seat);
      const name = text("tab", { side: { text: seat.side }, name: seat.shownName });
      const tab = this.tabs[i];
      tab.dataset.transport = seat.transport;
      tab.replaceChildren(mark(seat.transport), make("span", {}, name));
      if (unread) tab.append(make("span", {}, `+${unread}`));
      tab.setAttribute("aria-label", unread ? text("tab.news", { name, count: unread }) : name);
      tab.setAttribute("aria-selected", String(seat === this.shown));
      tab.tabIndex = seat === this.shown ? 0 : -1;
    }
  }

  /** @param {Seat} seat */
  heard(seat) {
    if (seat === this.shown || !this.narrow) return;
    this.unread.set(seat, (this.unread.get(seat) ?? 0) + 1);
    this.label();
  }

  /** Arrow keys go from tab to tab. @param {KeyboardEvent} event */
  key(event) {
    if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    const [next] = this.seats.filter((seat) => seat !== this.shown);
    this.show(next);
    this.tabs[this.seats.indexOf(next)].focus();
  }

  /** A seat is a tab's panel only where there are tabs. */
  roles() {
    this.narrow = this.list.offsetParent !== null; // the style shows the tabs where the seats do not fit side by side
    for (const { section, side } of this.seats) {
      section.setAttribute("role", this.narrow ? "tabpanel" : "region");
      section.setAttribute("aria-labelledby", `tab-${side}`);
    }
    if (!this.narrow) for (const seat of this.seats) this.unread.set(seat, 0);
  }
}
