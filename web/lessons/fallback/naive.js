// The naive client: a WebSocket, and long polling after an error event. An open line is proof enough for it, and it falls back once.

const AGAIN = 1000; // ms until it asks again, where an answer did not come

/**
 * Hear what is said. `emits`: what it says first, to be in its room; `hear(messages, way)`; `works()`: this client is content.
 * @param {{base: string, sid: string, emits: object[], world: {fetch: (url: string, options?: any) => Promise<any>, WebSocket: any},
 *   hear: (messages: any[], way: "ws" | "longpoll") => void, works: () => void, signal: AbortSignal}} of
 */
export function naive({ base, sid, emits, world, hear, works, signal }) {
  const body = JSON.stringify({ emits });
  const headers = { "Content-Type": "application/json" };
  world.fetch(`${base}/emit?sid=${sid}`, { method: "POST", headers, body, signal }).catch(() => {});

  const line = new world.WebSocket(`${base.replace(/^http/, "ws")}/ws?sid=${sid}`);
  line.onopen = () => works();
  line.onmessage = (/** @type {{data: string}} */ { data }) => hear(JSON.parse(data).messages ?? [], "ws");
  line.onerror = () => longpoll();
  signal.addEventListener("abort", () => line.close(), { once: true });

  /** And never back. */
  async function longpoll() {
    let place = "";
    while (!signal.aborted) {
      try {
        const answer = await world.fetch(`${base}/longpoll?sid=${sid}${place}`, { signal });
        const { cursor, messages } = JSON.parse(await answer.text());
        place = `&cursor=${cursor}`;
        hear(messages, "longpoll");
      } catch {
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
    }
  }
}
