// How to read the picture, in English.

export default {
  "wire.lead": "Time runs down, as it happens. A filled dot is a message, a ring an empty answer; a cross: it never arrived, or the line was cut. A white dot on the server’s line: there it has a message; dots beside it: the message waits to be asked for. A thick line: so many messages, one after the other. A thick bar: the server holds a question. A tinted band: an open line. Thin and grey: it is tried, or kept to spare. B: bytes, heads and all. Point at a line to open it.",
  "way.auto": "Looking for a way",
  "way.poll": "The browser asks, the server answers at once, mostly with nothing. Again and again. A message waits at the server for the next question.",
  "way.longpoll": "The browser asks, and the server holds its answer back until there is a message. Then it answers at once, and the browser asks again.",
  "way.sse": "The browser asks once and the answer never ends: the server writes each message into it as it happens. One way only: what you say goes up as a request.",
  "way.ws": "One request is upgraded; then the line is open in both directions. What you say and what you hear travel as small frames.",
  "way.none": "Nothing reads at present. The client knows its cursor: as soon as a way works, it goes on from there.",
  "look.poll": "Look in your DevTools at Network, rows named poll: a new one each time.",
  "look.longpoll": "Look in your DevTools at Network, rows named longpoll: one is always pending.",
  "look.sse": "Look in your DevTools at Network, the row named sse, under EventStream.",
  "look.ws": "Look in your DevTools at Network, the row named ws, under Messages.",
  "look.none": "Look in your DevTools at Network: failed requests, and the pauses between them growing.",
};
