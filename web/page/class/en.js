// The class panel in English.

export default {
  "class.closed": "Only this computer can open this lab now: end it in its terminal and start it with “make class”, and everybody on your network can.",
  "class.silent": "The lab did not say where it can be found: {why}. Close this and open it again to ask once more.",
  "class.lead": "Scan the code, or type the address.",
  "class.lead.set": "Scan the code: it opens this page as it is set now. The address alone opens it as it is at first.",
  "class.lead.lesson": "Scan the code: it opens lesson {lesson} at step {step}. The address alone opens the page as it is at first.",
  "class.which": "If that one cannot be reached, try another",
  "class.opens": "What the code opens",
  "class.opens.lesson": "a lesson",
  "class.opens.experiment": "this experiment, as it is set here",
  "class.opens.start": "the start",
  "class.lesson": "Which lesson",
  "class.group": "Who hears what is said",
  "class.group.together": "all together, in one room",
  "class.group.own": "each phone for itself, in a room of its own",
  "class.link": "The link in the code, in the language of this page",
  "class.code": "A QR code of {href}",
  "class.nocode": "This link makes no code: {why}.",
  "class.hint": "Everybody must be on the same network as this computer. A firewall before it, or a Wi-Fi that keeps its guests apart, lets nobody in: then a hotspot helps.",
  "class.guide": "The teacher’s guide",
};
