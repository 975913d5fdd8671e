// What the experiment that breaks a WebSocket says, in English.

export default {
  "broken.now": "The network now cuts every WebSocket of {name}’s.",
  "broken.fell": "The network cut {name}’s WebSocket. {gap} later {name} heard on by another way ({to}), from the message that had come last.",
  "broken.fell.at.once": "The network cut {name}’s WebSocket. {name} heard on at once by another way ({to}), from the message that had come last.",
  "broken.count": "{arrived} {tried}",
  "broken.none": "No message was sent since.",
  "broken.all": "Messages since: {count}; all of them arrived, in order, none twice: nothing was lost.",
  "broken.lost": "Messages since: {count}; lost {lost}, twice {again}.",
  "broken.untried": "",
  "broken.tried": "WebSocket was cut {count} times; the client tries it again ({last}).",
  "broken.rests": "WebSocket was cut {count} times ({last}); the client lets it rest and tries it again at {when}.",
};
