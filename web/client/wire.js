// @ts-check
// The wire: addresses, requests, and whose word an answer is.
// Only JSON in the protocol's form or a 4xxx close code is the server's word; everything else is the network speaking.
/** @import {Kind, Part, WireAck} from "./types.js" */

const REFUSED_CLIENT = new Set(["bad_origin", "refused", "gone", "kicked"]); // the client is not wanted, on any rung
const REFUSED_FOR_NOW = new Set(["rate", "window", "readers", "full", "draining"]);
const PASSING = new Set([408, 425, 429]); // of an answer that is not the server's; and from 500 on
const ADDRESS = "it begins with http://, https://, ws:// or wss://, or is a host, or a path on the page's own server";
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * How a request or a pipe failed, and by its kind what that asks for.
 * `code`: the server's; `retry`: ms; `acks`: replies are taken even where the emits are refused; `because`: the message as
 * a part of a sentence; `turnedAway`: by something on the way, and not for want of a server behind it.
 */
export class Failure extends Error {
  /** @type {string|null} the base a redirect led to */
  movedTo = null;

  /**
   * @param {Kind} kind @param {string} message
   * @param {{code?: string|number|null, retry?: number|null, acks?: WireAck[], because?: Part, turnedAway?: boolean}} more
   */
  constructor(kind, message, { code = null, retry = null, acks = [], because, turnedAway = false } = {}) {
    super(message);
    this.name = "Failure";
    this.kind = kind;
    this.code = code;
    this.retry = retry;
    this.acks = acks;
    this.because = because ?? { key: "text", text: message };
    this.turnedAway = turnedAway;
  }
}

/**
 * The failure an error body tells of; null if this is not the server's word. `header`: Retry-After in s.
 * @param {any} body @param {string|null} header
 */
export function failureOf(body, header = null) {
  const error = body?.error;
  if (typeof error?.code !== "string") return null;
  const seconds = Number(error.retry ?? body.retry ?? header ?? NaN);
  const wait = Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 300) * 1000 : null;
  /** @type {Kind} */
  let kind = "refused";
  if (REFUSED_CLIENT.has(error.code)) kind = "over";
  else if (REFUSED_FOR_NOW.has(error.code) || wait !== null) kind = "wait";
  const acks = Array.isArray(body.acks) ? body.acks : [];
  const because = { key: "word", code: error.code, message: error.message };
  return new Failure(kind, `${error.code}: ${error.message}`, { code: error.code, retry: wait ?? 1000, acks, because });
}

/** What a close code of ws asks for: its range says what to do. @param {number} code @param {string} reason @param {number|null} retry */
export function closeFailure(code, reason = "", retry = null) {
  const text = `closed with ${code}${reason ? ` (${reason})` : ""}`;
  const because = reason ? { key: "code.reason", code, reason } : { key: "code", code };
  const failure = (/** @type {Kind} */ kind, /** @type {number|null} */ wait = null) =>
    new Failure(kind, text, { code, retry: wait, because });
  if ([1000, 1001, 1012].includes(code)) return failure("leave");
  if ([1002, 1003, 1007, 1009].includes(code)) return failure("refused");
  if ([4001, 4003, 4010].includes(code)) return failure("over");
  if (code >= 4000 && code < 4100) return failure("refused");
  if (code >= 4100 && code < 4200) return failure("wait", retry ?? 5000);
  if (code >= 4200 && code < 4300) return failure("again");
  return failure("lost");
}

/**
 * The base of all wire URLs: its path is kept, for a link into a network is one. `page`: its location, or null.
 * TypeError: this is no address of a server, or has a part that would be lost.
 * @param {string|{href: string}} url @param {Page|null|undefined} page
 */
export function baseOf(url = "", page = globalThis.location) {
  const origin = page && page.origin !== "null" ? page.origin : "http://localhost:3000";
  const text = addressText(url);
  const parsed = parseAddress(text, origin);
  if (parsed.protocol.startsWith("ws")) parsed.protocol = parsed.protocol.replace("ws", "http");
  // "http://localhost" on a page of localhost:3000 means that page's server: a tutorial leaves the port out.
  const portless = text !== "" && !/:\d+([/?#]|$)/.test(text.replace(/^\w+:/, ""));
  if (portless && page && sameHost(parsed, page)) parsed.port = page.port;
  let path = parsed.pathname;
  while (path.endsWith("/")) path = path.slice(0, -1);
  return parsed.origin + path;
}

/** Of a location: what is looked at. @typedef {{origin: string, protocol: string, hostname: string, port: string}} Page */

/** Of a string, a URL or a location. @param {unknown} url */
function addressText(url) {
  const text = typeof url === "string" ? url : /** @type {any} */ (url)?.href;
  if (typeof text === "string") return text.trim();
  throw new TypeError(`the address of a server is a string or a URL, not ${url === null ? "null" : `a ${typeof url}`}`);
}

/** @param {string} text @param {string} origin */
function parseAddress(text, origin) {
  const schemeless = /^[\w.-]+(:\d+)?(\/|$)|^\[[\da-f:.]+\]/i.test(text) && !text.startsWith("/");
  let parsed;
  try {
    parsed = new URL(schemeless ? `${origin.split("//")[0]}//${text}` : text, `${origin}/`);
  } catch {
    throw new TypeError(`"${text}" is no address: ${ADDRESS}`);
  }
  if (!/^(https?|wss?):$/.test(parsed.protocol)) throw new TypeError(`"${text}" is no address of a server: ${ADDRESS}`);
  const { username, password, search, hash } = parsed;
  if (username || password) throw new TypeError("an address with a name or password in it is fetched by no browser");
  if (search || hash) throw new TypeError(`the address of a server ends with its path: "${search}${hash}" would be lost`);
  return parsed;
}

/** @param {URL} url @param {Page} page */
function sameHost(url, page) {
  const loopback = LOOPBACK.test(url.hostname) && LOOPBACK.test(page.hostname);
  return url.protocol === page.protocol && (url.hostname === page.hostname || loopback);
}

let requestCount = 0;

/** base + "/" + name with its parameters. `t` differs each time: a cache on the way must not answer for the server.
 * @param {string} base @param {string} name @param {Record<string, string|number|null|undefined>} params */
export function wireUrl(base, name, params) {
  requestCount += 1;
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) if (value !== null && value !== undefined) query.set(key, String(value));
  query.set("t", `${Date.now().toString(36)}${requestCount.toString(36)}`);
  return `${base}/${name}?${query}`;
}

/**
 * Ask, and return the JSON of a 200. Throws Failure for everything else. `opened` runs when the answer begins.
 * Credentials go where the page itself would get in with them, as on ws: a gate in front may ask for its cookie. Across
 * origins there are none, for the server allows none.
 * @param {(url: string, options: any) => Promise<any>} fetcher @param {string} url
 * @param {{method?: string, body?: string, headers?: object, signal?: AbortSignal}} options @param {() => void} opened
 * @returns {Promise<any>}
 */
export async function ask(fetcher, url, options, opened = () => {}) {
  let response;
  let text;
  try {
    response = await fetcher(url, { cache: "no-store", credentials: "same-origin", ...options });
    opened();
    text = await response.text();
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Failure("lost", `no answer (${/** @type {any} */ (error).message})`, { because: { key: "answer" } });
  }
  const body = parseJson(text);
  if (response.status === 200 && body !== undefined) return body;
  const failure = failureOf(body, response.headers.get("Retry-After")) ?? strange(response.status);
  failure.movedTo = options.method === "POST" && response.redirected ? baseBehind(url, response.url) : null;
  throw failure;
}

/** An answer that is not the server's word. Something on the way says so: perhaps for now, perhaps for good. @param {number} status */
function strange(status) {
  const turnedAway = status < 500 && !PASSING.has(status);
  const because = { key: "stranger", status };
  return new Failure("lost", `${status} that is not the server's word`, { because, turnedAway });
}

/** The base to which a redirect from `url` led, if the same was asked for there; else null. @param {string} url @param {string} there */
function baseBehind(url, there) {
  const [from, to] = [new URL(url), new URL(there)];
  const name = from.pathname.slice(from.pathname.lastIndexOf("/"));
  return to.pathname.endsWith(name) ? to.origin + to.pathname.slice(0, -name.length) : null;
}

/** The value of a JSON text, or undefined. @param {string} text @returns {any} */
export function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
