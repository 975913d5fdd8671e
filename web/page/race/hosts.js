// Hosts: the names this server goes by. A browser opens six connections to each, so that lanes are spread over them.

const LOOPBACK = ["localhost", "127.0.0.1"]; // the page's policy knows no [::1]
const PATIENCE = 1000; // ms

/** Origins under which this very server answers, the page's own first. */
export async function origins() {
  const own = location.origin;
  const since = (await birth(own)) ?? null;
  const others = (await named()).map((name) => own.replace(location.hostname, name)).filter((origin) => origin !== own);
  const births = await Promise.all(others.map(birth));
  return [own, ...others.filter((_, i) => since !== null && births[i] === since)];
}

/** Names worth asking: a page from elsewhere finds another computer under this one's loopback. @returns {Promise<string[]>} */
async function named() {
  if (LOOPBACK.includes(location.hostname) || location.hostname === "[::1]") return LOOPBACK;
  try {
    const { addresses = [] } = await (await fetch("/lab/class")).json();
    return addresses.map((/** @type {string} */ address) => new URL(address).hostname).filter((/** @type {string} */ name) => !name.startsWith("["));
  } catch {
    return [];
  }
}

/** When the server there was born: two of them are not one because both answer. @param {string} origin */
async function birth(origin) {
  try {
    const answer = await fetch(`${origin}/stats?client=`, { signal: AbortSignal.timeout(PATIENCE) });
    return (await answer.json()).since;
  } catch {
    return undefined;
  }
}
