// Phrases: what the client says of its decisions, found again in the page's own texts, so that both languages have it.
// The client speaks one language and knows no page. What it says and the page does not know is shown as it came.

const NAME = "ws|sse|longpoll|poll";
const NAMED = new Set(["transport", "other"]); // groups that are a transport; `why` is a phrase again

/** The key of a text ← a sentence of the client; {name}, {other} stand for transports, {why} for the rest. */
const KNOWN = Object.entries({
  "did.tried": "{name}: tried",
  "did.used": "{name}: first batch after (?<ms>\\d+) ms: in use \\({why}\\)",
  "did.worse": "{name}: first batch after (?<ms>\\d+) ms, but {other} is better: let go",
  "did.proved": "{name}: has lived (?<s>\\d+) s, {other} is let go",
  "did.unwanted": "{name}: the server does not want this; not tried again",
  "did.rests": "{name}: failed while {other} delivered, (?<count>\\d+) in 10 min: rests (?<s>\\d+) s",
  "did.counted": "{name}: failed while {other} delivered, (?<count>\\d+) in 10 min",
  "did.tookover": "{name}: still reads, takes over",
  "did.failed": "{name}: {why} \\(after (?<ms>\\d+) ms\\)",
  "did.strict": "{name} is asked for by hand, the old one goes first",
  "did.asked": "{name} is asked for by hand",
  "did.auto": "the ladder chooses",
  "did.offline": "the browser says it is offline",
  "did.online": "the browser says it is online",
  "did.pause": "nothing reads: next try in (?<ms>\\d+) ms",
  "did.renewed": "the server has forgotten this client: it goes on with a new sid",
  "did.lost": "emit: some were lost on the way: they go again",
  "did.unsent": "emit by (?<up>\\w+): {why}",
  "did.ended": "ended: {why}",
  "for.first": "nothing else reads",
  "for.hand": "asked for by hand|{name} was asked for",
  "for.fresh": "a fresh line",
  "for.better": "better than {other}, passed after (?<ms>\\d+) ms",
  "for.round": "every rung failed",
  "for.late": "no first batch",
  "for.silence": "silent for (?<ms>\\d+) ms",
  "for.closed": "closed with (?<code>\\d+)(?: \\(.*\\))?",
  "for.answer": "no answer \\(.*\\)",
  "for.stranger": "(?<code>\\d+) that is not the server's word",
  "for.away": "the page was put away",
  "for.sid": "a new sid",
  "for.giveup": "no answer; goes on by (?<next>\\w+), asked whether it lives",
  "for.ask": "no answer, asked whether it lives",
  "for.slow": "alive, so a handler is slow",
  "for.quiet": "silent",
  "for.ended": "the pipe ended",
  "for.broke": "the stream broke",
  "for.garbled": "a frame that is not the server's word|an answer that is not a batch|an answer without acks",
  "for.dropped": "its batch was dropped: .*",
  "for.own": "closed by the application",
  "for.one": "{name}: {why}",
}).map(([key, form]) => [key, pattern(form)]);

function pattern(form) {
  const groups = form.replaceAll("{name}", `(?<transport>${NAME})`).replaceAll("{other}", `(?<other>${NAME})`);
  return new RegExp(`^(?:${groups.replaceAll("{why}", "(?<why>.+)")})$`);
}

/** A sentence of the client as a text of the page: `{ text: key, …values }`. */
export function phrase(sentence) {
  for (const [key, form] of KNOWN) {
    const found = form.exec(sentence);
    if (!found) continue;
    const phrased = { ...found.groups };
    for (const name of Object.keys(phrased)) if (NAMED.has(name)) phrased[name] = { text: phrased[name] };
    if (phrased.why) phrased.why = phrase(phrased.why);
    return { ...phrased, text: key };
  }
  return { text: "as.it.came", words: sentence };
}
