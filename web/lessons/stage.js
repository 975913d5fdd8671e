// The stage: a server of this run's own, on which everyone is only who is called there, and real clients of it.

import { io } from "/client/socket.js";
import { linkName } from "/page/network.js";

/** @import { Options, Transport } from "/client/types.js" */

/** The address of a stage that nobody else knows, with the handlers of a play (lab/stages.py). @param {string} play */
export const stage = (play) => `/lab/stage/~${linkName()}/${play}`;

/** A client of a stage that reads by one transport, and has not begun. @param {string} base @param {Transport} use @param {Options} [options] */
export function player(base, use, options = {}) {
  return io(base, { transports: [use], use, autoConnect: false, world: { storage: null }, ...options });
}
