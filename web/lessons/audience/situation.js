// A situation: who is in which room, and who says what in which form; and what was ticked beside what was heard.

/** @typedef {"ada" | "bo" | "cy" | "di"} Person */
/** @typedef {"everyone" | "others" | "self" | "room" | "roomothers" | "one"} Form */
/** `room`: of a form that has one; `to`: who is meant. @typedef {{who: Person, form: Form, room?: string, to?: Person}} Emit */
/** `leaves`: who leaves which room, and before which emit (from 0). @typedef {{who: Person, room: string, before: number}} Leaving */
/** @typedef {{rooms: Record<Person, string[]>, leaves: Leaving | null, emits: Emit[]}} Situation */
/** Of one emit: who heard it and was not ticked, and who was ticked and did not hear it. @typedef {{missed: Person[], extra: Person[]}} Off */

export const PEOPLE = /** @type {Person[]} */ (["ada", "bo", "cy", "di"]);
export const NAMES = { ada: "Ada", bo: "Bo", cy: "Cy", di: "Di" };
export const FORMS = /** @type {Form[]} */ (["everyone", "others", "self", "room", "roomothers", "one"]);
const ROOMS = ["red", "blue"];

/** The one that is guessed. */
export const FIRST = /** @type {Situation} */ ({
  rooms: { ada: ["red"], bo: ["red", "blue"], cy: ["blue"], di: [] },
  leaves: null,
  emits: [
    { who: "ada", form: "everyone" },
    { who: "ada", form: "others" },
    { who: "ada", form: "self" },
    { who: "di", form: "room", room: "red" },
    { who: "bo", form: "roomothers", room: "red" },
    { who: "cy", form: "one", to: "bo" },
  ],
});

/** Another one: each form once, in any order; amid them somebody leaves a room, and something is said there afterwards. @param {() => number} luck in [0, 1) */
export function drawn(luck) {
  /** @template T @param {T[]} list @returns {T} */
  const one = (list) => list[Math.floor(luck() * list.length)];
  /** @template T @param {T[]} list */
  const shuffled = (list) => list.map((each) => ({ each, at: luck() })).sort((a, b) => a.at - b.at).map(({ each }) => each);
  const [both, first, second, none] = shuffled(PEOPLE);
  const [red, blue] = shuffled(ROOMS);
  const rooms = /** @type {Record<Person, string[]>} */ ({ [both]: [...ROOMS], [first]: [red], [second]: [blue], [none]: [] });
  const [early, late] = shuffled(/** @type {Form[]} */ (["room", "roomothers"]));
  const others = shuffled(/** @type {Form[]} */ (["everyone", "others", "self", "one"]));
  const forms = [...shuffled([early, others[0], others[1]]), ...shuffled([late, others[2], others[3]])];
  const emits = forms.map((form) => {
    const who = one(PEOPLE);
    if (form === "one") return { who, form, to: one(PEOPLE.filter((person) => person !== who)) };
    return form === "room" || form === "roomothers" ? { who, form, room: form === late ? red : one(ROOMS) } : { who, form };
  });
  return { rooms, leaves: { who: one([both, first]), room: red, before: 3 }, emits };
}

/** An emit as the article writes it. @param {Emit} emit @param {number} n */
export function written({ form, room, to }, n) {
  const call = `.emit('news', ${n})`;
  if (form === "everyone") return `io.sockets${call}`;
  if (form === "others") return `socket.broadcast${call}`;
  if (form === "room") return `io.sockets.in('${room}')${call}`;
  if (form === "roomothers") return `socket.broadcast.to('${room}')${call}`;
  return form === "one" ? `io.sockets.socket(${to}.id)${call}` : `socket${call}`;
}

/** Who was ticked for the emit of this number, from 1. @param {Record<string, string>} values of the form @param {number} n */
export function ticked(values, n) {
  return PEOPLE.filter((person) => values[`${n}.${person}`] === "on");
}

/** What was ticked beside what was heard, for each emit. @param {Person[][]} ticks @param {Person[][]} heard @returns {Off[]} */
export function compared(ticks, heard) {
  return heard.map((came, i) => ({
    missed: PEOPLE.filter((person) => came.includes(person) && !ticks[i].includes(person)),
    extra: PEOPLE.filter((person) => ticks[i].includes(person) && !came.includes(person)),
  }));
}
