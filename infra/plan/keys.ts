import { createHash, hkdfSync } from "node:crypto";

/**
 * Derives one secret from the stack secret: HKDF-SHA256 (RFC 5869), the name and rotation number as its label, so that
 * every key is known at preview and raising one number changes one key.
 * @returns 32 characters of base64url (192 bits); safe in URLs, SRT passphrases (10–64 characters) and MediaMTX credentials.
 */
export function deriveKey(stackSecret: string, name: string, rotation = 1): string {
  const bytes = hkdfSync("sha256", stackSecret, "headend", `headend/v1/${name}#${rotation}`, 24);
  return Buffer.from(bytes).toString("base64url");
}

/** The form MediaMTX accepts in `authInternalUsers[].pass`; not reversible, because the key is random. */
export function hashKey(key: string): string {
  return `sha256:${createHash("sha256").update(key).digest("base64")}`;
}
