// Curl: lines for a terminal, a client by hand. Their sid is made here and belongs to no seat.

import { copy } from "./copy.js";
import { make, saying } from "./dom.js";
import { text } from "./words.js";

/**
 * Fill `list` with the lines; `getRandomValues` is there also where a page is no secure context.
 * @param {HTMLElement} list
 */
export function curlLines(list) {
  const base = location.origin;
  const sid = freshSid();
  const data = { user: "curl", content: text("curl.hello") };
  const hello = JSON.stringify({ emits: [{ n: 1, event: "c2s", data }] });
  const lines = {
    listen: `curl -N "${base}/sse?sid=${sid}"`,
    ask: `curl "${base}/poll?sid=${sid}&history=10"`,
    wait: `curl "${base}/longpoll?sid=${sid}&cursor=CURSOR"`,
    speak: `curl -H "Content-Type: application/json" -d '${hello}' "${base}/emit?sid=${sid}"`,
  };
  list.replaceChildren(...Object.entries(lines).map(([name, line]) => item(name, line)));
}

/**
 * The line that repeats one request, as another client: a sid belongs to one.
 * @param {{method: string, target: string, name: string, body: string}} exchange
 */
export function curlLine({ method, target, name, body }) {
  const address = new URL(target, location.origin);
  address.searchParams.set("sid", freshSid());
  address.searchParams.delete("t");
  /** @param {string} words */
  const quoted = (words) => `'${words.replaceAll("'", "'\\''")}'`;
  const headers = name === "ws" ? UPGRADE : method === "POST" ? ["Content-Type: application/json"] : [];
  const parts = headers.map((header) => `-H ${quoted(header)}`);
  if (method === "POST") parts.push(`-d ${quoted(body.replace(/"n":\d+/, '"n":1'))}`);
  if (name === "sse" || name === "ws") parts.unshift("-iN");
  return ["curl", ...parts, `"${address.href}"`].join(" ");
}

const UPGRADE = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", // the example of RFC 6455, section 1.3
];

/** 128 random bits in base64url, as every client makes its own. */
function freshSid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {string} name @param {string} line */
function item(name, line) {
  const code = make("code", {}, line);
  const button = saying("button", "copy", {}, { type: "button" });
  button.addEventListener("click", () => copy(code, button));
  return make("li", { "data-line": name }, saying("p", `curl.${name}`), code, button);
}
