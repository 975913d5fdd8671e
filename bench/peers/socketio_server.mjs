// Socket.IO on Node as its documentation shows it, with connection state recovery, telling everybody.
import { got, http, serve, tuned } from "./feed.mjs";

const { Server } = got("socket.io");
const io = new Server(http, { connectionStateRecovery: {}, ...tuned });
io.on("connection", (/** @type {any} */ socket) => socket.on("c2s", () => {}));
serve((message) => io.emit("s2c", message));
