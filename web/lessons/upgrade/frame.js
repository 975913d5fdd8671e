// A frame taken apart (RFC 6455, section 5.2), and the bytes that are written for it.

/**
 * `size`: bytes of payload that the head tells. `payload`: as it is on the wire, as far as it is here; `plain`: without the mask.
 * `whole`: the head is here to its end.
 * @typedef {{fin: number, rsv: number, opcode: number, masked: boolean, short: number, extended: Uint8Array, size: number,
 *   key: Uint8Array, payload: Uint8Array, plain: Uint8Array, whole: boolean}} Frame
 */

const EXTENDED = /** @type {Record<number, number>} */ ({ 126: 2, 127: 8 }); // bytes of the length where 7 bits do not hold it
const KEY = 4; // bytes

/** The frame that begins with these bytes, of which not all need be here. @param {Uint8Array} bytes @returns {Frame} */
export function apart(bytes) {
  const [first = 0, second = 0] = bytes;
  const masked = second >= 0x80;
  const short = second & 0x7f;
  const after = 2 + (EXTENDED[short] ?? 0);
  const head = after + (masked ? KEY : 0);
  const extended = bytes.slice(2, after);
  const key = bytes.slice(after, head);
  const payload = bytes.slice(head);
  return {
    fin: first >> 7, rsv: (first >> 4) & 7, opcode: first & 0x0f, masked, short, extended,
    size: extended.length ? extended.reduce((size, byte) => size * 256 + byte, 0) : short,
    key, payload, plain: masked ? mask(payload, key) : payload, whole: bytes.length >= head,
  };
}

/** Put the mask on, or take it off: the same thing (section 5.3). @param {Uint8Array} data @param {Uint8Array} key */
export function mask(data, key) {
  return data.map((byte, i) => byte ^ key[i % KEY]);
}

/**
 * A text frame, final, masked by a key: its head and its payload. `size`: as if the text had so many bytes.
 * @param {Uint8Array} text @param {Uint8Array} key @param {number} [size]
 */
export function written(text, key, size = text.length) {
  const long = size > 0xffff ? 8 : size > 125 ? 2 : 0;
  const told = Array.from({ length: long }, (_, i) => Math.floor(size / 256 ** (long - 1 - i)) % 256);
  return Uint8Array.of(0x81, 0x80 | (long === 8 ? 127 : long ? 126 : size), ...told, ...key, ...mask(text, key));
}

/** @param {Uint8Array} bytes */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** Bytes by their hex. @param {string} digits */
export function bytesOf(digits) {
  return Uint8Array.from(digits.match(/../g) ?? [], (two) => parseInt(two, 16));
}
