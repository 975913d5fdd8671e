// What befalls a client, in English.

export default {
  "life.connecting": "{transport} opened a pipe; its first batch is awaited.",
  "life.connect": "Connected by {transport}.",
  "life.connect.again": "Connected by {transport}; nothing was lost.",
  "life.disconnect": "Disconnected: {reason}.",
  "life.reconnecting": "Attempt {attempt} begins, after {wait}.",
  "life.reconnect": "The server answers again, by {transport}.",
  "life.connect_failed": "Every transport failed in the first round. Trying goes on.",
  "life.error": "Error: {reason}.",
  "life.switch": "{from} gave way to {to}: {why}.",
  "life.switch.same": "{to} goes on over another line: {why}.",
  "life.gap": "Messages may be lost, {missed} at most: {reason}.",
  "life.gap.unknown": "Messages may be lost, nobody knows how many: {reason}.",
  "reason.trimmed": "the server keeps only so much, and they were too old",
  "reason.away": "this client was away longer than the server remembers",
  "reason.epoch": "the server began a new life, and its log with it",
  "reason.future": "this client had read further than the server has written",
  "reason.unknown": "no reason was given",
};
