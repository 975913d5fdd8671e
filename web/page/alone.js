// Alone: what a client of an experiment emits, so that it hears its own room, and nobody who speaks to others.

const LOBBY = "lobby"; // where every client is from its birth on

/** The emits, in their order: into its room, out of the lobby, and away from everyone. @param {string} room */
export function alone(room) {
  return /** @type {const} */ ([["join", { room }], ["leave", { room: LOBBY }], ["leave", { room: null }]]);
}
