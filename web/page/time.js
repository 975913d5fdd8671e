// Times, as a person reads them.

/** ms in words. @param {number} ms */
export function time(ms) {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  return ms < 100_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}

/** How long something took: nothing takes no time. @param {number} ms */
export function took(ms) {
  return ms < 0.5 ? "<1 ms" : time(ms);
}

/** The time of day, to the second. @param {number} ms */
export function clock(ms) {
  return new Date(ms).toTimeString().slice(0, 8);
}
