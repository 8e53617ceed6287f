/**
 * The time in epoch milliseconds: the machine's, or the one that HEADEND_NOW says, for tests and for rehearsing the day of the event.
 * @throws RangeError when HEADEND_NOW is no date with an offset
 */
export function nowMs(env: Readonly<Record<string, string | undefined>> = process.env): number {
  const text = env["HEADEND_NOW"];
  if (text === undefined || text === "") return Date.now();
  const ms = /([Zz]|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new RangeError(`HEADEND_NOW is "${text}". Allowed: a date and time with its offset, e.g. 2026-12-05T18:00+01:00; or unset it.`);
  return ms;
}
