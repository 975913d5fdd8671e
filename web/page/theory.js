// Theory: how old news should be and what it should cost on each transport, from the knobs alone.
//
// Times in ms, rates in messages a second, sizes in bytes. `rtt` is a round trip; half of it brings a message down.
// The server answers in no time, nothing is lost, and the client asks again as soon as it may.

/**
 * @typedef {{rate: number, rtt: number, every: number, periodic?: boolean, close?: boolean, hold?: number, beat?: number}} Knobs
 */

const HOLD = 20_000; // ms a long poll is held
const BEAT = 15_000; // ms of silence after which a stream says that it is still there
const SEGMENT = 1448; // bytes of a TCP segment's text: 1500 less 40 of IPv4 and TCP and 12 of timestamps
const ENVELOPE = 52; // bytes around it; an acknowledgement is nothing else
const RECORD = 22; // bytes that TLS 1.3 puts around a record

/**
 * What a transport should do.
 * @typedef {{mean: number, most: number, quantile: (q: number) => number, requests: number, empty: number,
 *   perAnswer: number, gap: number, beats: number}} Model
 * mean, most, quantile: age of a message on arrival; requests: a second; empty: share of answers without a message;
 * perAnswer: messages in an answer that has any; gap: ms in which nobody waits at the server; beats: empty batches of
 * a stream, for each message.
 */

/**
 * Short polling. Ours asks on time: `every` after it asked last, or at once where the answer took longer (fixed rate).
 * @param {Knobs} knobs
 * @returns {Model}
 */
export function poll({ rate, periodic = false, every, rtt, close = false }) {
  const spacing = Math.max(every, asking(rtt, close));
  const due = (rate * spacing) / 1000; // messages from one question to the next
  const empty = periodic ? Math.max(0, 1 - due) : Math.exp(-due);
  return parted(spacing, spacing, { rtt, rate, empty });
}

/**
 * Long polling, each answer with all there is. Between an answer that leaves the hub and the next question that comes
 * there lies a gap of one round trip (two where a connection must be opened first). What falls into it waits.
 * @param {Knobs} knobs
 * @returns {Model}
 */
export function longpoll({ rate, periodic = false, rtt, close = false, hold = HOLD }) {
  const gap = asking(rtt, close);
  if (periodic) return regular(gap, { rtt, rate, hold });
  const none = Math.exp((-rate * gap) / 1000); // nothing fell into the gap
  const silence = Math.exp((-rate * hold) / 1000); // nor came while it was held
  const cycle = gap + (none * (1 - silence) * 1000) / rate;
  return parted(gap, cycle, { rtt, rate, empty: none * silence });
}

/**
 * Long polling of messages that come like a clock: none waits if the gap is shorter than their distance.
 * @param {number} gap @param {{rtt: number, rate: number, hold: number}} knobs
 */
function regular(gap, { rtt, rate, hold }) {
  const period = 1000 / rate;
  if (period <= gap) return parted(gap, gap, { rtt, rate, empty: 0 });
  const idle = Math.floor(period / (hold + gap)); // questions between two messages that were held in vain
  return { ...parted(0, period / (1 + idle), { rtt, rate, empty: idle / (1 + idle) }), gap };
}

/** What sse and ws have in common: a line that is open. @param {Knobs} knobs @returns {Model} */
export function push({ rate, periodic = false, rtt, beat = BEAT }) {
  const quiet = Math.exp((-rate * beat) / 1000);
  const beats = periodic ? Math.floor(1000 / rate / beat) : quiet / (1 - quiet);
  const age = rtt / 2;
  return { mean: age, most: age, quantile: () => age, requests: 0, empty: 0, perAnswer: 1, gap: 0, beats };
}

/** The model of a transport by its name. @param {string} transport @param {Knobs} knobs @returns {Model} */
export function model(transport, knobs) {
  return ({ poll, longpoll }[transport] ?? push)(knobs);
}

/**
 * In each cycle a message that falls into the gap waits for its end.
 * @param {number} gap @param {number} cycle @param {{rtt: number, rate: number, empty: number}} knobs
 * @returns {Model}
 */
function parted(gap, cycle, { rtt, rate, empty }) {
  return {
    mean: rtt / 2 + (gap * gap) / (2 * cycle),
    most: rtt / 2 + gap,
    quantile: (q) => rtt / 2 + Math.max(0, gap - (1 - q) * cycle),
    requests: 1000 / cycle,
    empty,
    perAnswer: (rate * cycle) / 1000 / (1 - empty),
    gap,
    beats: 0,
  };
}

/**
 * ms from an answer to the arrival of the next question, and back: a new connection costs a round trip of its own.
 * @param {number} rtt @param {boolean} close
 */
function asking(rtt, close) {
  return close ? 2 * rtt : rtt;
}

// ---- bytes

const CURSOR = "m3x8k2p9a1b.1234"; // as long as they are here

/** Bytes of a batch without messages: `{"after":…,"messages":[]}`. */
export const EMPTY = bytes({ after: CURSOR, cursor: CURSOR, gap: null, more: false, messages: [] });

/** Bytes of a message of the feed with `size` bytes of text in it. @param {number} size @param {string} [room] */
export function messageBytes(size, room = "race-123456789") {
  const data = { feed: "12345678", n: 123, at: 1732333333123.125, text: "" };
  return size + bytes({ seq: 1234, event: "feed", data, from: null, room, at: 1732333333123 });
}

/**
 * Bytes that frame a text of so many on its way down a WebSocket (RFC 6455 5.2; nothing is masked downward).
 * @param {number} text
 */
export function frame(text) {
  if (text < 126) return 2;
  return text < 65_536 ? 4 : 10;
}

/**
 * Bytes that make a text an event of ours: `id: CURSOR`, `data: `, two line ends, and the chunk around it.
 * @param {number} text @param {number} [cursor]
 */
export function event(text, cursor = CURSOR.length) {
  const lines = 4 + cursor + 1 + 6 + 1 + 1;
  return lines + (text + lines).toString(16).length + 4;
}

/**
 * Bytes that go over the wire for one message. `head`: bytes of the two heads of a request and its answer, which
 * nobody can know beforehand; a stream has them once, which is nothing in the long run.
 * @param {string} transport @param {Knobs & {size: number, head: number}} knobs
 */
export function bytesPerMessage(transport, { rate, size, head, ...knobs }) {
  const { requests, perAnswer, beats } = model(transport, { rate, ...knobs });
  const message = messageBytes(size);
  if (transport === "poll" || transport === "longpoll") {
    return message + 1 - 1 / perAnswer + ((head + EMPTY) * requests) / rate; // with a comma between two
  }
  const around = transport === "ws" ? frame : event;
  return EMPTY + message + around(EMPTY + message) + beats * (EMPTY + around(EMPTY));
}

/**
 * What one message costs by a question of its own and by a frame, counted in five ways, from the heads alone to what
 * the cable carries. `lines`: line ends in the heads, two bytes each; `body`: bytes of the message as it travels.
 * @param {{up: number, down: number, lines: number, body: number, framing?: number}} counted
 * @returns {{counts: string, poll: number, ws: number}[]}
 */
export function ratios({ up, down, lines, body, framing = frame(body) }) {
  const heads = up + down;
  const [asked, pushed] = [heads + body, framing + body];
  /** @param {number} text */
  const segments = (text) => Math.ceil(text / SEGMENT);
  const exchange = segments(up) + segments(down + body) + 1; // the last acknowledgement travels alone
  const arrival = segments(pushed) + 1;
  const wire = { poll: asked + exchange * ENVELOPE, ws: pushed + arrival * ENVELOPE };
  return [
    { counts: "characters", poll: heads - 2 * lines, ws: framing },
    { counts: "heads", poll: heads, ws: framing },
    { counts: "application", poll: asked, ws: pushed },
    { counts: "wire", ...wire },
    { counts: "tls", poll: wire.poll + 2 * RECORD, ws: wire.ws + RECORD },
  ];
}

/** @param {unknown} value */
function bytes(value) {
  return JSON.stringify(value).length;
}
