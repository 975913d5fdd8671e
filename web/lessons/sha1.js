// SHA-1, computed here and not by `crypto.subtle`, which a browser gives to secure contexts only: a classroom is none.

const BEGIN = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
const BLOCK = 64; // bytes

/** SHA-1 (FIPS 180-4, section 6.1): 20 bytes. @param {Uint8Array} message */
export function sha1(message) {
  const padded = new DataView(new ArrayBuffer(Math.ceil((message.length + 9) / BLOCK) * BLOCK));
  message.forEach((byte, i) => padded.setUint8(i, byte));
  padded.setUint8(message.length, 0x80);
  padded.setUint32(padded.byteLength - 4, message.length * 8);
  const sums = new Uint32Array(BEGIN);
  for (let at = 0; at < padded.byteLength; at += BLOCK) add(sums, new DataView(padded.buffer, at, BLOCK));
  const digest = new DataView(new ArrayBuffer(20));
  sums.forEach((sum, i) => digest.setUint32(4 * i, sum));
  return new Uint8Array(digest.buffer);
}

/** Mix one block into the five sums. @param {Uint32Array} sums @param {DataView} block */
function add(sums, block) {
  const words = Array.from({ length: 16 }, (_, i) => block.getUint32(4 * i));
  for (let i = 16; i < 80; i += 1) words[i] = turned(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  let [a, b, c, d, e] = sums;
  for (const [i, word] of words.entries()) {
    const mixed =
      i < 20 ? (b & c) + (~b & d) + 0x5a827999
      : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
      : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
      : (b ^ c ^ d) + 0xca62c1d6;
    [a, b, c, d, e] = [(turned(a, 5) + mixed + e + word) | 0, a, turned(b, 30), c, d];
  }
  [a, b, c, d, e].forEach((sum, i) => (sums[i] += sum));
}

/** Bits turned to the left. @param {number} word @param {number} by */
function turned(word, by) {
  return (word << by) | (word >>> (32 - by));
}
