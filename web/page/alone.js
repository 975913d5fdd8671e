// Alone: what a client of an experiment emits, so that it hears its own room, and nobody who speaks to others.

const LOBBY = "lobby"; // where every client is from its birth on

/** @import { Socket } from "/client/socket.js" */

/** The emits, in their order: into its room, out of the lobby, and away from everyone. @param {string} room */
export function alone(room) {
  return /** @type {const} */ ([["join", { room }], ["leave", { room: LOBBY }], ["leave", { room: null }]]);
}

/** The same, numbered, for a client that speaks by requests of its own. @param {string} room */
export function numbered(room) {
  return alone(room).map(([event, data], i) => ({ n: i + 1, event, data }));
}

/** Resolves when the server has heard all of them. @param {Socket} socket @param {string} room @param {{timeout?: number}} [options] */
export function parted(socket, room, options) {
  return Promise.all(alone(room).map(([event, data]) => socket.emitWithAck(event, data, options)));
}
