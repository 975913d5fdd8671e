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

/**
 * The parts of an exchange, in ms, which come to what it took in all. That and the time at the server are each of one
 * clock; where the one clock is thought to be some ms from where it is, the way up would be longer than all of it.
 * @param {number} all @param {number} up as both clocks together say @param {number} hub
 */
export function shared(all, up, hub) {
  const [whole, within] = [Math.max(0, all), Math.min(Math.max(0, hub), Math.max(0, all))];
  const [sent, served] = [Math.min(Math.max(0, up), whole - within), within].map(Math.round);
  return { all: Math.round(whole), up: sent, hub: served, down: Math.max(0, Math.round(whole) - sent - served) };
}

/** The time of day, to the second. @param {number} ms */
export function clock(ms) {
  return new Date(ms).toTimeString().slice(0, 8);
}
