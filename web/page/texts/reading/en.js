// How to read the picture, in English.

export default {
  "wire.lead": "Time runs down, as it happens. A filled dot is news, a ring an empty answer; a cross: it never arrived. Numbers: bytes that carry + bytes of the text. Point at a line to open it.",
  "way.auto": "Looking for a way",
  "way.poll": "The browser asks, the hub answers at once, mostly with nothing. Again and again. News waits at the hub for the next question.",
  "way.longpoll": "The browser asks, and the hub holds its answer back until there is news. Then it answers at once, and the browser asks again.",
  "way.sse": "The browser asks once and the answer never ends: the hub writes news into it as it happens. One way only: what you say goes up as a request.",
  "way.ws": "One request is upgraded; then the line is open in both directions. What you say and what you hear travel as small frames.",
  "way.none": "Nothing reads at present. The client knows its cursor: as soon as a way works, it goes on from there.",
  "look.poll": "Look in your DevTools at Network, rows named poll: a new one each time.",
  "look.longpoll": "Look in your DevTools at Network, rows named longpoll: one is always pending.",
  "look.sse": "Look in your DevTools at Network, the row named sse, under EventStream.",
  "look.ws": "Look in your DevTools at Network, the row named ws, under Messages.",
  "look.none": "Look in your DevTools at Network: failed requests, and the pauses between them growing.",
};
