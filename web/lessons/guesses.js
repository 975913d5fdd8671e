// The guesses: in a class what a student guesses goes to its screen, without a name, by a client that reads as it can.

import { newSid } from "/client/codec.js";
import { io } from "/client/socket.js";
import { alone } from "/page/alone.js";
import { saying } from "/page/dom.js";
import { knobs } from "/page/knobs.js";
import { say } from "/page/words.js";

/** @import { World } from "/client/socket.js" */
/** @typedef {{values: Record<string, string>, said: string, done: (error: any) => void}} Guess   `said`: what the hub was told last */

const GUESS = "lab-guess"; // the event by which a client tells of a guess; how all have guessed is `lab-guesses`
export const AGAIN = 1000; // ms until what was lost is said again
const STORE = "transport-fallback.page"; // by which a page that is loaded anew is the same one

let opened = /** @type {Promise<boolean> | null} */ (null);
let sender = /** @type {Sender | null} */ (null); // of this page, in all lessons

/** Whether others can open this lab: only then there may be a class. */
export function inClass() {
  opened ??= fetch("/lab/class")
    .then((answer) => answer.json())
    .then(({ open }) => Boolean(open))
    .catch(() => {
      opened = null; // asked again next time
      return false;
    });
  return opened;
}

/** A client as this browser can have one: `?without=` makes it an old one. */
export function client() {
  const { without } = knobs("right");
  const world = /** @type {Partial<World>} */ ({});
  if (without.includes("ws")) world.WebSocket = undefined;
  if (without.includes("sse")) world.EventSource = undefined;
  const socket = io({ world });
  const room = `guess-${newSid()}`;
  socket.onLife((event, detail) => {
    if (!isKnownAnew(event, detail)) return;
    socket.emit("name", { name: "lesson: guess" }, () => {});
    for (const [leaves, data] of alone(room)) socket.emit(leaves, data, () => {}); // what the class says is not its affair
  });
  return socket;
}

/** Whether a hub may know nothing of this client any more. @param {string} event @param {any} detail */
export const isKnownAnew = (event, detail) => event === "connect" || ["away", "epoch"].includes(detail?.reason);

/** Whether an emit went down with the hub it was for: what a hub refuses it has understood. @param {any} error */
export const isLost = (error) => Boolean(error) && error.code !== "refused";

/** What a lesson does with its guess. @param {{name: string}} lesson */
export function gathering({ name }) {
  let note = /** @type {HTMLElement | null} */ (null);
  return {
    /** Say where it goes, before it is made. @param {HTMLFormElement} form */
    async dress(form) {
      if (!(await inClass())) return;
      note = saying("p", "lessons.guess.goes", {}, { class: "small", "data-role": "guess-goes", role: "status" });
      form.append(note);
    },
    /** @param {Record<string, string>} values what was guessed */
    async said(values) {
      if (!Object.keys(values).length || !(await inClass())) return;
      sender ??= new Sender();
      sender.guess(name, values, (error) => {
        if (!note) return;
        if (error) say(note, "lessons.guess.refused", { why: error.message ?? error.code });
        else say(note, "lessons.guess.goes");
      });
    },
    show() {},
    close() {},
  };
}

/** Tells the hub what was guessed, and again when it reads by another transport or is not known any more. */
class Sender {
  #guesses = /** @type {Map<string, Guess>} */ (new Map()); // lesson → what was guessed there
  #page = pageName();

  constructor() {
    const socket = client();
    this.socket = socket;
    socket.onLife((event, detail) => {
      if (isKnownAnew(event, detail)) this.#forget();
      this.#tell();
    });
  }

  /** @param {string} lesson @param {Record<string, string>} values @param {(error: any) => void} done */
  guess(lesson, values, done) {
    this.#guesses.set(lesson, { values, said: "", done });
    this.#tell();
  }

  #forget() {
    for (const guess of this.#guesses.values()) guess.said = "";
  }

  #tell() {
    const by = this.socket.transport;
    if (!by) return; // it connects, and is asked again then
    for (const [lesson, guess] of this.#guesses) {
      const { values, done } = guess;
      const said = JSON.stringify([by, values]);
      if (guess.said === said) continue;
      guess.said = said;
      const told = (/** @type {unknown} */ _answer, /** @type {any} */ error) => {
        if (!isLost(error)) return done(error);
        if (guess.said === said) guess.said = "";
        setTimeout(() => this.#tell(), AGAIN);
      };
      this.socket.emit(GUESS, { lesson, by, page: this.#page, values }, told);
    }
  }
}

/** A name of this page by chance, the same when it is loaded anew. Nobody else hears it. */
function pageName() {
  try {
    const name = sessionStorage.getItem(STORE) ?? newSid();
    sessionStorage.setItem(STORE, name);
    return name;
  } catch {
    return newSid(); // it may not store: loaded anew it is another
  }
}
