// socket.io-client as its documentation shows it; it tells what it hears: socketio_client.mjs URL default|first [speaks]
import { createRequire } from "node:module";

const { io } = createRequire(`${process.env.LAB_PEERS}/`)("socket.io-client");
const [url, how, speaks] = process.argv.slice(2);
// The clock of Python's time.monotonic() on the same machine.
/** @param {...unknown} line */
const tell = (...line) => process.stdout.write(`${JSON.stringify([Number(process.hrtime.bigint()) / 1e9, ...line])}\n`);

tell("began", null);
const socket = io(url, how === "first" ? { transports: ["websocket", "polling"], tryAllTransports: true } : {});
const using = () => tell("transport", socket.connected ? socket.io.engine.transport.name : null);
socket.on("connect", () => {
  using();
  socket.io.engine.on("upgrade", using);
});
socket.on("disconnect", using);
socket.on("s2c", (/** @type {{n: number}} */ { n }) => tell("heard", n));
if (speaks) setInterval(() => socket.emit("c2s", { said: "hello" }), 1000);
