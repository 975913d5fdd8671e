// sockjs-client as its README shows it. It does not come back by itself: whoever uses it makes a new one after a pause.
import { got, play } from "./tell.mjs";

const SockJS = got("sockjs-client");
const PAUSE = 1000; // ms

play((url, options, tell) => {
  /** @type {any} */
  let socket;
  let ended = false;
  const connect = () => {
    if (ended) return;
    socket = new SockJS(`${url}/echo`, null, options);
    socket.onopen = () => tell.uses(socket.transport);
    socket.onmessage = (/** @type {{data: string}} */ { data }) => tell.heard(JSON.parse(data).n);
    socket.onclose = () => {
      tell.uses(null);
      setTimeout(connect, PAUSE);
    };
  };
  connect();
  return {
    say: (data) => socket.readyState === SockJS.OPEN && socket.send(JSON.stringify(data)),
    end: () => {
      ended = true;
      socket.close();
    },
  };
});
