// Texts under a name: the client's sentences are texts of the page, each key after `said.`.

export const under = (name, texts) =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [`${name}.${key}`, text]));
