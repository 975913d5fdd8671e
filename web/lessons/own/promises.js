// The promises: eight ways in which a transport may carry a small log, each tried with a reader that keeps to the protocol.

/** @typedef {(string | null)[]} Log   to whom each message is: a room, null: everybody */
/** @typedef {{after: number, cursor: number, more: boolean, messages: number[]}} Batch   a message is its place in the log */
/** @typedef {{at: number, told: number, over: boolean}} Answer   `at`: up to where it has told; `told`: how many messages */
/** @typedef {{sent: number, texts: Map<string, Batch>}} Server   what it keeps from one answer to the next */
/**
 * One way. `makes`: what is written in place of a batch, null: nothing; `skips`: what a batch has no room for is passed
 * over; `ends`: each answer ends with its first news; `size`: bytes of a piece; `asks`: from where the reader asks, having
 * read as far as that; `beside`: another reads beside it, and is served first.
 * @typedef {{makes?: (batch: Batch, answer: Answer, server: Server) => Batch | null,
 *   skips?: boolean, ends?: boolean, size?: number, asks?: (place: number) => number, beside?: boolean}} Way
 */
/** @typedef {{lost: number[], twice: number[], other: number[], hung: number, breaks: boolean}} Tried   `hung`: lines given up that were alive */

const [MINE, THEIRS] = ["mine", "theirs"]; // rooms: of the reader, and of the one beside it
/** What is said, by tick, and to whom. In the ticks of CUTS the line breaks, while what was written is on its way. */
const SAID = /** @type {Log[]} */ ([
  [null], [MINE], [THEIRS], [null, MINE], [], [], [], [], [], [null, null, null, null, null], [], [THEIRS], [null], [], [null], [], [],
]);
const CUTS = [3, 12];
const MOST = 2; // messages in a batch
const PATIENCE = 2; // ticks without a line, after which one is held for dead: each tick of silence has its heartbeat

export const WAYS = /** @type {Record<string, Way>} */ ({
  forgets: {
    makes: (batch, _answer, server) => {
      const { sent } = server;
      server.sent = Math.max(sent, batch.cursor);
      return { ...batch, messages: batch.messages.filter((seq) => seq > sent) };
    },
  },
  pieces: { size: 3 },
  silent: { makes: (batch) => (batch.messages.length ? batch : null) },
  counts: { makes: (batch, answer) => ({ ...batch, cursor: (answer.told += batch.messages.length) }) },
  again: { asks: () => 0 },
  leaks: {
    beside: true,
    makes: (batch, _answer, { texts }) => {
      const place = `${batch.after}-${batch.cursor}`;
      texts.set(place, texts.get(place) ?? batch);
      return texts.get(place) ?? batch;
    },
  },
  ends: { ends: true },
  skips: { skips: true },
});

/** What a reader is left with to whom it is carried so. @param {Way} way @returns {Tried} */
export function tried(way) {
  const log = /** @type {Log} */ ([]);
  const server = /** @type {Server} */ ({ sent: 0, texts: new Map() });
  const reader = new Reader();
  const beside = begun(0);
  let answer = /** @type {Answer | null} */ (null);
  for (const [tick, said] of SAID.entries()) {
    log.push(...said);
    if (way.beside) told(way, beside, log, THEIRS, server);
    answer ??= begun(way.asks ? way.asks(reader.place) : reader.place);
    const written = told(way, answer, log, MINE, server);
    if (CUTS.includes(tick)) reader.quiet = 0;
    else if (reader.goesOn(arrived(written, way.size ?? Infinity)) && !answer.over) continue;
    answer = null;
  }
  return compared(reader, log);
}

/** @param {number} at @returns {Answer} */
function begun(at) {
  return { at, told: 0, over: false };
}

/**
 * What an answer tells in one tick: batch after batch until nothing is left; one without messages where there is no news.
 * @param {Way} way @param {Answer} answer @param {Log} log @param {string} room @param {Server} server
 */
function told(way, answer, log, room, server) {
  const written = /** @type {Batch[]} */ ([]);
  for (;;) {
    const whole = read(log, answer.at, room);
    const batch = way.skips ? { ...whole, cursor: log.length, more: false } : whole;
    answer.at = batch.cursor;
    const made = way.makes ? way.makes(batch, answer, server) : batch;
    if (made) written.push(made);
    answer.over = Boolean(way.ends && batch.messages.length);
    if (answer.over || !batch.more) return written;
  }
}

/** Reading is a function of a cursor. @param {Log} log @param {number} after @param {string} room @returns {Batch} */
function read(log, after, room) {
  const all = seen(log, room).filter((seq) => seq > after);
  const more = all.length > MOST;
  return { after, cursor: more ? all[MOST - 1] : log.length, more, messages: all.slice(0, MOST) };
}

/** @param {Log} log @param {string} room */
function seen(log, room) {
  return log.flatMap((to, i) => (to === null || to === room ? [i + 1] : []));
}

/** As the wire brings them: bytes in pieces, put together again. @param {Batch[]} batches @param {number} size @returns {Batch[]} */
function arrived(batches, size) {
  const bytes = new TextEncoder().encode(batches.map((batch) => `${JSON.stringify({ ...batch, text: "消息" })}\n`).join(""));
  const decoder = new TextDecoder();
  const found = [];
  let rest = "";
  for (let at = 0; at < bytes.length; at += size) {
    const lines = (rest + decoder.decode(bytes.slice(at, at + size), { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    found.push(...lines.map((line) => JSON.parse(line)));
  }
  return found;
}

class Reader {
  place = 0;
  quiet = 0; // ticks
  hung = 0;
  heard = /** @type {number[]} */ ([]);

  /** Take what came. What it has seen it drops; false: it gives the line up, and asks again. @param {Batch[]} batches */
  goesOn(batches) {
    const whole = batches.every((batch) => this.#takes(batch));
    this.quiet = batches.length ? 0 : this.quiet + 1;
    if (whole && this.quiet <= PATIENCE) return true;
    this.quiet = 0;
    this.hung += 1;
    return false;
  }

  /** false: it begins beyond the reader's place, so something lies between. @param {Batch} batch */
  #takes({ after, cursor, messages }) {
    if (after > this.place) return false;
    if (cursor <= this.place) return true;
    this.heard.push(...messages.filter((seq) => seq > this.place));
    this.place = cursor;
    return true;
  }
}

/** @param {Reader} reader @param {Log} log @returns {Tried} */
function compared({ heard, hung }, log) {
  const wanted = seen(log, MINE);
  const lost = wanted.filter((seq) => !heard.includes(seq));
  const twice = [...new Set(heard.filter((seq, i) => heard.indexOf(seq) < i))];
  const other = [...new Set(heard.filter((seq) => !wanted.includes(seq)))];
  return { lost, twice, other, hung, breaks: lost.length + twice.length + other.length + hung > 0 };
}
