// Measuring: what this very browser puts around a message, on each transport it has, as the hub's meter counts it.

import { io } from "/client/socket.js";
import { alone } from "../alone.js";
import { heads } from "../heads.js";

/** @import { Socket, Transport } from "/client/socket.js" */
/** @import { Heads } from "../heads.js" */
/** @import { Counts } from "../meter.js" */
/** @typedef {{id: string, transports: Record<string, Counts>, heads: Heads | null}} Measured */
/** @typedef {{sid: string | null, asked: number, polls: number}} Seen */

const ORDER = /** @type {Transport[]} */ (["ws", "sse", "longpoll", "poll"]); // poll comes last, so that each of its questions has a cursor
const POLLS = 5; // questions that are measured
const EVERY = 100; // ms: the hub lets a few come so fast
const PATIENCE = 10_000; // ms for all of it

/**
 * Read by one transport after the other with a client of its own, then ask the meter.
 * @returns {Promise<Measured>}
 */
export async function measure() {
  const leave = AbortSignal.timeout(PATIENCE);
  const seen = { sid: null, asked: 0, polls: 0 };
  const socket = io("", { transports: ORDER, use: available()[0], every: EVERY, world: world(seen) });
  try {
    const id = await named(socket, leave);
    for (const transport of available()) await reading(socket, transport, leave);
    await until(() => seen.polls >= POLLS, leave);
    const answer = await fetch(`/stats?client=${encodeURIComponent(id)}`, { signal: leave });
    const { transports } = await answer.json();
    return { id, transports, heads: await heads(seen.sid, "poll") };
  } finally {
    socket.close();
  }
}

function available() {
  const { WebSocket, EventSource } = globalThis;
  return ORDER.filter((name) => (name === "ws" ? WebSocket : name === "sse" ? EventSource : true));
}

/**
 * A world that notes who asks, and how often; of the browser's storage nothing is read or written.
 * @param {Seen} seen
 */
function world(seen) {
  return {
    storage: null,
    /** @param {string} url @param {RequestInit} options */
    fetch: async (url, options) => {
      const { pathname, searchParams } = new URL(url, location.href);
      seen.sid ??= searchParams.get("sid");
      const polls = pathname === "/poll";
      if (polls && (seen.asked += 1) > POLLS) return never(/** @type {AbortSignal} */ (options.signal)); // enough: it would be counted half
      const answer = await fetch(url, options);
      const text = await answer.text();
      seen.polls += Number(polls);
      return new Response(text, { status: answer.status, headers: answer.headers });
    },
  };
}

/** What is not answered until nobody waits for it any more. @param {AbortSignal} signal */
function never(signal) {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

/** @param {Socket} socket @param {AbortSignal} leave */
function named(socket, leave) {
  return until(() => socket.id, leave);
}

/** @param {Socket} socket @param {Transport} transport @param {AbortSignal} leave */
function reading(socket, transport, leave) {
  socket.use(transport);
  // A long poll is answered when there is news: the news that this client is in a room where nobody else is.
  if (transport === "longpoll") for (const [event, data] of alone(`calculator-${socket.id}`)) socket.emit(event, data);
  return until(() => socket.transport === transport, leave);
}

/** @param {() => any} holds @param {AbortSignal} leave */
function until(holds, leave) {
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = holds();
      if (!found && !leave.aborted) return;
      clearInterval(timer);
      if (found) resolve(found);
      else reject(leave.reason);
    };
    const timer = setInterval(look, 20);
    look();
  });
}

/** Line ends in a head. @param {string} head */
export function lineEnds(head) {
  return head.split("\r\n").length - 1;
}
