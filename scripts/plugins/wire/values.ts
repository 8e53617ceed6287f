/** Property values as they travel between the engine and a plugin, and the three markers hidden in them. */

/** A property value in its JSON shape. Unknowns are sentinel strings, secrets and assets are objects with a signature key. */
export type Value = null | boolean | number | string | Value[] | Properties;
/** A resource's properties, or any nested object. */
export interface Properties { [key: string]: Value }

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";

/** The engine's stand-ins for a value that is known only after another resource exists; the first one is for strings. */
const UNKNOWNS: ReadonlySet<string> = new Set([
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
]);

/** What a plugin answers in a preview for an output it cannot know yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function isObject(value: Value | undefined): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isUnknown(value: Value | undefined): boolean {
  return typeof value === "string" && UNKNOWNS.has(value);
}

/** True when the value or anything inside it is not known yet. */
export function hasUnknown(value: Value | undefined): boolean {
  if (isUnknown(value)) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isObject(value) && Object.values(value).some(hasUnknown);
}

function isSecret(value: Value | undefined): boolean {
  return isObject(value) && value[SIGNATURE] === SECRET;
}

/** Wraps a value so that the engine encrypts it in the state and never prints it. */
export function secret(value: Value): Value {
  return isSecret(value) ? value : { [SIGNATURE]: SECRET, value };
}

/** Every text inside a secret part of the value. */
export function secretTexts(value: Value | undefined, within = false): string[] {
  if (typeof value === "string") return within ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((item) => secretTexts(item, within));
  if (!isObject(value)) return [];
  if (isSecret(value)) return secretTexts(value["value"], true);
  return Object.values(value).flatMap((item) => secretTexts(item, within));
}

/** True when the value or anything inside it is secret. */
export function hasSecret(value: Value | undefined): boolean {
  if (Array.isArray(value)) return value.some(hasSecret);
  if (isSecret(value)) return true;
  return isObject(value) && Object.values(value).some(hasSecret);
}

/** The value without its secret and output wrappers, at every depth. */
export function plain(value: Value): Value {
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  if (isSecret(value)) return plain(value["value"] ?? null);
  if (value[SIGNATURE] === OUTPUT) return plain(value["value"] ?? UNKNOWN);
  return plainProperties(value);
}

/** {@link plain} for a whole property map. */
export function plainProperties(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, plain(value)]));
}

/** An asset that names a file by its path; `hash` is the SHA-256 of its content in hex. */
export function fileAsset(path: string, hash: string): Properties {
  return { [SIGNATURE]: ASSET, path, hash };
}

/** An archive of assets by name. */
export function assetArchive(assets: Properties): Properties {
  return { [SIGNATURE]: ARCHIVE, assets };
}

/** Equality of two values in their JSON shape; the order of an object's keys does not matter. */
export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  return canonical(a ?? null) === canonical(b ?? null);
}

/** A text that is equal for equal values. */
export function canonical(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`).join(",")}}`;
}
