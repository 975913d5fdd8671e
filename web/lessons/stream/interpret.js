// The interpretation of an event stream, as the HTML standard has it (WHATWG HTML, section 9.2.6).

/**
 * `blocks`: what each blank line ended, whether or not an event came of it. `left`: what no blank line ended.
 * @typedef {{type: string, data: string, lastEventId: string}} Dispatched
 * @typedef {{data: string[], id: string | null, type: string, comments: number, unknown: string[]}} Block
 * @typedef {{events: Dispatched[], lastEventId: string, retry: number | null, blocks: Block[], left: Block | null}} Read
 */

const FIELDS = ["data", "event", "id", "retry"];

/** What an EventSource dispatches of a stream that is this text, and ends. @param {string} text @returns {Read} */
export function interpret(text) {
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  const rest = lines.pop(); // no end of line came after it
  const read = /** @type {Read} */ ({ events: [], lastEventId: "", retry: null, blocks: [], left: null });
  let block = fresh();
  let id = ""; // as the stream has it; what an application sees changes with the next blank line
  let begun = false;
  for (const line of lines) {
    if (line === "") {
      read.lastEventId = id;
      if (block.data.length) read.events.push(dispatched(block, id));
      if (begun) read.blocks.push(block);
      block = fresh();
      begun = false;
      continue;
    }
    begun = true;
    if (line.startsWith(":")) {
      block.comments += 1;
      continue;
    }
    const [name, value] = parts(line);
    if (name === "data") block.data.push(value);
    else if (name === "event") block.type = value;
    else if (name === "id" && !value.includes("\0")) id = block.id = value;
    else if (name === "retry" && /^[0-9]+$/.test(value)) read.retry = Number(value);
    else if (!FIELDS.includes(name)) block.unknown.push(name);
  }
  if (begun || rest) read.left = block;
  return read;
}

/** @returns {Block} */
function fresh() {
  return { data: [], id: null, type: "", comments: 0, unknown: [] };
}

/** A line's field and value: one space after the colon is not of the value, and without a colon all is the field. @param {string} line */
function parts(line) {
  const colon = line.indexOf(":");
  return colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
}

/** @param {Block} block @param {string} lastEventId @returns {Dispatched} */
function dispatched({ type, data }, lastEventId) {
  return { type: type || "message", data: data.join("\n"), lastEventId };
}
