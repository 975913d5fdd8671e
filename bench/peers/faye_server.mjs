// faye as its documentation shows it, telling everybody who subscribes.
import { got, http, serve, tuned } from "./feed.mjs";

const { NodeAdapter } = got("faye");
const bayeux = new NodeAdapter({ mount: "/faye", ...tuned });
bayeux.attach(http);
serve((message) => bayeux.getClient().publish("/s2c", message));
