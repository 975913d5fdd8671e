// A pipe: one attempt of one rung, and the ways in which it ends.

/**
 * One attempt; `beat` in s, of longpoll its hold; `patience` in ms.
 * @typedef {{id: number, rung: import("./rung.js").Rung, role: "round"|"climb"|"fresh"|"second"|"witness",
 *   since: number, opened: number|null, passed: number|null, heard: number, beat: number, patience: number,
 *   late: boolean, asked: boolean, doubted: boolean, proven: boolean}} Reader
 */

/** What came back, as the first parts of a sentence. */
export function came(reader, kind, why, now) {
  const rung = reader.rung.name;
  const { opened, since, heard } = reader;
  const because = why ? [{ key: "why", because: why }] : [];
  const lived = now - (opened ?? since);
  switch (kind) {
    case "lease": return reader.rung.leaseTold ? [] : [{ key: "lease", rung }];
    case "time": return [{ key: opened === null ? "late" : "late.open", rung, time: now - since }];
    case "silent": return [{ key: "silent", rung, time: now - heard }];
    case "deaf": return [{ key: "deaf", rung }];
    case "cut": return [{ key: "cut", rung, time: lived }];
    case "leave": case "again": return [{ key: "sent", rung }, ...because];
    case "wait": return [{ key: "wait", rung }, ...because];
    case "refused": case "over": return [{ key: "stop", rung }, ...because];
    default: return [{ key: opened === null ? "refused" : "died", rung, time: lived }, ...because];
  }
}
