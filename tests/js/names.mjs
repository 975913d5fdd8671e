// Names the tests of a file, one a line of JSON, and runs none: node --import ./names.mjs FILE
import { register } from "node:module";

const script = (/** @type {string} */ text) => `data:text/javascript,${encodeURIComponent(text)}`;
const lists = script("export const test = (name) => console.log(JSON.stringify(name));");
const resolves = `export const resolve = (wanted, context, next) =>
  wanted === "node:test" ? { url: ${JSON.stringify(lists)}, shortCircuit: true } : next(wanted, context);`;
register(script(resolves));
