/**
 * Values as people write them, one converter each. Every converter takes the written text and returns one unit, or throws
 * a {@link UnitError} that says what is wrong and what is allowed.
 */
import ipaddr from "ipaddr.js";

/** A value that cannot be understood. `allowed` completes "allowed: …"; `suggestion` is a corrected value. */
export class UnitError extends Error {
  constructor(message: string, readonly allowed: string, readonly suggestion: string | null = null) {
    super(message);
    this.name = "UnitError";
  }
}

const KBPS_PER = { k: 1, m: 1000, g: 1_000_000 } as const;
/** Patterns are shared with the JSON Schema, so they stay within what both JavaScript and JSON Schema understand. */
export const BITRATE_PATTERN = "^[0-9]+(\\.[0-9]+)? *[kKmMgG](bps|bit/s|b/s)?$";
export const BITRATE_ALLOWED = "a number and a unit of bits per second, e.g. 6 Mbps or 2500 kbps";

/** "6 Mbps" → 6000 kbps (1000 bit/s), rounded to a whole kbps. @throws UnitError */
export function toKbps(text: string): number {
  if (!new RegExp(BITRATE_PATTERN).test(text)) {
    const bytes = /^([0-9.]+) *([kKmMgG])i?(B|Bps|B\/s|BPS)$/.exec(text);
    if (bytes) throw new UnitError("a capital B means bytes", BITRATE_ALLOWED, `${bytes[1]} ${bytes[2]}bps`);
    const bare = /^[0-9.]+$/.test(text);
    throw new UnitError(bare ? "has no unit" : "is not a bit rate", BITRATE_ALLOWED);
  }
  const unit = /[kmg]/i.exec(text)![0].toLowerCase() as keyof typeof KBPS_PER;
  return Math.round(Number.parseFloat(text) * KBPS_PER[unit]);
}

const GB_PER = { g: 1, t: 1000 } as const;
export const SPACE_PATTERN = "^[0-9]+(\\.[0-9]+)? *[gGtT]i?B?$";
export const SPACE_ALLOWED = "a number and GB or TB, e.g. 500 GB";

/** "500 GB" → 500 gigabytes (10⁹ bytes); GiB and TiB are counted as what they are. @throws UnitError */
export function toGigabytes(text: string): number {
  if (!new RegExp(SPACE_PATTERN).test(text)) throw new UnitError(/^[0-9.]+$/.test(text) ? "has no unit" : "is not a disk size", SPACE_ALLOWED);
  const [, unit = "g", binary] = /([gt])(i)?b?$/i.exec(text.trim()) ?? [];
  const scale = unit.toLowerCase() as keyof typeof GB_PER;
  return Math.round(Number.parseFloat(text) * GB_PER[scale] * (binary ? (scale === "g" ? 1.073741824 : 1.099511627776) : 1));
}

const SECONDS_PER: Readonly<Record<string, number>> = {
  ms: 0.001, s: 1, sec: 1, second: 1, seconds: 1, m: 60, min: 60, minute: 60, minutes: 60,
  h: 3600, hour: 3600, hours: 3600, d: 86_400, day: 86_400, days: 86_400, w: 604_800, week: 604_800, weeks: 604_800,
};
export const DURATION_PATTERN =
  "^[0-9]+(\\.[0-9]+)? *(ms|s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)$";
export const DURATION_ALLOWED = "a number and a unit (ms, s, min, h, d, w), e.g. 2 s or 30 d";

/** "2 s" → 2 seconds; precise to a millisecond. @throws UnitError */
export function toSeconds(text: string): number {
  if (!new RegExp(DURATION_PATTERN).test(text)) {
    throw new UnitError(/^[0-9.]+$/.test(text) ? "has no unit" : "is not a duration", DURATION_ALLOWED);
  }
  const unit = /[a-z]+$/.exec(text)![0];
  return Math.round(Number.parseFloat(text) * SECONDS_PER[unit]! * 1000) / 1000;
}

export interface Resolution { readonly width: number; readonly height: number }
export const RESOLUTION_PATTERN = "^[1-9][0-9]{1,3} *[x×] *[1-9][0-9]{1,3}$";
export const RESOLUTION_ALLOWED = "WIDTHxHEIGHT in even pixels from 64x64 to 7680x7680, e.g. 1920x1080";

/** "1920x1080" → pixels; both even, because 4:2:0 video has no odd sizes. @throws UnitError */
export function toResolution(text: string): Resolution {
  if (!new RegExp(RESOLUTION_PATTERN).test(text)) {
    const lines = /^([0-9]{3,4})p$/.exec(text);
    const suggestion = lines ? `${2 * Math.round((Number(lines[1]) * 16) / 18)}x${lines[1]}` : null;
    throw new UnitError("is not a picture size", RESOLUTION_ALLOWED, suggestion);
  }
  const [width = 0, height = 0] = text.split(/ *[x×] */).map(Number);
  if (width % 2 !== 0 || height % 2 !== 0) {
    throw new UnitError("has an odd side", RESOLUTION_ALLOWED, `${width - (width % 2)}x${height - (height % 2)}`);
  }
  if (Math.min(width, height) < 64 || Math.max(width, height) > 7680) {
    throw new UnitError("is outside what can be encoded", RESOLUTION_ALLOWED);
  }
  return { width, height };
}

export const CIDR_ALLOWED = "an address or a block, e.g. 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32";

/** "203.0.113.0/24" → the same, normalised; a bare address becomes a block of one. @throws UnitError */
export function toCidr(text: string): string {
  const [address = "", length, rest] = text.split("/");
  const v4 = ipaddr.IPv4.isValidFourPartDecimal(address);
  const v6 = !v4 && address.includes(":") && !address.includes("%") && ipaddr.IPv6.isValid(address);
  if ((!v4 && !v6) || rest !== undefined) throw new UnitError("is not an address or a block of addresses", CIDR_ALLOWED);
  const bits = v4 ? 32 : 128;
  const prefix = length === undefined ? bits : /^(0|[1-9][0-9]{0,2})$/.test(length) ? Number(length) : Number.NaN;
  if (!(prefix <= bits)) throw new UnitError(`has a block length that is not 0 to ${bits}`, CIDR_ALLOWED);
  const whole = `${ipaddr.parse(address).toString()}/${prefix}`;
  const network = `${(v4 ? ipaddr.IPv4 : ipaddr.IPv6).networkAddressFromCIDR(whole).toString()}/${prefix}`;
  if (network !== whole) throw new UnitError("is an address inside a block, not the block itself", CIDR_ALLOWED, network);
  return whole;
}

export const MONEY_PATTERN = "^\\$? *[0-9]+(\\.[0-9]+)?( *(USD|\\$))?$";
export const MONEY_ALLOWED = "an amount in US dollars above 0, e.g. 50 USD or $50";

/** "50 USD", "$50" or 50 → dollars. @throws UnitError */
export function toUsd(text: string): number {
  if (!new RegExp(MONEY_PATTERN).test(text)) throw new UnitError("is not an amount of money", MONEY_ALLOWED);
  const usd = Number(/[0-9.]+/.exec(text)![0]);
  if (!(usd > 0)) throw new UnitError("must be above 0", MONEY_ALLOWED);
  return usd;
}
