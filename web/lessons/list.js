// The lessons there are, in their order: each name is a folder beside this file.

export const LESSONS = ["polling", "upgrade", "stream", "lost", "fallback", "once", "audience", "many", "own", "kill"];

/** What one may walk through beside them: a folder, too, whose steps have names of their own; and the lesson that leads there. */
export const WALKS = /** @type {Record<string, string>} */ ({ chat: "audience", museum: "stream" });
