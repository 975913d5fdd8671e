// primus as its README shows it, with its default transformer, telling everybody.
import { got, http, serve, tuned } from "./feed.mjs";

const Primus = got("primus");
const primus = new Primus(http, { transformer: "websockets", ...tuned });
serve((message) => primus.write(message));
