// Socket.IO as its documentation shows it, speaking on the same plan as our feed: node_server.mjs PACKAGES PORT.
// POST /lab/feed {rate, size, seconds}: periodic messages to all, each with its number and the ms it was planned for.
import { createServer } from "node:http";
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";

const [packages, port] = process.argv.slice(2);
const { Server } = createRequire(`${packages}/`)("socket.io");
const LEAD = 50; // ms before the first

const feeds = new Map();
const http = createServer((request, response) => {
  /** @param {number} status @param {object} told */
  const answer = (status, told) => {
    const text = JSON.stringify(told);
    response.writeHead(status, { "Content-Type": "application/json", "Content-Length": text.length });
    response.end(text);
  };
  if (request.method !== "POST") {
    clearTimeout(feeds.get(request.url?.split("/").pop()));
    return answer(200, {});
  }
  let body = "";
  request.on("data", (piece) => (body += piece));
  request.on("end", () => answer(201, { feed: speak(JSON.parse(body)) }));
});
http.keepAliveTimeout = 75_000;
const io = new Server(http, { maxHttpBufferSize: 1e7 });

/** ms since 1970 at performance's 0, now: the day is set meanwhile, and Date tells whole ms, so one is seen to begin. */
function dayAtZero() {
  let found = -Infinity;
  for (const until = performance.now() + 2; performance.now() < until; ) found = Math.max(found, Date.now() - performance.now());
  return found;
}

/** @param {{rate: number, size: number, seconds: number}} wish */
function speak({ rate, size, seconds }) {
  const name = randomBytes(4).toString("hex");
  const began = performance.now() + LEAD;
  const clock = dayAtZero() + began;
  const text = "x".repeat(size);
  let n = 0;
  const turn = () => {
    const now = performance.now();
    for (; n < rate * seconds - 1e-9 && began + (n * 1000) / rate <= now; n++) {
      io.emit("feed", { feed: name, n, at: Number((clock + (n * 1000) / rate).toFixed(3)), text });
    }
    if (n < rate * seconds - 1e-9) feeds.set(name, setTimeout(turn, began + (n * 1000) / rate - now));
    else feeds.delete(name);
  };
  feeds.set(name, setTimeout(turn, LEAD));
  return name;
}

http.listen(Number(port), "127.0.0.1");
