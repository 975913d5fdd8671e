// The accept: what a server answers to a key, by which it proves that it knows what it was asked for.

import { sha1 } from "../sha1.js";

/** What a server puts behind every key (RFC 6455, section 1.3). */
export const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The Sec-WebSocket-Accept to a Sec-WebSocket-Key (RFC 6455, section 4.2.2). @param {string} key */
export function accept(key) {
  const bytes = new TextEncoder().encode(key + GUID);
  return btoa(String.fromCharCode(...sha1(bytes)));
}
