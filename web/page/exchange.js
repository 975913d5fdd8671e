// The exchange: one request and its answer, or one frame, opened: heads, texts, bytes, ms, and the line that repeats it.

import { copy } from "./copy.js";
import { curlLine } from "./curl.js";
import { make, mark, saying } from "./dom.js";
import { shared } from "./parts.js";
import { time } from "./time.js";

/** @import { Exchange, Flight } from "./tape.js" */

/** Fill `box` with what is known of this flight and its exchange. @param {HTMLElement} box @param {Flight} flight */
export function opened(box, flight) {
  const { exchange } = flight;
  /** @type {HTMLElement[]} */
  const parts = [title(flight), sentence(flight), figures(flight)];
  if (exchange.stream && flight !== exchange.ask && flight !== exchange.answer) {
    parts.push(...quoted(flight.up ? "wire.frame.up" : "wire.frame.down", flight.text));
  } else {
    parts.push(...quoted("wire.head.up", exchange.headUp), ...quoted("wire.body.up", exchange.body));
    parts.push(...quoted("wire.head.down", exchange.headDown));
    if (!exchange.stream) parts.push(...quoted("wire.body.down", exchange.answer?.text ?? ""));
  }
  parts.push(curl(exchange));
  box.replaceChildren(...parts);
  box.dataset.transport = exchange.way;
}

/** @param {Flight} flight */
function title({ exchange, kind }) {
  const words = make("h2", {}, mark(exchange.way === "post" ? "none" : exchange.way), ` ${exchange.method} ${exchange.name}: `);
  words.append(saying("span", `wire.kind.${kind}`));
  return words;
}

/** What became of it. @param {Flight} flight */
function sentence({ exchange, up, left, came, gone }) {
  if (gone) return saying("p", up ? "wire.lost.up" : "wire.lost.down");
  const { ask, answer, over } = exchange;
  const trip = up && answer?.came ? answer.came - (ask.left ?? ask.at) : null;
  if (!exchange.stream && answer?.left && ask.came) {
    const left = ask.left ?? ask.came;
    const parts = shared((answer.came ?? over ?? answer.left) - left, ask.came - left, answer.left - ask.came);
    return saying("p", "wire.took", Object.fromEntries(Object.entries(parts).map(([name, ms]) => [name, time(ms)])));
  }
  if (left !== null && came !== null) return saying("p", "wire.flew", { ms: time(came - left) });
  return trip === null ? saying("p", "wire.flies") : saying("p", "wire.flew", { ms: time(trip) });
}

/** Its bytes, by what they are. @param {Flight} flight */
function figures(flight) {
  const { exchange, bytes, payload } = flight;
  const list = make("dl", { class: "measured" });
  /** @param {string} key @param {string | number | null} value */
  const add = (key, value) => {
    if (value !== null && value !== undefined) list.append(make("div", {}, saying("dt", key), make("dd", {}, String(value))));
  };
  if (exchange.stream && flight !== exchange.ask && flight !== exchange.answer) {
    add("wire.bytes.framing", bytes === null || payload === null ? null : bytes - payload);
    add("wire.bytes.text", payload);
  } else {
    const { headUp, headDown, up, down } = exchange.bytes;
    add("wire.bytes.headUp", headUp);
    add("wire.bytes.headDown", headDown);
    if (exchange.stream) {
      add("wire.bytes.up", up);
      add("wire.bytes.down", down);
    } else {
      add("wire.bytes.bodyUp", headUp === null ? null : up - headUp);
      add("wire.bytes.bodyDown", headDown === null ? null : down - headDown);
    }
    if (exchange.fresh !== null) {
      list.append(make("div", {}, saying("dt", "wire.connection"), saying("dd", exchange.fresh ? "wire.new" : "wire.reused")));
    }
  }
  return list;
}

/** @param {string} key @param {string} words */
function quoted(key, words) {
  return words ? [saying("p", key, {}, { class: "small" }), make("pre", { tabindex: "0" }, words.trimEnd())] : [];
}

/** @param {Exchange} exchange */
function curl(exchange) {
  const code = make("code", {}, curlLine(exchange));
  const button = saying("button", "copy", {}, { type: "button" });
  button.addEventListener("click", () => copy(code, button));
  return make("p", { class: "curl" }, code, " ", button);
}
