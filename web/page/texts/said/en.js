// What a client decided, in English: in the words of the client itself.

import { ENGLISH } from "/client/sentences.js";
import { under } from "../../words.js";

export default {
  ...under("said", ENGLISH),
  "said": "{parts}",
  "said.text": "{words}",
  "nth.1": "first",
  "nth.2": "second",
  "nth.3": "third",
  "nth.more": "{n}th",
  "why.other": "{wanted} {next} ({because}). Until then {now} reads, and nothing is lost.",
  "why.fails": "In use, but it failed lately: {because}.",
  "why.silent": "Nothing has come for {ago} s. That counts as a failure at {when}.",
  "why.retry": "Nothing reads now: {because}. Attempt {attempt} begins at {when}.",
  "why.trying": "Nothing reads now: {because}. Attempt {attempt} is being made.",
  "why.ended": "The server does not want this client any more. Reload the page for a new one.",
  "why.unknown": "it has not come through yet",
  "why.wanted.resting": "rests until {when}",
  "why.wanted.waits": "is tried again at {when}",
  "why.wanted.trying": "is being tried",
  "why.wanted.probation": "is on probation",
  "why.wanted.refused": "is refused by the server",
  "why.wanted.absent": "is not in this browser",
  "why.wanted.ready": "is tried again soon",
};
