// Names the tests of some files, one a line of JSON with its file, and runs none: node names.mjs FILE...
import { register } from "node:module";
import { pathToFileURL } from "node:url";

const script = (/** @type {string} */ text) => `data:text/javascript,${encodeURIComponent(text)}`;
const lists = script("export const test = (name) => console.log(JSON.stringify([globalThis.listed, name]));");
const resolves = `export const resolve = (wanted, context, next) =>
  wanted === "node:test" ? { url: ${JSON.stringify(lists)}, shortCircuit: true } : next(wanted, context);`;
register(script(resolves));
for (const file of process.argv.slice(2)) {
  Object.assign(globalThis, { listed: file });
  await import(pathToFileURL(file).href);
}
