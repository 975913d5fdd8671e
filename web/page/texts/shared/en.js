// What is said where several servers share a log, in English.

export default {
  "shared": "Several servers share this page’s log, and each request goes to the next. Figures that a server counts are of server {name}, one of {count}. A faulty network would stand before one of them only, so none is offered. Lesson 10 is made for this; the others want the lab alone (make run).",
};
