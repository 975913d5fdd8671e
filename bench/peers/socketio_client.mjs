// socket.io-client as its documentation shows it.
import { got, play } from "./tell.mjs";

const { io } = got("socket.io-client");

play((url, options, tell) => {
  const socket = io(url, options);
  const using = () => tell.uses(socket.connected ? socket.io.engine.transport.name : null);
  socket.on("connect", () => {
    using();
    socket.io.engine.on("upgrade", using);
  });
  socket.on("disconnect", using);
  socket.on("s2c", (/** @type {{n: number}} */ { n }) => tell.heard(n));
  return { say: (data) => socket.emit("c2s", data), end: () => socket.disconnect() };
});
