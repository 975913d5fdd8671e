// @ts-check
// An attempt: one try of one rung, its role, its states, and the ways in which it ends (docs/ladder.md).

/**
 * @typedef {"read"|"second"|"witness"|"fresh"} Role why it was begun. read: to read by it; second: to read beside one that is
 *   in doubt; witness: only to see whether the network delivers; fresh: for a new line of the rung in use.
 *
 * @typedef {"begun"|"open"|"late"|"probation"|"proven"|"doubted"} State how far it has come; what ended is gone. begun: nothing
 *   has come; open: it stands, which proves nothing; late: its time is over, nothing else reads, and it is still waited for;
 *   probation: its first batch came: it reads, and has yet to live; proven: it lived through its probation; doubted: what
 *   went up by it has no answer.
 *
 * @typedef {"lost"|"time"|"silent"|"deaf"|"cut"|"leave"|"wait"|"again"|"refused"|"over"|"lease"} Kind why it ended. lost: the
 *   line or the network; time: nothing came in time; silent: nothing came for too long; deaf: nothing goes up; cut: by hand;
 *   leave: the server sends everybody away for a moment; wait: its word is later; again: come back at once, from your own
 *   cursor; refused: it refuses this transport; over: it refuses this client, whatever carries it; lease: this browser has
 *   none free, so nothing was tried.
 *
 * @typedef {import("./types.js").Part} Part
 * @typedef {{kind: Kind, why?: Part|null, retry?: number}} End
 */

export const NETWORK = new Set(["lost", "time", "silent", "deaf"]); // ends that are no word of the server: they may count
export const WORDS = new Set(["leave", "wait", "again"]); // its words about now: the same rung again, when it says so
const READING = new Set(["probation", "proven", "doubted"]);

export class Attempt {
  /** @type {State} */ state = "begun";
  /** @type {number|null} */ openedAt = null;
  /** @type {number|null} */ passedAt = null; // when its first batch came

  /**
   * `patience`: ms for the first batch; `beat`: the heartbeat asked for, on longpoll the hold, in s.
   * @param {{id: number, rung: import("./rung.js").Rung, role: Role, began: number, patience: number, beat: number}} given
   */
  constructor({ id, rung, role, began, patience, beat }) {
    this.id = id;
    this.rung = rung;
    this.role = role;
    this.began = this.heardAt = began;
    this.patience = patience;
    this.beat = beat;
  }

  get reads() {
    return READING.has(this.state);
  }

  /** Ms to what was heard last: who went mute has not lived, however long the line stays. */
  get lived() {
    return this.passedAt === null ? 0 : this.heardAt - this.passedAt;
  }

  /** @param {number} ms */
  sleep(ms) {
    this.began += ms;
    this.heardAt += ms;
    if (this.openedAt !== null) this.openedAt += ms;
    if (this.passedAt !== null) this.passedAt += ms;
  }
}

/** What came back, as the first parts of a sentence. @param {Attempt} attempt @param {End} end @param {number} now */
export function came({ rung: { name: rung, leaseTold }, openedAt, began, heardAt }, { kind, why }, now) {
  const because = why ? [{ key: "why", because: why }] : [];
  const lived = now - (openedAt ?? began);
  switch (kind) {
    case "lease": return leaseTold ? [] : [{ key: "lease", rung }];
    case "time": return [{ key: openedAt === null ? "late" : "late.open", rung, time: now - began }];
    case "silent": return [{ key: "silent", rung, time: now - heardAt }];
    case "deaf": return [{ key: "deaf", rung }];
    case "cut": return [{ key: "cut", rung, time: lived }];
    case "leave": case "again": return [{ key: "sent", rung }, ...because];
    case "wait": return [{ key: "wait", rung }, ...because];
    case "refused": case "over": return [{ key: "stop", rung }, ...because];
    default: return [{ key: openedAt === null ? "refused" : "died", rung, time: lived }, ...because];
  }
}
