import { createHmac, createSecretKey, hash } from "node:crypto";

/** Gives the value of a derived secret, by its name and rotation number. */
export type KeyOf = (secretName: string, rotation?: number) => string;

/** Salt, so that the same stack secret used elsewhere gives other keys. */
const SALT = "headend";
/** 24 bytes as base64url. */
const CHARACTERS = 32;

/**
 * Derives secrets from the stack secret: HKDF-SHA256 (RFC 5869), the name and rotation number as its label, so that every key is
 * known at preview and raising one number changes one key. Extracts once and expands for each key: a large plan needs 20,000.
 * @returns a function that gives 32 characters of base64url (192 bits); safe in URLs, SRT passphrases (10–64 characters) and
 * MediaMTX credentials.
 */
export function keysOf(stackSecret: string): KeyOf {
  const extracted = createSecretKey(createHmac("sha256", SALT).update(stackSecret).digest());
  return (name, rotation = 1) => {
    // The first block of HKDF-Expand is HMAC(key, label | 0x01); its first 24 of 32 bytes are all that is asked for.
    const block = createHmac("sha256", extracted).update(`headend/v1/${name}#${rotation}\u0001`).digest("base64url");
    return block.slice(0, CHARACTERS);
  };
}

/** One secret; see {@link keysOf}. */
export function deriveKey(stackSecret: string, name: string, rotation = 1): string {
  return keysOf(stackSecret)(name, rotation);
}

/** The form MediaMTX accepts in `authInternalUsers[].pass`; not reversible, because the key is random. */
export function hashKey(key: string): string {
  return `sha256:${hash("sha256", key, "base64")}`;
}
