// Asking: what the server answers to a request of a lesson's own, and what it is told of a link.

/** What it answers. Throws its reason, with its `code`; without one, the line broke. @param {string} address @param {RequestInit} options */
export async function asked(address, options) {
  const answer = await fetch(address, { cache: "no-store", ...options });
  const told = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(told.error.message), { code: told.error.code });
  return told;
}

/** @param {string} address @param {unknown} words @param {AbortSignal} [signal] */
export function posted(address, words, signal) {
  return asked(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(words), signal });
}

/**
 * A link leads through this network from now on. `more`: its seed, and whether each connection carries one answer only.
 * @param {string} link @param {string} network @param {AbortSignal} [signal] @param {{seed?: number, close?: boolean}} [more]
 */
export function lead(link, network, signal, more = {}) {
  return asked(link, { method: "PUT", body: JSON.stringify({ network, ...more }), signal });
}
