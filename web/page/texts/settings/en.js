// What a seat's settings are called, in English.

export default {
  "nobody": "no name",
  "name": "Name",
  "here": "Who is here",
  "here.count": "Here: {count}",
  "here.you": "{name} (you)",
  "here.more": "Show more of {count}",
  "fact.every": "poll asks every",
  "rooms": "Rooms",
  "life": "Life cycle",
  "ladder": "Ladder and decisions",
  "decisions": "Decisions of the client",
};
