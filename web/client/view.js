// The view: what there is to see of each rung of a ladder.
/** @import {Ladder} from "./ladder.js" */
/** @import {Reader} from "./pipe.js" */
/** @import {Rung} from "./rung.js" */
/** @import {RungView} from "./types.js" */

/** Best first; times are the ladder's. @param {Ladder} ladder @param {number} now @returns {RungView[]} */
export function viewOf(ladder, now) {
  return ladder.rungs.map((rung) => {
    const { name, fails, rests, beat, works, evidence, until, resting } = rung;
    const readers = [...ladder.readers.values()].filter((reader) => reader.rung === rung && reader.role !== "witness");
    const since = readers[0]?.since ?? null;
    const again = resting > now ? resting : until > now ? until : null;
    const state = stateOf(ladder, rung, readers, now);
    return { name, state, since, until: again, fails: fails.length, rests, beat, works, evidence };
  });
}

/** reads · probation · beside (until the new one is proven) · trying · refused · resting · waits · ready @param {Ladder} ladder @param {Rung} rung @param {Reader[]} readers @param {number} now */
function stateOf({ main, old }, rung, readers, now) {
  if (main?.rung === rung) return old && !main.proven ? "probation" : "reads";
  if (old?.rung === rung) return "beside";
  if (readers.length) return "trying";
  if (rung.stopped) return "refused";
  if (rung.resting > now) return "resting";
  return rung.until > now ? "waits" : "ready";
}
