// The parts of an exchange's time: the way up, the server, the way down.

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
