// Words: which language the page speaks, and every text of it, changed in place when the language changes.

/** @typedef {Record<string, any>} Values   what fills the places of a text */

const STORE = "transport-fallback.lang";
const LANGUAGES = ["en", "zh"];
const said = /** @type {WeakMap<HTMLElement, Values>} */ (new WeakMap()); // element -> the values its text was made with
const shelves = /** @type {Set<string>} */ (new Set()); // folders with texts of each language
const texts = /** @type {Record<string, Record<string, string>>} */ ({ en: {}, zh: {} }); // only what was loaded: nobody needs both languages at once

let current = wanted();

/** The language asked for: `?lang=`, then what was chosen here before, then the browser's. */
export function wanted() {
  const asked = [new URLSearchParams(location.search).get("lang"), stored(), ...navigator.languages];
  const known = asked.map((name) => String(name ?? "").toLowerCase().split("-")[0]);
  return known.find((name) => LANGUAGES.includes(name)) ?? "en";
}

export function language() {
  return current;
}

/**
 * Texts under a name: the client's sentences are texts of the page, each key after `said.`.
 * @param {string} name @param {Record<string, string>} texts
 */
export function under(name, texts) {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [`${name}.${key}`, text]));
}

/** Have the texts of a folder, `en.js` and `zh.js` in it, from now on. @param {string} shelf */
export async function learn(shelf) {
  shelves.add(shelf);
  await load(shelf, current);
}

/** @param {string} shelf @param {string} lang */
async function load(shelf, lang) {
  Object.assign(texts[lang], (await import(`${shelf}/${lang}.js`)).default);
}

/** Speak `lang` from now on, in all of the document. @param {string} lang */
export async function speak(lang) {
  await Promise.all([...shelves].map((shelf) => load(shelf, lang)));
  current = lang;
  document.documentElement.lang = lang;
  document.title = text("document");
  translate(document);
}

/**
 * Remember a choice made by hand. A browser may refuse to store; the choice then lasts as long as the page.
 * @param {string} lang
 */
export function remember(lang) {
  try {
    localStorage.setItem(STORE, lang);
  } catch {
    // nothing to do
  }
}

/**
 * The text of `key`, its `{places}` filled. A value `{ text: key, ... }` is itself a text, a list of them a sentence.
 * @param {string} key @param {Values} [values] @returns {string}
 */
export function text(key, values = {}) {
  const pattern = texts[current][key] ?? key;
  return pattern.replace(/\{(\w+)\}/g, (place, /** @type {string} */ name) => {
    const value = values[name];
    if (Array.isArray(value)) return value.map((one) => text(one.text, one)).join("");
    return value?.text ? text(value.text, value) : String(value ?? place);
  });
}

/**
 * Let `element` say `key`, now and after a change of language.
 * @template {HTMLElement} Spoken
 * @param {Spoken} element @param {string} key @param {Values} [values]
 */
export function say(element, key, values = {}) {
  element.dataset.text = key;
  said.set(element, values);
  const words = text(key, values);
  if (element.textContent !== words) element.textContent = words; // else a screen reader says it again
  return element;
}

/** Let `element` say nothing any more, in no language. @param {HTMLElement} element */
export function hush(element) {
  delete element.dataset.text;
  element.replaceChildren();
  return element;
}

/** Say everything again below `root`, in the current language. @param {ParentNode} root */
export function translate(root) {
  /** @type {(name: string) => NodeListOf<HTMLElement>} */
  const all = (name) => root.querySelectorAll(`[${name}]`);
  for (const element of all("data-text")) say(element, element.dataset.text ?? "", said.get(element));
  for (const element of all("data-text-label")) {
    element.setAttribute("aria-label", text(element.dataset.textLabel ?? "", said.get(element)));
  }
  for (const element of all("data-text-placeholder")) {
    element.setAttribute("placeholder", text(element.dataset.textPlaceholder ?? ""));
  }
  for (const element of all("data-text-href")) {
    element.setAttribute("href", text(element.dataset.textHref ?? ""));
  }
}

function stored() {
  try {
    return localStorage.getItem(STORE);
  } catch {
    return null;
  }
}
