// faye's client as its documentation shows it.
import { got, play } from "./tell.mjs";

const { Client } = got("faye");
const LOOK = 20; // ms: it tells when its transport is up or down, but of a change of transport nothing

play((url, options, tell) => {
  const client = new Client(`${url}/faye`, options);
  /** @type {string | null} */
  let told = null;
  let up = false;
  const look = () => {
    const now = up ? client._dispatcher.connectionType : null;
    if (now !== told) tell.uses((told = now));
  };
  const looking = setInterval(look, LOOK);
  for (const [event, is] of Object.entries({ "transport:up": true, "transport:down": false })) {
    client.on(event, () => {
      up = is;
      look();
    });
  }
  client.subscribe("/s2c", (/** @type {{n: number}} */ { n }) => tell.heard(n));
  return {
    say: (data) => client.publish("/c2s", data),
    end: () => {
      clearInterval(looking);
      client.disconnect();
    },
  };
});
