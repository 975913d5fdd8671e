// What an application may write in TypeScript, and what it is stopped from: compiled with --strict, never run.
import { io, type Message, type Socket, type World } from "transport-fallback";

const socket: Socket = io();
io("http://127.0.0.1:3000", { transports: ["ws", "longpoll"], use: "auto", every: 500, history: 20, autoConnect: false });
io(new URL("https://lab.example/room"));
io({ hold: 10, heartbeat: 5 });
const world: Partial<World> = { WebSocket, EventSource, storage: localStorage };
io("http://127.0.0.1:3000", { world });
io.connect("http://localhost");

socket.on("s2c", (message) => console.log(message.user, message.content));
socket.on("asked", (_data, reply, message: Message) => reply({ seq: message.seq }));
socket.once("connect", ({ transport }) => console.log(transport)).off("connect").off("s2c", () => {});
socket.onAny((event: string, data, reply, { seq }) => reply([event, data, seq])).offAny();
socket.onLife((event, detail) => console.log(event, detail?.why)).onHello(({ you }) => console.log(you.id));
socket.onDecision(({ at, text }) => console.log(new Date(at), text));

socket.emit("c2s").emit("c2s", { user: "Ada" }).emit("c2s", 1, (ack, error) => console.log(ack, error?.code));
socket.emit("c2s", (ack: { n: number }) => ack.n);
socket.send("hello", (ack) => ack);
const answer: { n: number } = await socket.emitWithAck("c2s", { a: 1 }, { timeout: 5000 });
await socket.emitWithAck("c2s");
socket.use("longpoll").use("ws", { strict: true }).cut().retry().forget().changed().close().connect();

const known: [string | null, string | null, string | null, boolean] = [socket.id, socket.cursor, socket.transport, socket.connected];
const rests: number[] = socket.rungs.map(({ rests }) => rests);
const silence: number | null = socket.facts.silence;
const coming: number | null | undefined = socket.next?.at;
socket.every = 2 * socket.every;
console.log(answer, known, rests, silence, coming, socket.decisions.at(-1)?.text);

// @ts-expect-error one data
socket.emit("c2s", 1, 2);
// @ts-expect-error one ack
socket.emit("c2s", 1, () => {}, () => {});
// @ts-expect-error another name
socket.use("websocket");
// @ts-expect-error another name
io("", { transports: ["websocket"] });
// @ts-expect-error no such option
io("", { reconnection: true });
// @ts-expect-error a number
socket.emitWithAck("c2s", 1, { timeout: "5 s" });
// @ts-expect-error a function
socket.on("s2c");
// @ts-expect-error it may be null
socket.cursor.length;
// @ts-expect-error it may only be read
socket.transport = "ws";
// @ts-expect-error a constructor
io("", { world: { WebSocket: 1 } });
