// The link of a class: what its code opens: a lesson, this experiment as it is set, or the page as it is at first.

/** @typedef {"start" | "experiment" | "lesson"} Opens */
/** @typedef {{opens: Opens, lesson: number, step: number, group: "together" | "own"}} Wish */

const OURS = ["panel", "size", "view", "name", "name2", "class", "lesson", "step", "lang"]; // of this screen, not of theirs

/**
 * The query of that link, in the language the page speaks now. In a class each names themselves: nobody bears the
 * names of this screen.
 * @param {string} search as this page has it @param {Wish} wish @param {string} language
 */
export function queryOf(search, { opens, lesson, step, group }, language) {
  const query = new URLSearchParams(opens === "start" ? "" : search);
  for (const knob of OURS) query.delete(knob);
  if (opens === "lesson") {
    const seconds = query.get("seconds");
    const knobs = { panel: "lessons", lesson: String(lesson), step: String(step), ...(seconds ? { seconds } : {}) };
    return new URLSearchParams({ ...knobs, lang: language }).toString();
  }
  query.set("class", group);
  query.set("lang", language);
  return query.toString();
}

/** Whether a page at this query is set in any way. @param {string} search */
export function isSet(search) {
  return [...new URLSearchParams(search).keys()].some((knob) => !OURS.includes(knob));
}
