// Figures as a person reads them: as many digits as mean something.

const NONE = "–";

/** An age in ms. @param {number | null | undefined} ms */
export function age(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NONE;
  if (ms < 1) return joined("<", 1, "ms");
  if (ms < 9.95) return joined(ms.toFixed(1), "ms");
  if (ms < 999.5) return joined(Math.round(ms), "ms");
  return joined((ms / 1000).toFixed(ms < 9995 ? 2 : 1), "s");
}

/** A count, a number of bytes. @param {number | null | undefined} number */
export function figure(number) {
  return Number.isInteger(number) ? grouped(number) : rate(number);
}

/** So many a second, so many for each. @param {number | null | undefined} number */
export function rate(number) {
  if (number === null || number === undefined || !Number.isFinite(number)) return NONE;
  if (number === 0) return "0";
  if (number < 0.995) return number < 0.01 ? number.toPrecision(1) : number.toFixed(2);
  return number < 9.95 ? number.toFixed(1) : grouped(Math.round(number));
}

/** 100000 as 100,000: a comma in both languages of the page. @param {number | null | undefined} number */
export function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** @param {number | null | undefined} share */
export function percent(share) {
  if (share === null || share === undefined || !Number.isFinite(share)) return NONE;
  const hundredths = share * 100;
  if (hundredths > 0 && hundredths < 0.95) return joined("<", 1, "%");
  return hundredths > 99 && hundredths < 100 ? joined(">", 99, "%") : joined(Math.round(hundredths), "%");
}

/** A figure and its unit, never on two lines. @param {...(string | number)} parts */
function joined(...parts) {
  return parts.join("\u00a0");
}
