/** The small value types as zod schemas: written text in, one unit out. */
import { z } from "zod";
import { DATE_TIME_ALLOWED, DATE_TIME_PATTERN, parseDateTime, TIME_ZONE_ALLOWED, toTimeZone } from "./date-time.ts";
import * as units from "./units.ts";
import { UnitError } from "./units.ts";

/** What a problem shows beside zod's message; carried by the issue's `params` or the schema's `meta`. */
export interface Hint { readonly allowed?: string; readonly suggestion?: string | null; readonly hidden?: boolean }

interface TextMeta {
  /** Completes "allowed: …" and, unless `description` is given, tells editors what to write. */
  readonly allowed: string;
  readonly examples: readonly string[];
  /** For the JSON Schema: never stricter than `convert`. */
  readonly pattern?: string;
  /** What to say of a bare number. */
  readonly ifNumber?: string;
}

/** A text value with a converter that throws {@link UnitError}. */
export function text<T>(convert: (text: string) => T, meta: TextMeta): z.ZodType<T, string> {
  const written = z.string({ error: ({ input }) => `${typeof input === "number" ? meta.ifNumber ?? "reads as a number; put it in quotes" : "must be text"}, allowed is ${meta.allowed}` });
  return converted(written.meta(meta.pattern === undefined ? { examples: [...meta.examples] } : { examples: [...meta.examples], pattern: meta.pattern }), convert);
}

/** Puts a converter behind a schema and turns its {@link UnitError} into an issue with a hint. */
export function converted<T, I>(schema: z.ZodType<I, I>, convert: (value: I) => T): z.ZodType<T, I> {
  return schema.transform((value, context): T => {
    try {
      return convert(value);
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
      const params: Hint = { allowed: error.allowed, suggestion: error.suggestion };
      context.issues.push({ code: "custom", input: value, message: error.message, params: { ...params } });
      return z.NEVER;
    }
  });
}

/** A whole number or a decimal within a range. */
export function number(min: number, max: number, kind: "whole" | "any" = "whole") {
  const schema = kind === "whole" ? z.int() : z.number();
  return schema.min(min).max(max);
}

const between = <T extends number>(value: T, min: number, max: number, allowed: string): T => {
  if (value < min || value > max) throw new UnitError("is out of range", allowed);
  return value;
};

/** A bit rate, in kbps. */
export const bitrate = (min = "50 kbps", max = "200 Mbps") => text(
  (value) => between(units.toKbps(value), units.toKbps(min), units.toKbps(max), `${min} to ${max}`),
  { allowed: units.BITRATE_ALLOWED, examples: ["6 Mbps", "2500 kbps"], pattern: units.BITRATE_PATTERN, ifNumber: "has no unit" },
);

/** A time span, in seconds. */
export const duration = (min: string, max: string, examples: readonly string[]) => text(
  (value) => between(units.toSeconds(value), units.toSeconds(min), units.toSeconds(max), `${min} to ${max}`),
  { allowed: units.DURATION_ALLOWED, examples, pattern: units.DURATION_PATTERN, ifNumber: "has no unit" },
);

/** Room on a disk, in GB (10⁹ bytes). */
export const space = (min: string, max: string, examples: readonly string[]) => text(
  (value) => between(units.toGigabytes(value), units.toGigabytes(min), units.toGigabytes(max), `${min} to ${max}`),
  { allowed: units.SPACE_ALLOWED, examples, pattern: units.SPACE_PATTERN, ifNumber: "has no unit" },
);

export const resolution = text(units.toResolution,
  { allowed: units.RESOLUTION_ALLOWED, examples: ["1920x1080", "1280x720"], pattern: units.RESOLUTION_PATTERN });

export const cidr = text(units.toCidr, { allowed: units.CIDR_ALLOWED, examples: ["203.0.113.0/24", "2001:db8::/32"] });

export const dateTime = text(parseDateTime,
  { allowed: DATE_TIME_ALLOWED, examples: ["2026-12-05T18:00+01:00"], pattern: DATE_TIME_PATTERN });

export const timeZone = text(toTimeZone, { allowed: TIME_ZONE_ALLOWED, examples: ["Europe/Berlin", "America/New_York"] });

export const usd = z.union([number(0, 1e9, "any").gt(0), text(units.toUsd,
  { allowed: units.MONEY_ALLOWED, examples: ["50 USD"], pattern: units.MONEY_PATTERN })]);

const NAME_PATTERN = "^[a-z](-?[a-z0-9])*$";
const NAME_ALLOWED = "lower-case letters, digits and single '-', beginning with a letter, up to 40 characters";

/** A name that becomes part of host names, paths and resource names. @throws UnitError */
export function toName(value: string): string {
  if (new RegExp(NAME_PATTERN).test(value) && value.length <= 40) return value;
  const clean = value.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^[-0-9]+|-+$/g, "").slice(0, 40).replace(/-+$/, "");
  throw new UnitError("is not a usable name", NAME_ALLOWED, clean === "" ? null : clean);
}

export const name = text(toName, { allowed: NAME_ALLOWED, examples: ["main-stage"], pattern: NAME_PATTERN });
/** Keys of maps: streams, publishers, regions and so on. The pattern is for editors; `issues.ts` checks names, because zod would skip what a bad name holds. */
const nameKey = z.string().meta({ pattern: NAME_PATTERN, maxLength: 40 });

/** A map from names to values; a name with nothing after it takes every default. */
export const named = <V extends z.ZodType>(value: V) => z.record(nameKey, value);

const DOMAIN_PATTERN = "^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$";
export const domain = text((value) => {
  if (new RegExp(DOMAIN_PATTERN).test(value) && value.length <= 253) return value;
  const host = /^(?:[a-z]+:\/\/)?([^/:]+)/i.exec(value)?.[1]?.toLowerCase().replace(/\.$/, "") ?? "";
  throw new UnitError("is not a domain name", "a lower-case host name with a dot, without scheme or port, e.g. live.example.org",
    host !== value && new RegExp(DOMAIN_PATTERN).test(host) ? host : null);
}, { allowed: "a host name, e.g. live.example.org", examples: ["live.example.org"], pattern: DOMAIN_PATTERN });

const EMAIL_PATTERN = "^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$";
export const email = text((value) => {
  if (new RegExp(EMAIL_PATTERN).test(value)) return value;
  throw new UnitError("is not an e-mail address", "an address such as ops@example.org");
}, { allowed: "an e-mail address", examples: ["ops@example.org"], pattern: EMAIL_PATTERN });

const SECRET_PATTERN = "^secret:[a-z](-?[a-z0-9])*$";
const SECRET_ALLOWED = "secret:NAME, with the value kept in the stack: pulumi config set --secret NAME VALUE";
/** A reference to the stack's encrypted config. What stands here instead may be the key itself, so it is never shown. */
export const secretRef = z.string({ error: "must be text" }).meta({ examples: ["secret:youtube"], pattern: SECRET_PATTERN })
  .transform((value, context) => {
    if (new RegExp(SECRET_PATTERN).test(value)) return { secret: value.slice("secret:".length) };
    const params: Hint = { allowed: SECRET_ALLOWED, hidden: true };
    context.issues.push({ code: "custom", input: value, message: "is not a reference to a secret; keys never stand in this file", params: { ...params } });
    return z.NEVER;
  });
