// The label: what a line of the picture says, in a few words and bytes.

import { took } from "./time.js";
import { text } from "./words.js";

/** @import { Flight } from "./tape.js" */

/**
 * `said`: seq -> when the hub had it; `wide`: there is room for the bytes.
 * @param {Flight | string} flight @param {Map<number, number>} said @param {boolean} [wide]
 */
export function label(flight, said, wide) {
  if (typeof flight === "string") {
    const [word, number] = flight.split(" ");
    return text(`wire.${word}`, { time: took(Number(number)), count: number });
  }
  const size = wide ? bytes(flight) : null;
  return [words(flight, said), size === null ? "" : `${size} B`].filter(Boolean).join("  ");
}

/** @param {Flight} flight @param {Map<number, number>} said */
function words(flight, said) {
  const { exchange, up, kind, came, seqs } = flight;
  const { name, spare, stream, ask, answer, status } = exchange;
  if (flight === ask) return spare ? text(`wire.${spare}`) : name === "emit" ? text("wire.emit") : text(`wire.ask.${name}`);
  if (up) return kind === "ask" ? text("wire.beat") : text("wire.emit");
  if (kind === "open") return status && status < 300 ? text("wire.open") : String(status ?? "");
  if (kind === "empty") return text(stream ? "wire.beat" : "wire.empty");
  if (kind !== "news") return kind === "ack" ? text("wire.ack") : "";
  const count = text(seqs.length === 1 ? "wire.message" : "wire.messages", { count: seqs.length });
  const since = Math.min(...seqs.map((seq) => said.get(seq) ?? Infinity));
  if (came === null || since === Infinity) return count;
  const held = !stream && ask.came !== null && answer?.left && name === "longpoll" ? answer.left - ask.came : null;
  return held === null ? text("wire.late", { count, time: took(came - since) }) : text("wire.held", { count, time: took(held) });
}

/** All it weighs; null: nobody has told. @param {Flight} flight */
function bytes(flight) {
  const { exchange, kind, payload } = flight;
  const { headUp, headDown } = exchange.bytes;
  if (flight === exchange.ask) return flight.bytes ?? headUp;
  if (kind === "open") return headDown;
  if (exchange.stream) return flight.bytes;
  return headDown === null || payload === null ? null : headDown + payload;
}
