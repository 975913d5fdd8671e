// The lessons panel in English: what all lessons share. What a lesson says itself stands in its own folder.

export default {
  "lessons.lead": "Each lesson asks a question, lets you guess, runs it on your own connection, and explains what you saw.",
  "lessons.title": "Lesson {number}: {title}",
  "lessons.begin": "Begin",
  "lessons.goon": "Go on at step {step}",
  "lessons.all": "All lessons",
  "lessons.steps": "Steps of this lesson",
  "lessons.ask": "Question",
  "lessons.predict": "Guess",
  "lessons.run": "Run",
  "lessons.see": "See",
  "lessons.explain": "Why",
  "lessons.code": "Code",
  "lessons.exercise": "Exercise",
  "lessons.before": "Back",
  "lessons.after": "Next",
  "lessons.browser": "browser",
  "lessons.age": "{ms} ms",
  "lessons.silent": "The lesson did not come: {why}. Close this and open it again to ask for it once more.",
};
