// The votes: the fields of a guess, and what a class's guesses make of each: counts of choices, bars and middle of numbers.

/**
 * A question that is guessed: one of `choices` (radio buttons, a list), `several` of them (boxes to tick, each of which
 * bears the name of its choice), or, without choices, a number from `least` to `most`.
 * @typedef {{value: string, label: string}} Choice
 * @typedef {{name: string, question: string, choices: Choice[] | null, several: boolean, least: number, most: number, whole: boolean}} Field
 * @typedef {Record<string, unknown>} Told   field → value → how often, as far as what a server told is that
 * @typedef {{value: number, count: number}} Vote   so many guessed this number
 * @typedef {{from: number, width: number, counts: number[], below: boolean, beyond: boolean}} Bars
 *   the first begins `from` here; `below`, `beyond`: the outer ones hold also what lies outside of them
 */

const BARS = 20; // at most
export const [TICKED, LEFT] = ["on", "off"]; // what a box to tick is guessed as

/** The questions of a form, in its order. @param {HTMLFormElement} form @returns {Field[]} */
export function fieldsOf(form) {
  const fields = /** @type {Map<string | Element, Field>} */ (new Map());
  for (const field of /** @type {Iterable<HTMLInputElement | HTMLSelectElement>} */ (/** @type {unknown} */ (form.elements))) {
    const { name, type } = field;
    if (!name || !["number", "radio", "checkbox", "select-one"].includes(type)) continue;
    const several = type === "checkbox";
    const key = several ? (field.closest("fieldset") ?? form) : name; // boxes that stand together answer one question
    const known = fields.get(key) ?? { name, question: question(field), choices: null, several, least: -Infinity, most: Infinity, whole: true };
    fields.set(key, known);
    if (field instanceof HTMLSelectElement) {
      known.choices = [...field.options].filter(({ value }) => value).map(({ value, text }) => ({ value, label: text }));
    } else if (type === "number") {
      const [least, most] = [field.min, field.max].map((bound) => (bound === "" ? NaN : Number(bound)));
      Object.assign(known, { least: least >= -Infinity ? least : -Infinity, most: most <= Infinity ? most : Infinity });
      known.whole = field.step === "" || Number.isInteger(Number(field.step));
    } else {
      (known.choices ??= []).push({ value: several ? name : field.value, label: words(field.closest("label")) || field.value });
    }
  }
  return [...fields.values()];
}

/** What a field asks for: what it is labelled by; else the legend around it, and of a number what stands beside it. @param {Element} field */
function question(field) {
  const ids = (field.getAttribute("aria-labelledby") ?? "").split(" ").filter(Boolean);
  const named = ids.map((id) => field.closest("form")?.querySelector(`#${CSS.escape(id)}`));
  const beside = field.getAttribute("type") === "number" ? field.closest("label") : null;
  const around = [field.closest("fieldset")?.querySelector("legend"), field.closest("tr")?.querySelector("th"), beside];
  return (named.some(Boolean) ? named : around).map(words).filter(Boolean).join(" · ") || (field.getAttribute("name") ?? "");
}

/** @param {Element | null | undefined} element */
function words(element) {
  return (element?.textContent ?? "").replace(/\s+/g, " ").trim();
}

/** What was guessed in a form, by the names of its fields; of boxes to tick also those that were left. @param {HTMLFormElement} form */
export function guessOf(form) {
  const filled = new FormData(form);
  const guess = /** @type {Record<string, string>} */ ({});
  for (const { name, choices, several } of fieldsOf(form)) {
    if (several) for (const { value } of choices ?? []) guess[value] = filled.has(value) ? TICKED : LEFT;
    else if (filled.get(name)) guess[name] = String(filled.get(name));
  }
  return guess;
}

/** How often each choice was made, in the choices' order. What is none of them is not counted. @param {Field} field @param {Told} told */
export function chosen({ name, choices, several }, told) {
  /** @param {string} value */
  const count = (value) => (several ? counted(told[value]).get(TICKED) : counted(told[name]).get(value)) ?? 0;
  return (choices ?? []).map(({ value, label }) => ({ value, label, count: count(value) }));
}

/** The numbers that were guessed, the smallest first. What the field would not take is not counted. @param {Field} field @param {Told} told @returns {Vote[]} */
export function numbers({ name, least, most, whole }, told) {
  const found = /** @type {Map<number, number>} */ (new Map());
  for (const [text, count] of counted(told[name])) {
    const value = text.trim() ? Number(text) : NaN;
    if (!(value >= least && value <= most) || !Number.isFinite(value) || (whole && !Number.isInteger(value))) continue;
    found.set(value, (found.get(value) ?? 0) + count);
  }
  return [...found].map(([value, count]) => ({ value, count })).sort((one, other) => one.value - other.value);
}

/** How many have guessed what the field takes. @param {Field} field @param {Told} told */
export function guessers(field, told) {
  const box = field.several ? counted(told[field.name]) : null;
  if (box) return (box.get(TICKED) ?? 0) + (box.get(LEFT) ?? 0);
  const all = field.choices ? chosen(field, told) : numbers(field, told);
  return all.reduce((sum, { count }) => sum + count, 0);
}

/** What can be counts, of what was told. @param {unknown} told */
function counted(told) {
  const sound = Object.entries(told && typeof told === "object" ? told : {}).filter(([, n]) => Number.isSafeInteger(n) && n > 0);
  return /** @type {Map<string, number>} */ (new Map(sound));
}

/** The number below which a share of the guesses lies. @param {Vote[]} votes sorted, not none @param {number} share */
export function quantile(votes, share) {
  let left = share * votes.reduce((sum, { count }) => sum + count, 0);
  return votes.find(({ count }) => (left -= count) <= 0)?.value ?? votes[votes.length - 1].value;
}

/**
 * The numbers in bars of a width one can count in. Where the most lie they are told apart: one wild guess does not push
 * all others into a single bar. `also`: a number that must have its place.
 * @param {Vote[]} votes sorted, not none @param {boolean} whole @param {number | null} [also] @returns {Bars}
 */
export function bars(votes, whole, also = null) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(votes, share));
  const reach = Math.max(3 * (high - low), Math.abs(middle), whole ? 5 : 0);
  const least = Math.min(Math.max(votes[0].value, low - reach), also ?? Infinity);
  const most = Math.max(Math.min(votes[votes.length - 1].value, high + reach), also ?? -Infinity);
  const width = step((most - least) / (BARS - 1), whole);
  const from = Math.floor(least / width) * width;
  const counts = Array.from({ length: Math.floor((most - from) / width) + 1 }, () => 0);
  for (const { value, count } of votes) counts[Math.min(counts.length - 1, Math.max(0, Math.floor((value - from) / width)))] += count;
  const beyond = votes[votes.length - 1].value >= from + counts.length * width;
  return { from, width, counts, below: votes[0].value < from, beyond };
}

/** The smallest of 1, 2, 5, 10, 20 … (and of 0.5, 0.2 … where halves count) that is not less. @param {number} size @param {boolean} whole */
function step(size, whole) {
  if (!(size > 0)) return 1;
  const ten = 10 ** Math.floor(Math.log10(size));
  const found = [1, 2, 5, 10].map((n) => n * ten).find((width) => width >= size) ?? 10 * ten;
  return whole ? Math.max(1, found) : found;
}
