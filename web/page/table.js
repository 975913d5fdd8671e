// The table: what is on the tape in words, for those who cannot see the picture, newest first.

import { find, make, saying } from "./dom.js";
import { clock, time } from "./time.js";
import { text } from "./words.js";

/** @import { Flight, Tape } from "./tape.js" */

const COLUMNS = ["at", "seat", "name", "way", "what", "bytes", "took"];
const ROWS = 60;
const EVERY = 1000; // ms between two looks while it is open

export class Table {
  /** @param {HTMLDetailsElement} details @param {Tape} tape @param {(flight: Flight) => void} choose */
  constructor(details, tape, choose) {
    this.details = details;
    this.tape = tape;
    this.choose = choose;
    this.body = make("tbody");
    const head = COLUMNS.map((name) => saying("th", `wire.column.${name}`));
    find(details, "table").append(make("thead", {}, make("tr", {}, ...head)), this.body);
    details.addEventListener("toggle", () => this.show());
    setInterval(() => !document.hidden && this.show(), EVERY); // time goes on, whether the picture is in sight or not
    this.show();
  }

  show() {
    if (!this.details.open || this.body.contains(document.activeElement)) return; // somebody is reading in it
    this.body.replaceChildren(...this.tape.flights.slice(-ROWS).reverse().map((flight) => this.row(flight)));
  }

  /** @param {Flight} flight */
  row(flight) {
    const { exchange, up, kind, left, came, bytes, at, gone } = flight;
    const button = make("button", { type: "button" }, clock(at));
    button.addEventListener("click", () => this.choose(flight));
    const took = gone ? text("wire.gone") : left !== null && came !== null ? time(came - left) : "–";
    const what = saying("td", `wire.kind.${kind}`);
    return make("tr", { "data-transport": exchange.way },
      make("td", {}, button), saying("td", exchange.side), make("td", {}, exchange.name),
      saying("td", up ? "wire.up" : "wire.down"), what, make("td", {}, bytes === null ? "–" : String(bytes)), make("td", {}, took));
  }
}
