/** Dates with and without an offset. An event's local time needs its zone, and must exist there exactly once. */
import { closest, distance } from "fastest-levenshtein";
import { UnitError } from "./units.ts";

export const DATE_TIME_PATTERN =
  "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,3})?)?( ?([Zz]|[+-][0-9]{2}:?[0-9]{2}))?$";
export const DATE_TIME_ALLOWED =
  "date, time and offset, e.g. 2026-12-05T18:00+01:00 (without the offset if event.timeZone is set)";
export const TIME_ZONE_ALLOWED = "a zone of the IANA list, e.g. Europe/Berlin";
const DAY_MS = 86_400_000;

/** A date-time as written. `wallMs` is what the clock on the wall shows, counted as if that wall were in UTC. */
export interface WrittenDateTime { readonly text: string; readonly wallMs: number; readonly offsetMinutes: number | null }

/** Checks the calendar (leap years, 24:00, offsets up to ±14:00) without deciding the instant. @throws UnitError */
export function parseDateTime(text: string): WrittenDateTime {
  const m = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?(?: ?(?:([Zz])|([+-])(\d\d):?(\d\d)))?$/.exec(text);
  if (!m) throw new UnitError("is not a date and time", DATE_TIME_ALLOWED);
  const [year, month, day, hour, minute, second] = m.slice(1, 7).map((part) => Number(part ?? 0)) as [number, number, number, number, number, number];
  const wallMs = Date.UTC(year, month - 1, day, hour, minute, second, Number((m[7] ?? "0").padEnd(3, "0")));
  const back = new Date(wallMs);
  if (back.getUTCFullYear() !== year || back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day) {
    throw new UnitError("is a day the calendar does not have", DATE_TIME_ALLOWED);
  }
  if (hour > 23 || minute > 59 || second > 59) throw new UnitError("is a time the clock does not have", DATE_TIME_ALLOWED);
  if (m[8]) return { text, wallMs, offsetMinutes: 0 };
  if (!m[9]) return { text, wallMs, offsetMinutes: null };
  const offset = Number(m[10]) * 60 + Number(m[11]);
  if (Number(m[11]) > 59 || offset > 14 * 60) throw new UnitError("has an offset that no place uses", DATE_TIME_ALLOWED);
  return { text, wallMs, offsetMinutes: m[9] === "-" ? -offset : offset };
}

/** Epoch milliseconds. Without an offset the zone decides; a time the zone skips or has twice is an error. @throws UnitError */
export function toEpochMs(written: WrittenDateTime, timeZone: string | null): number {
  if (written.offsetMinutes !== null) return written.wallMs - written.offsetMinutes * 60_000;
  if (timeZone === null) {
    throw new UnitError("does not say which time zone it is in", "an offset at its end (…+01:00 or …Z), or event.timeZone", `${written.text}Z`);
  }
  const offsets = new Set([-DAY_MS, DAY_MS].map((shift) => zoneOffsetMs(written.wallMs + shift, timeZone)));
  const instants = [...offsets].map((offset) => written.wallMs - offset)
    .filter((at) => at + zoneOffsetMs(at, timeZone) === written.wallMs).sort((a, b) => a - b);
  const suggestion = `${written.text}${offsetText(Math.min(...offsets))}`;
  if (instants.length === 0) {
    throw new UnitError(`does not exist in ${timeZone}: the clocks go forward over it that day`, "a time that exists, or one with an offset", suggestion);
  }
  if (instants.length > 1) {
    throw new UnitError(`comes twice in ${timeZone}: the clocks go back over it that day`, "the same time with the offset you mean",
      `${written.text}${offsetText(Math.max(...offsets))} (first) or ${suggestion} (second)`);
  }
  return instants[0]!;
}

/** "+01:00" when all that is written has the same offset, which is then the time of the place; null for UTC and for a mixture. */
export function commonOffset(written: readonly (WrittenDateTime | undefined)[]): string | null {
  const offsets = new Set(written.flatMap((one) => (one === undefined ? [] : [one.offsetMinutes])));
  const [only] = offsets;
  return offsets.size !== 1 || only === null || only === undefined || only === 0 ? null : offsetText(only * 60_000);
}

/** What {@link showTime} calls a zone: "Europe/Berlin", "UTC+01:00", "UTC". */
export const zoneName = (zone: string | null): string => (zone === null ? "UTC" : isOffset(zone) ? `UTC${zone}` : zone);

/**
 * A time as a place's clock shows it.
 * @param zone of the IANA list, an offset as {@link commonOffset} gives it (Intl knows those from Node 22 on only), or null for UTC
 */
export function showTime(ms: number, zone: string | null, locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormatPart[] {
  const offset = zone !== null && isOffset(zone) ? parseDateTime(`2000-01-01T00:00${zone}`).offsetMinutes ?? 0 : null;
  return new Intl.DateTimeFormat(locale, { ...options, timeZone: offset === null ? zone ?? "UTC" : "UTC" }).formatToParts(ms + (offset ?? 0) * 60_000);
}

const isOffset = (zone: string): boolean => /^[+-]\d\d:\d\d$/.test(zone);

/** Checks a zone name. @throws UnitError with the nearest known zone */
export function toTimeZone(text: string): string {
  try {
    // Bare offsets are valid for Intl in some versions of Node, but say nothing about summer time.
    if (/^[A-Za-z]/.test(text)) { new Intl.DateTimeFormat("en", { timeZone: text }); return text; }
  } catch { /* not a zone */ }
  const nearest = closest(text, Intl.supportedValuesOf("timeZone"));
  throw new UnitError("is not a known time zone", TIME_ZONE_ALLOWED, distance(text, nearest) <= 4 ? nearest : null);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function zoneOffsetMs(atMs: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en", {
      timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
    });
    formats.set(timeZone, format);
  }
  const part = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  const wall = Date.UTC(part["year"]!, part["month"]! - 1, part["day"]!, part["hour"]!, part["minute"]!, part["second"]!);
  return wall - Math.floor(atMs / 1000) * 1000;
}

function offsetText(offsetMs: number): string {
  const minutes = Math.abs(offsetMs) / 60_000;
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  return `${offsetMs < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}
