// @ts-check
// The wire: addresses and requests.
import { answered, Failure } from "./closings.js";

const ADDRESS = "it begins with http://, https://, ws:// or wss://, or is a host, or a path on the page's own server";
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

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
    throw new Failure("lost", `no answer (${/** @type {any} */ (error).message})${across(url)}`, { because: { key: "answer" } });
  }
  const body = parseJson(text);
  if (response.status === 200 && body !== undefined) return body;
  const failure = answered(response.status, body, response.headers.get("Retry-After"));
  failure.movedTo = options.method === "POST" && response.redirected ? baseBehind(url, response.url) : null;
  throw failure;
}

/** What may be the matter across origins, for no browser tells a page that it was turned away. @param {string} url */
function across(url) {
  const page = globalThis.location?.origin;
  if (!page || page === "null" || new URL(url, page).origin === page) return "";
  return `; perhaps it is not started with --allow-origin ${page}`;
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
