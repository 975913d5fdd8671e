// primus' client as its README shows it, with its default transformer, which has no transport but WebSocket.
import { got, play } from "./tell.mjs";

const Socket = got("primus").createSocket({ transformer: "websockets" });

play((url, options, tell) => {
  const primus = new Socket(url, options);
  primus.on("open", () => tell.uses("websocket"));
  primus.on("close", () => tell.uses(null));
  primus.on("data", (/** @type {{n: number}} */ { n }) => tell.heard(n));
  return { say: (data) => primus.write(data), end: () => primus.end() };
});
