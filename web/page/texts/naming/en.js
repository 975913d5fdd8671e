// How a person in a class is asked for a name, in English.

export default {
  "naming": "What are you called? The class reads it beside what you say.",
  "naming.done": "That is my name",
  "naming.second": "{name} 2",
};
