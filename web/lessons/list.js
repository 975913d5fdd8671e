// The lessons there are, in their order: each name is a folder beside this file.

export const LESSONS = ["polling", "upgrade", "stream", "lost", "fallback", "audience", "own"];
