// The English texts of the ladder, as it is drawn.

export default {
  "rung.reads": "reads",
  "rung.probation": "on probation: it must live 5 s",
  "rung.beside": "reads on until the other is proven",
  "rung.trying": "is being tried",
  "rung.refused": "refused by the server",
  "rung.resting": "rests until {when}: {why}",
  "rung.waits": "waits until {when}",
  "rung.ready": "not being tried now",
  "rung.works": "worked here before",
  "rung.fails": "failed {count} times while a lower one delivered: {why}",
  "rung.absent": "this browser does not have it",
  "rung.beat": "beats every {beat} s",
  "act.cut": "Cut the wire now",
  "act.retry": "Try again now",
  "act.forget": "Forget what was learnt",
  "fact.first": "First news after",
  "fact.silence": "Silence at a switch, last and longest",
  "fact.repeats": "Repeats thrown away",
  "fact.none": "none yet",
};
