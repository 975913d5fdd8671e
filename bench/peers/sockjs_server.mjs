// sockjs as its README shows it, telling everybody.
import { got, http, serve, tuned } from "./feed.mjs";

const server = got("sockjs").createServer({ log: () => {}, ...tuned });
const connections = new Set();
server.on("connection", (/** @type {any} */ connection) => {
  connections.add(connection);
  connection.on("close", () => connections.delete(connection));
});
server.installHandlers(http, { prefix: "/echo" });
serve((message) => {
  for (const connection of connections) connection.write(JSON.stringify(message));
});
