// Inside: what runs a reader's program in the sandbox's worker. It stands alone: the frame is handed its text.

/** @import { Told, Work } from "./sandbox.js" */
{
  const SETTLING = 50; // ms after which the browser has told of what it forbade
  const PAGE = ["window", "document", "parent", "top", "frames", "frameElement", "localStorage", "sessionStorage", "opener"];

  /** What went wrong, and in which call. */
  class Fault extends Error {
    /** @param {string} kind @param {string} why */
    constructor(kind, why = "") {
      super(why);
      this.kind = kind;
    }
  }

  /** The program's function, made anew: nothing that it kept outside its state is there again. @param {Work} work @returns {Function} */
  const made = ({ program, name }) => {
    let entry;
    try {
      entry = new Function(`"use strict";\n${program}\n;return typeof ${name} === "function" ? ${name} : null;`)();
    } catch (error) {
      throw error instanceof SyntaxError ? new Fault("syntax", error.message) : thrown(error);
    }
    if (typeof entry !== "function") throw new Fault("missing", name);
    return entry;
  };

  /** @param {any} error */
  const thrown = (error) => {
    const why = String(error?.message ?? error);
    const page = PAGE.some((word) => new RegExp(`\\b${word}\\b`).test(why));
    if (error?.name === "SecurityError" || (error instanceof ReferenceError && page)) return new Fault("outside", why);
    return new Fault("threw", why);
  };

  /** One call. What comes back is copied, and so is what it is given: nobody changes it afterwards. @param {Function} entry @param {unknown} state @param {unknown} input */
  const called = (entry, state, input) => {
    let given;
    try {
      given = entry(state, structuredClone(input));
    } catch (error) {
      throw thrown(error);
    }
    if (typeof given?.then === "function") throw new Fault("promise");
    if (typeof given !== "object" || given === null || !("state" in given)) throw new Fault("form");
    try {
      return structuredClone(given);
    } catch {
      throw new Fault("form");
    }
  };

  /** @param {Work} work @returns {Told} */
  const told = (work) => {
    const runs = [];
    let [at, call] = [0, 0];
    try {
      for (const inputs of work.cases) {
        const entry = made(work);
        const outs = [];
        const states = new Map(); // server → what it remembers
        for (const input of inputs) {
          call = outs.length;
          const who = /** @type {any} */ (input)?.server ?? "";
          const out = called(entry, states.has(who) ? states.get(who) : null, input);
          states.set(who, out.state);
          outs.push(out);
        }
        runs.push(outs);
        at = runs.length;
      }
    } catch (/** @type {any} */ fault) {
      return { runs, fault: { kind: fault.kind, why: fault.message, at, call } };
    }
    return { runs, fault: null };
  };

  addEventListener("message", ({ data, ports: [port] }) => {
    let forbidden = "";
    addEventListener("securitypolicyviolation", ({ blockedURI }) => (forbidden ||= blockedURI || "?"));
    addEventListener("unhandledrejection", (event) => event.preventDefault()); // of a promise that nobody has asked about
    port.postMessage("begun");
    const { runs, fault } = told(data);
    const report = () => port.postMessage(forbidden ? { runs: [], fault: { kind: "network", why: forbidden, at: 0, call: 0 } } : { runs, fault });
    setTimeout(report, SETTLING);
  }, { once: true });
}
