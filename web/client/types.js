// @ts-check
// The types that the client's files share. No browser loads this file: editors read it, and whoever writes TypeScript.

/** @typedef {"ws"|"sse"|"longpoll"|"poll"} Transport */

/** A part of a sentence: a key of sentences.js, and its values. @typedef {{key: string, [value: string]: any}} Part */

/** `at`: ms since 1970; `parts`: what the English `text` is made of. @typedef {{at: number, text: string, parts: Part[]}} Decision */

/**
 * `from`: the id of who said it, null: the server; `room`: null: it went to all, or to this client alone; `at`: ms since
 * 1970; `ack`: the server waits for a reply.
 * @typedef {{seq: number, event: string, data: any, from: string|null, room: string|null, at: number, ack?: boolean}} Message
 */

/** `missed`: messages, null: nobody knows how many. @typedef {{reason: string, missed: number|null, trimmed?: number}} Gap */

/** @typedef {{after: string, cursor: string, gap: Gap|null, more: boolean, messages: Message[]}} Batch */

/**
 * The handler of a message; one of a life-cycle event is given its detail as `data`.
 * @typedef {(data: any, reply: (answer?: any) => void, message: Message) => unknown} Handler
 */

/** @typedef {(ack?: any, error?: import("./codec.js").EmitError) => unknown} Ack */

/** An ack on the wire: of an emit by its `n`, or of a reply by its `seq`. @typedef {{n?: number, seq?: number, data?: any,
 *   cursor?: string, error?: {code: string, message: string, expected?: number}}} WireAck */

/**
 * How the use of a transport or a request failed: lost (it broke), leave (come back, with jitter), again (come back
 * at once), wait (after a time), refused (not on this rung again), over (not as this client again), lease (no connection left).
 * @typedef {"lost"|"leave"|"again"|"wait"|"refused"|"over"|"lease"} Kind
 */

/**
 * Time and chance. `now`: ms that never jump; `wall`: the time of day, which somebody may set: for what is shown, and what
 * is kept in the browser's storage; `random`: in [0, 1).
 * @typedef {{now: () => number, wall?: () => number, setTimeout: (run: () => void, ms: number) => any,
 *   clearTimeout: (timer: any) => void, random: () => number}} Clock
 */

/** localStorage, or alike. @typedef {{getItem(key: string): string|null, setItem(key: string, value: string): void}} Store */

/**
 * What the client uses of the browser. Of what is missing it makes no use: without `EventSource` no sse is tried.
 * `beacon`: navigator.sendBeacon; `storage`: null: nothing is kept, nothing is shared between tabs.
 * @typedef {{fetch: (url: string, options: any) => Promise<any>, WebSocket?: new (url: string) => any,
 *   EventSource?: new (url: string) => any, beacon?: (url: string, body: string) => boolean, storage?: Store|null}} World
 */

/**
 * `transports`: best first; `use`: the only one to use; `every`: ms between two polls; `hold`: s a long poll is held;
 * `heartbeat`: s; `history`: messages of the past, as many as the server gives; `world`: what to use in the browser's place.
 * @typedef {{transports?: Transport[], use?: Transport|"auto", every?: number, hold?: number, heartbeat?: number,
 *   history?: number, autoConnect?: boolean, clock?: Clock, world?: Partial<World>}} Options
 */

/** The pace in use: `every` in ms, `hold` and `heartbeat` in s. @typedef {{every: number, hold: number, heartbeat: number}} Pace */

/**
 * A rung as it is shown. `since`, `until`, `works`: ms since 1970; `beat`: s; `evidence`: the last failure that counted.
 * @typedef {{name: Transport, state: string, since: number|null, until: number|null, fails: number, rests: number,
 *   beat: number|null, works: number|null, evidence: Part[]|null}} RungView
 */

/**
 * What the way up needs of the client. `post` and `hello` are the way that is always there; `rtt`: ms, null: none is
 * known. It tells when an emit is done, when the hub forgot the client or refused it, what to say, and of a ws that it is
 * in doubt, alive again, or deaf.
 * @typedef {{outbox: import("./outbox.js").Outbox, clock: Clock, rtt: () => number|null,
 *   post: (text: string, signal: AbortSignal) => Promise<any>, hello: (signal: AbortSignal) => Promise<any>,
 *   on: {done: (emit: import("./outbox.js").Emit, data?: any, error?: import("./codec.js").EmitError, cursor?: string) => void,
 *     forgotten: () => void, refused: (failure: import("./closings.js").Failure) => void, say: (parts: Part[]) => void,
 *     doubt: (ws: WebSocket) => void, alive: (ws: WebSocket) => void, deaf: (ws: WebSocket) => void}}} WayUpNeeds
 */

export {};
