// A learner's program without its sandbox: what it hands on in each case, as the sandbox tells it.

/**
 * `name`: of the function that the program holds. Each case begins anew; who throws is not asked again.
 * @param {string} program @param {string} name @param {readonly {inputs: readonly any[]}[]} cases
 * @returns {{runs: any[][], fault: {kind: "threw", why: string, at: number, call: number}|null}}
 */
export function ran(program, name, cases) {
  const runs = /** @type {any[][]} */ ([]);
  for (const [at, { inputs }] of cases.entries()) {
    const take = new Function(`"use strict";\n${program}\nreturn ${name};`)();
    const states = /** @type {Map<string, any>} */ (new Map()); // server → what it remembers, where inputs name one
    try {
      const outs = inputs.map((input) => {
        const who = input?.server ?? "";
        const out = take(states.has(who) ? states.get(who) : null, structuredClone(input));
        states.set(who, out.state);
        return out;
      });
      runs.push(outs);
    } catch (/** @type {any} */ error) {
      return { runs, fault: { kind: "threw", why: error.message, at, call: 0 } };
    }
  }
  return { runs, fault: null };
}
