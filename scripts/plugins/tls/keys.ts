/** Key pairs: making, reading, and their OpenSSH forms. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPair, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { PluginError } from "../resource.ts";
import { oid, pem, sequence, element, TAG, unpem } from "./der.ts";

export type Algorithm = "RSA" | "ECDSA" | "ED25519";

/** The curves of upstream: their names in OpenSSL and OpenSSH (which does not know P224), and the hash that fits each. */
export const CURVES: Readonly<Record<string, { openssl: string; ssh?: string; hash: "sha256" | "sha384" | "sha512" }>> = {
  P224: { openssl: "secp224r1", hash: "sha256" },
  P256: { openssl: "prime256v1", ssh: "nistp256", hash: "sha256" },
  P384: { openssl: "secp384r1", ssh: "nistp384", hash: "sha384" },
  P521: { openssl: "secp521r1", ssh: "nistp521", hash: "sha512" },
};

const generate = promisify(generateKeyPair) as (type: string, options: object) => Promise<{ privateKey: KeyObject }>;

/** Makes a private key. `rsaBits` and `curve` count for their algorithm only. */
export async function generateKey(algorithm: Algorithm, rsaBits: number, curve: string): Promise<KeyObject> {
  switch (algorithm) {
    case "RSA": return (await generate("rsa", { modulusLength: rsaBits })).privateKey;
    case "ECDSA": return (await generate("ec", { namedCurve: CURVES[curve]?.openssl ?? curve })).privateKey;
    case "ED25519": return (await generate("ed25519", {})).privateKey;
  }
}

/** Reads a private key in PEM; `what` names the property in the error. The key itself is never quoted. */
export function readPrivateKey(text: string, what: string): KeyObject {
  const block = unpem(text);
  if (block === undefined) throw new PluginError(`"${what}" holds no PEM block: give a private key that begins with -----BEGIN … PRIVATE KEY-----`);
  if (!/^(RSA |EC )?PRIVATE KEY$/.test(block.label)) throw new PluginError(`"${what}" holds a PEM block "${block.label}", not a private key (RSA PRIVATE KEY, EC PRIVATE KEY or PRIVATE KEY)`);
  try {
    return createPrivateKey(text);
  } catch (error) {
    throw new PluginError(`"${what}" is not a readable private key: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export function algorithmOf(key: KeyObject): Algorithm {
  const names: Readonly<Record<string, Algorithm>> = { rsa: "RSA", ec: "ECDSA", ed25519: "ED25519" };
  const name = names[key.asymmetricKeyType ?? ""];
  if (name === undefined) throw new PluginError(`keys of type ${String(key.asymmetricKeyType)} are not supported; use RSA, ECDSA or ED25519`);
  return name;
}

function curveOf(key: KeyObject): (typeof CURVES)[string] {
  const name = key.asymmetricKeyDetails?.namedCurve;
  const curve = Object.values(CURVES).find((c) => c.openssl === name);
  if (curve === undefined) throw new PluginError(`the elliptic curve ${String(name)} is not supported; use P224, P256, P384 or P521`);
  return curve;
}

/** Signs certificate bytes and names the signature algorithm, chosen as Go does. */
export function signDer(key: KeyObject, bytes: Buffer): { algorithm: Buffer; signature: Buffer } {
  switch (algorithmOf(key)) {
    case "RSA": return { algorithm: sequence(oid("1.2.840.113549.1.1.11"), element(TAG.nothing)), signature: sign("sha256", bytes, key) };
    case "ECDSA": {
      const { hash } = curveOf(key);
      const oids = { sha256: "1.2.840.10045.4.3.2", sha384: "1.2.840.10045.4.3.3", sha512: "1.2.840.10045.4.3.4" };
      return { algorithm: sequence(oid(oids[hash])), signature: sign(hash, bytes, key) };
    }
    case "ED25519": return { algorithm: sequence(oid("1.3.101.112")), signature: sign(null, bytes, key) };
  }
}

/** SubjectPublicKeyInfo of the key's public half. */
export function publicDer(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

/** The traditional PEM of each algorithm: PKCS#1, SEC 1, or PKCS#8 for ED25519. */
export function traditionalPem(key: KeyObject): string {
  const type = { RSA: "pkcs1", ECDSA: "sec1", ED25519: "pkcs8" } as const;
  const label = { RSA: "RSA PRIVATE KEY", ECDSA: "EC PRIVATE KEY", ED25519: "PRIVATE KEY" } as const;
  const algorithm = algorithmOf(key);
  return pem(label[algorithm], key.export({ type: type[algorithm] as "pkcs8", format: "der" }));
}

export function pkcs8Pem(key: KeyObject): string {
  return pem("PRIVATE KEY", key.export({ type: "pkcs8", format: "der" }));
}

function field(content: Buffer | string): Buffer {
  const body = typeof content === "string" ? Buffer.from(content) : content;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function bigint(encoded: string | undefined): Buffer {
  let bytes = Buffer.from(encoded ?? "", "base64url");
  while (bytes.length > 0 && bytes[0] === 0) bytes = bytes.subarray(1);
  return field((bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

interface SshKey { readonly name: string; readonly publicBlob: Buffer; readonly privateBlob: Buffer }

/** The key as OpenSSH writes it, or undefined for P224, which OpenSSH does not know. */
function sshKey(key: KeyObject): SshKey | undefined {
  const algorithm = algorithmOf(key);
  if (algorithm === "ECDSA" && curveOf(key).ssh === undefined) return undefined;
  const jwk = key.export({ format: "jwk" });
  if (algorithm === "RSA") {
    const name = "ssh-rsa";
    return {
      name, publicBlob: Buffer.concat([field(name), bigint(jwk.e), bigint(jwk.n)]),
      privateBlob: Buffer.concat([field(name), bigint(jwk.n), bigint(jwk.e), bigint(jwk.d), bigint(jwk.qi), bigint(jwk.p), bigint(jwk.q)]),
    };
  }
  if (algorithm === "ED25519") {
    const name = "ssh-ed25519";
    const point = Buffer.from(jwk.x ?? "", "base64url");
    return {
      name, publicBlob: Buffer.concat([field(name), field(point)]),
      privateBlob: Buffer.concat([field(name), field(point), field(Buffer.concat([Buffer.from(jwk.d ?? "", "base64url"), point]))]),
    };
  }
  const curve = curveOf(key).ssh ?? "";
  const name = `ecdsa-sha2-${curve}`;
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(jwk.x ?? "", "base64url"), Buffer.from(jwk.y ?? "", "base64url")]);
  const publicBlob = Buffer.concat([field(name), field(curve), field(point)]);
  return { name, publicBlob, privateBlob: Buffer.concat([publicBlob, bigint(jwk.d)]) };
}

/** The private key in OpenSSH's own PEM, or "" for P224. */
export function opensshPrivate(key: KeyObject): string {
  const ssh = sshKey(key);
  if (ssh === undefined) return "";
  const check = randomBytes(4);
  const inner = Buffer.concat([check, check, ssh.privateBlob, field("")]);
  const padding = Buffer.from(Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, i) => i + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  return pem("OPENSSH PRIVATE KEY", Buffer.concat([Buffer.from("openssh-key-v1\0"), field("none"), field("none"), field(""), one, field(ssh.publicBlob), field(Buffer.concat([inner, padding]))]));
}

/** The public key's line for authorized_keys and its two fingerprints; all "" for P224. */
export function opensshPublic(key: KeyObject): { line: string; md5: string; sha256: string } {
  const ssh = sshKey(key);
  if (ssh === undefined) return { line: "", md5: "", sha256: "" };
  const md5 = createHash("md5").update(ssh.publicBlob).digest("hex").match(/../g) ?? [];
  return {
    line: `${ssh.name} ${ssh.publicBlob.toString("base64")}\n`, md5: md5.join(":"),
    sha256: `SHA256:${createHash("sha256").update(ssh.publicBlob).digest("base64").replace(/=+$/, "")}`,
  };
}
