// What the JavaScript client makes of the steps of `tests/vectors`. Its twin is `tests/client/courses.py`.
import assert from "node:assert/strict";
import { Acks } from "../../web/client/acks.js";
import { answered, closed, fate, longest, refusalIn, told } from "../../web/client/closings.js";
import { Outbox } from "../../web/client/outbox.js";
import { Position, soundBatch } from "../../web/client/reading.js";
import { parseJson } from "../../web/client/wire.js";
import { FakeClock } from "./fake.mjs";

/** @import { Failure } from "../../web/client/closings.js" */
/** @import { Reading } from "../../web/client/reading.js" */
/** @import { Batch } from "../../web/client/types.js" */
/** @typedef {Record<string, any>} Step   as the vectors have it: what is done, with what, and what it gives */

/** What each step gives. @param {Step[]} steps */
export function wanted(steps) {
  return steps.map((step) => whole(step.gives ?? null));
}

/** A row of numbers may be written as its ends: "1-64". @param {unknown} value @returns {unknown} */
function whole(value) {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, whole(item)]));
  }
  const row = typeof value === "string" ? /^(\d+)-(\d+)$/.exec(value) : null;
  if (!row) return value;
  const [first, last] = [Number(row[1]), Number(row[2])];
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

// ---- reading

/** @param {Position} position @param {Reading} reading @param {Step} step */
function taken(position, reading, { after, cursor, seqs = [], gap = null, missed = null }) {
  const messages = seqs.map((/** @type {number} */ seq) => ({ seq, event: "x" }));
  const batch = /** @type {Batch} */ ({ after, cursor, messages, gap: gap && { reason: gap, missed }, more: false });
  if (!soundBatch(batch)) return { hands: "garbled", at: position.cursor };
  const { verdict, messages: fresh, gap: told } = position.take(reading, batch);
  const hands = verdict === "drop" ? "drop" : fresh.map(({ seq }) => seq);
  return { hands, at: position.cursor, ...(told ? { tells: told.reason } : {}) };
}

/** @param {Step[]} steps */
export function reading(steps) {
  const position = new Position();
  const readings = new Map();
  return steps.map((step) => {
    if (step.reached !== undefined) return position.reached(step.reached);
    if (step.begin === undefined) return taken(position, readings.get(step.take), step);
    readings.set(step.begin, position.begin());
    return null;
  });
}

// ---- outbox

/** JSON of so many bytes. @param {Step} step */
function data({ size = 1 }) {
  return size > 1 ? `"${"x".repeat(size - 2)}"` : "0";
}

/** @param {{n?: number}[]} emits */
const numbers = (emits) => emits.map(({ n }) => n);

/** @param {Outbox} outbox @param {Step} step */
function emit(outbox, step) {
  const said = /** @type {any} */ ({ event: step.event ?? "e", text: data(step), done: null, since: step.since });
  for (let i = 0; i < step.emit; i += 1) outbox.add(said);
}

/** @param {Outbox} outbox @param {Step} step */
function upload(outbox, step) {
  const replies = outbox.takeReplies(step.upload);
  return JSON.parse(outbox.upload(outbox.take(step.upload, step.most), replies));
}

/** @param {Outbox} outbox @param {number} now */
function lastWords(outbox, now) {
  const text = outbox.lastWords(now);
  assert.ok(Buffer.byteLength(text) <= 65_536);
  const { emits = [], replies = [] } = JSON.parse(text);
  return { emits: numbers(emits), replies: replies.map((/** @type {{seq: number}} */ { seq }) => seq) };
}

/** @param {Outbox} outbox @param {Step} step */
function acked(outbox, step) {
  const { done, hole, forgotten } = outbox.answer(step.answer, () => step.best ?? 0);
  return { done: numbers(done.map(([one]) => one)), ...(hole ? { hole } : {}), ...(forgotten ? { forgotten } : {}) };
}

/** @param {Outbox} outbox @param {number} before */
function givenUp(outbox, before) {
  const { sent, unsent } = outbox.giveUp(before);
  return { sent: numbers(sent), unsent: unsent.length };
}

/** @type {Record<string, (outbox: any, step: Step) => unknown>} */
const DEEDS = {
  emit,
  upload,
  reply: (outbox, step) => outbox.reply(step.reply, data(step)),
  take: (outbox, step) => numbers(outbox.take(step.take, step.most)),
  take_replies: (outbox, step) => outbox.takeReplies(step.take_replies).map((/** @type {{seq: number}} */ { seq }) => seq),
  last_words: (outbox, step) => lastWords(outbox, step.last_words),
  again: (outbox) => outbox.again(),
  answer: acked,
  empties: (outbox, step) => outbox.empties(step.empties),
  give_up: (outbox, step) => givenUp(outbox, step.give_up),
  forget: (outbox) => numbers(outbox.forget()),
  ask: (outbox, step) => (outbox[step.ask] === Infinity ? null : outbox[step.ask]),
};

/** @param {Step[]} steps */
export function outbox(steps) {
  const box = new Outbox();
  return steps.map((step) => DEEDS[Object.keys(step)[0]](box, step) ?? null);
}

// ---- closings

/** The data of a failure; times in s. @param {Failure} failure */
function said({ kind, code, retry }) {
  return { kind, code, ...(retry === null ? {} : { retry: retry / 1000 }) };
}

/** What became of a request or a line. @param {Step} step */
function closing(step) {
  if (step.closed !== undefined) return said(closed(step.closed, "", refusalIn(step)));
  const text = step.text ?? JSON.stringify({ error: step.error });
  const failure = step.told ? told(step.told) : answered(step.answered, parseJson(text), step.retry_after ?? null);
  return { ...said(failure), emits: fate(failure), fails: longest(failure) / 1000 };
}

/** @param {Step[]} steps */
export function closings(steps) {
  return steps.map(closing);
}

// ---- acks

/** @param {Step[]} steps */
export async function acks(steps) {
  const clock = new FakeClock();
  const position = new Position();
  let late = 0;
  let ran = /** @type {unknown[]} */ ([]);
  const held = new Acks({ position, clock, late: () => late });
  const came = /** @type {unknown[]} */ ([]);
  for (const step of steps) {
    ran = [];
    if (step.read !== undefined) {
      const after = step.gap ? `${step.read.split(".")[0]}.0` : (position.cursor ?? step.read);
      taken(position, position.begin(), { after, cursor: step.read, gap: step.gap });
      held.read();
    } else if (step.ack !== undefined) {
      late = step.late ?? 0;
      held.add(step.cursor, () => ran.push(step.ack));
    } else if (step.pass !== undefined) await clock.pass(step.pass);
    else held.end();
    came.push(step.gives === undefined ? null : ran);
  }
  return came;
}
