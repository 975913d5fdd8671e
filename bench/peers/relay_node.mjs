// What one says, all hear, as the documentation of `ws` and of Socket.IO shows it: relay_node.mjs PACKAGES PORT ws|socket.io
import { createServer } from "node:http";
import { createRequire } from "node:module";

const [packages, port, which] = process.argv.slice(2);
const got = createRequire(`${packages}/`);
const http = createServer();
http.keepAliveTimeout = 75_000;

if (which === "ws") {
  const { WebSocketServer } = got("ws");
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  server.on("connection", (/** @type {any} */ one) => {
    one.on("message", (/** @type {Buffer} */ data) => {
      for (const other of server.clients) other.send(data, { binary: false });
    });
  });
} else {
  const { Server } = got("socket.io");
  const io = new Server(http);
  io.on("connection", (/** @type {any} */ socket) => {
    socket.on("c2s", (/** @type {unknown} */ data) => io.emit("s2c", data));
  });
}

http.listen(Number(port), "127.0.0.1", 4096);
