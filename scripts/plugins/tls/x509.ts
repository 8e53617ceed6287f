/** Certificates and certificate requests in DER, laid out as Go's crypto/x509 does. */
import { createHash, createPublicKey, randomBytes, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import net from "node:net";
import { PluginError } from "../resource.ts";
import { isObject } from "../wire/values.ts";
import type { Properties, Value } from "../wire/values.ts";
import { TAG, bits, boolean, element, integer, octets, oid, parse, parseSequence, sequence, text, time, unpem } from "./der.ts";
import type { Node } from "./der.ts";
import { publicDer, signDer } from "./keys.ts";

/** Bit numbers of key usages (RFC 5280, 4.2.1.3). */
export const KEY_USAGES: Readonly<Record<string, number>> = {
  digital_signature: 0, content_commitment: 1, key_encipherment: 2, data_encipherment: 3, key_agreement: 4, cert_signing: 5,
  crl_signing: 6, encipher_only: 7, decipher_only: 8,
};

export const EXTENDED_USAGES: Readonly<Record<string, string>> = {
  any_extended: "2.5.29.37.0", server_auth: "1.3.6.1.5.5.7.3.1", client_auth: "1.3.6.1.5.5.7.3.2", code_signing: "1.3.6.1.5.5.7.3.3",
  email_protection: "1.3.6.1.5.5.7.3.4", ipsec_end_system: "1.3.6.1.5.5.7.3.5", ipsec_tunnel: "1.3.6.1.5.5.7.3.6", ipsec_user: "1.3.6.1.5.5.7.3.7",
  timestamping: "1.3.6.1.5.5.7.3.8", ocsp_signing: "1.3.6.1.5.5.7.3.9", microsoft_server_gated_crypto: "1.3.6.1.4.1.311.10.3.3",
  netscape_server_gated_crypto: "2.16.840.1.113730.4.1", microsoft_commercial_code_signing: "1.3.6.1.4.1.311.2.1.22", microsoft_kernel_code_signing: "1.3.6.1.4.1.311.61.1.1",
};

const EXTENSION = {
  subjectKeyId: "2.5.29.14", keyUsage: "2.5.29.15", subjectAltName: "2.5.29.17", basicConstraints: "2.5.29.19", authorityKeyId: "2.5.29.35", extKeyUsage: "2.5.29.37",
} as const;

/** Distinguished-name attributes in Go's order. */
const NAME_PARTS: readonly (readonly [property: string, oid: string])[] = [
  ["country", "2.5.4.6"], ["organization", "2.5.4.10"], ["organizationalUnit", "2.5.4.11"], ["locality", "2.5.4.7"], ["province", "2.5.4.8"],
  ["streetAddresses", "2.5.4.9"], ["postalCode", "2.5.4.17"], ["commonName", "2.5.4.3"], ["serialNumber", "2.5.4.5"],
];

/** DER of a name from a `subject` input. */
export function nameOf(subject: Value | undefined): Buffer {
  if (!isObject(subject)) return sequence();
  const rdns = NAME_PARTS.flatMap(([property, type]) => {
    const value = subject[property];
    const values = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
    const attributes = values.filter((v) => v !== "" || !Array.isArray(value)).map((v) => sequence(oid(type), text(String(v))));
    return attributes.length === 0 || value === "" ? [] : [element(TAG.set, ...attributes)];
  });
  const email = subject["emailAddress"];
  if (typeof email === "string" && email !== "") rdns.push(element(TAG.set, sequence(oid("1.2.840.113549.1.9.1"), element(TAG.ia5, Buffer.from(email)))));
  return sequence(...rdns);
}

function extension(type: string, critical: boolean, content: Buffer): Buffer {
  return sequence(oid(type), ...(critical ? [boolean(true)] : []), octets(content));
}

/** The subjectAltName content of the inputs' dnsNames, ipAddresses and uris, or undefined when there are none. */
export function altNames(inputs: Properties): Buffer | undefined {
  const list = (key: string): string[] => (Array.isArray(inputs[key]) ? inputs[key].map(String) : []);
  const names = [
    ...list("dnsNames").map((name) => element(0x82, Buffer.from(name, "latin1"))),
    ...list("ipAddresses").map((ip) => element(0x87, ipBytes(ip))),
    ...list("uris").map((uri) => element(0x86, Buffer.from(uri, "latin1"))),
  ];
  return names.length === 0 ? undefined : sequence(...names);
}

function ipBytes(ip: string): Buffer {
  if (net.isIPv4(ip)) return Buffer.from(ip.split(".").map(Number));
  if (!net.isIPv6(ip)) throw new PluginError(`"ipAddresses": "${ip}" is not an IP address`);
  const [head = "", tail] = ip.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) =>
    `${((Number(a) << 8) | Number(b)).toString(16)}:${((Number(c) << 8) | Number(d)).toString(16)}`).split("::");
  const groups = (part: string | undefined): string[] => (part === undefined || part === "" ? [] : part.split(":"));
  const left = groups(head);
  const right = groups(tail);
  const all = tail === undefined ? left : [...left, ...Array.from({ length: 8 - left.length - right.length }, () => "0"), ...right];
  return Buffer.from(all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]));
}

/** Everything a certificate is made of. */
export interface CertificateParts {
  readonly subject: Buffer;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Buffer;
  readonly altNames: Buffer | undefined;
  readonly issuer: Buffer;
  readonly issuerKey: KeyObject;
  readonly issuerKeyId: Buffer | undefined;
  readonly notBefore: Date;
  readonly validityHours: number;
  readonly uses: readonly string[];
  readonly isCa: boolean;
  readonly maxPathLength: number | undefined;
  readonly setSubjectKeyId: boolean;
  /** Self-signed only: repeat the subject key identifier as the authority's. */
  readonly setAuthorityKeyId: boolean;
}

export interface IssuedCertificate { readonly der: Buffer; readonly serial: string; readonly notAfter: Date }

/** Signs a certificate with a random 127-bit serial number. */
export function issueCertificate(parts: CertificateParts): IssuedCertificate {
  const serial = randomBytes(16);
  serial[0] = (serial[0] ?? 0) & 0x7f;
  const notAfter = new Date(parts.notBefore.getTime() + parts.validityHours * 3_600_000);
  const empty = sequence();
  if (parts.isCa && parts.subject.equals(empty)) throw new PluginError("\"subject\" must name at least one part (for example commonName) in a certificate of an authority (isCaCertificate)");
  const keyId = parts.isCa || parts.setSubjectKeyId ? subjectKeyId(parts.publicKey) : undefined;
  const extensions: Buffer[] = [];
  const usage = keyUsageBits(parts.uses);
  if (usage !== undefined) extensions.push(extension(EXTENSION.keyUsage, true, usage));
  const extended = parts.uses.flatMap((use) => (EXTENDED_USAGES[use] === undefined ? [] : [oid(EXTENDED_USAGES[use])]));
  if (extended.length > 0) extensions.push(extension(EXTENSION.extKeyUsage, false, sequence(...extended)));
  const pathLength = parts.isCa && parts.maxPathLength !== undefined && parts.maxPathLength >= 0 ? [integer(numberBytes(parts.maxPathLength))] : [];
  extensions.push(extension(EXTENSION.basicConstraints, true, sequence(...(parts.isCa ? [boolean(true)] : []), ...pathLength)));
  if (keyId !== undefined) extensions.push(extension(EXTENSION.subjectKeyId, false, octets(keyId)));
  const authority = parts.issuer.equals(parts.subject) ? (parts.setAuthorityKeyId ? parts.issuerKeyId ?? keyId : undefined) : parts.issuerKeyId;
  if (parts.setAuthorityKeyId && authority === undefined) throw new PluginError("\"setAuthorityKeyId\" needs \"setSubjectKeyId\": without it there is no identifier to repeat");
  if (authority !== undefined) extensions.push(extension(EXTENSION.authorityKeyId, false, sequence(element(0x80, authority))));
  if (parts.altNames !== undefined) extensions.push(extension(EXTENSION.subjectAltName, parts.subject.equals(empty), parts.altNames));

  const { algorithm } = signDer(parts.issuerKey, Buffer.alloc(0));
  const body = sequence(
    element(0xa0, integer(Buffer.from([2]))), integer(serial), algorithm, parts.issuer, sequence(time(parts.notBefore), time(notAfter)),
    parts.subject, parts.publicKey, element(0xa3, sequence(...extensions)),
  );
  const { signature } = signDer(parts.issuerKey, body);
  return { der: sequence(body, algorithm, bits(signature)), serial: BigInt(`0x${serial.toString("hex")}`).toString(), notAfter };
}

function numberBytes(value: number): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 1 ? `0${hex}` : hex, "hex");
}

function keyUsageBits(uses: readonly string[]): Buffer | undefined {
  const set = uses.flatMap((use) => (KEY_USAGES[use] === undefined ? [] : [KEY_USAGES[use]]));
  if (set.length === 0) return undefined;
  const last = Math.max(...set);
  const bytes = Buffer.alloc(Math.floor(last / 8) + 1);
  for (const bit of set) bytes[Math.floor(bit / 8)] = (bytes[Math.floor(bit / 8)] ?? 0) | (0x80 >> (bit % 8));
  return bits(bytes, 7 - (last % 8));
}

/** SHA-1 of the public key's bits (RFC 5280, 4.2.1.2, method 1); upstream hashes ED25519 keys in their octet-string form. */
function subjectKeyId(publicKey: Buffer): Buffer {
  const [algorithm, key] = parseSequence(publicKey);
  if (algorithm === undefined || key === undefined) throw new RangeError("not a public key");
  const raw = key.content.subarray(1);
  const ed25519 = algorithm.content.equals(oid("1.3.101.112"));
  return createHash("sha1").update(ed25519 ? octets(raw) : raw).digest();
}

/** A certificate request (PKCS#10), signed by its own key. */
export function makeRequest(key: KeyObject, subject: Buffer, names: Buffer | undefined): Buffer {
  const asked = names === undefined ? [] : [sequence(oid("1.2.840.113549.1.9.14"), element(TAG.set, sequence(extension(EXTENSION.subjectAltName, false, names))))];
  const body = sequence(integer(Buffer.from([0])), subject, publicDer(key), element(0xa0, ...asked));
  const { algorithm, signature } = signDer(key, body);
  return sequence(body, algorithm, bits(signature));
}

function blockOf(pemText: string, label: string, what: string): Buffer {
  const block = unpem(pemText);
  if (block === undefined) throw new PluginError(`"${what}" holds no PEM block: expected -----BEGIN ${label}-----`);
  if (block.label !== label) throw new PluginError(`"${what}" holds a PEM block "${block.label}", expected "${label}"`);
  return block.der;
}

/** Subject, public key and alternative names of a request. Its signature is checked: a request nobody signed proves nothing. */
export function readRequest(pemText: string, what: string): { subject: Buffer; publicKey: Buffer; altNames: Buffer | undefined } {
  const der = blockOf(pemText, "CERTIFICATE REQUEST", what);
  try {
    const [body, algorithm, signature] = parseSequence(der);
    const [, subject, publicKey, attributes] = parse(body?.content ?? Buffer.alloc(0));
    if (body === undefined || algorithm === undefined || signature === undefined || subject === undefined || publicKey === undefined) throw new RangeError("incomplete");
    const key = createPublicKey({ key: publicKey.whole, format: "der", type: "spki" });
    if (!verify(hashOf(algorithm), body.whole, key, signature.content.subarray(1))) throw new RangeError("its signature does not fit its key");
    const asked = (attributes === undefined ? [] : parse(attributes.content)).map((a) => parse(a.content)).find(([type]) => type?.whole.equals(oid("1.2.840.113549.1.9.14")));
    const extensions = asked?.[1] === undefined ? [] : parse(parse(asked[1].content)[0]?.content ?? Buffer.alloc(0));
    return { subject: subject.whole, publicKey: publicKey.whole, altNames: findExtension(extensions, EXTENSION.subjectAltName) };
  } catch (error) {
    throw new PluginError(`"${what}" is not a readable certificate request: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Subject, key identifier and CA flag of a certificate. */
export function readCertificate(pemText: string, what: string): { subject: Buffer; keyId: Buffer | undefined; isCa: boolean; publicKey: Buffer } {
  const der = blockOf(pemText, "CERTIFICATE", what);
  try {
    const fields = parse(parseSequence(der)[0]?.content ?? Buffer.alloc(0)).filter((node) => node.tag !== 0xa0);
    const subject = fields[4];
    const publicKey = fields[5];
    if (subject === undefined || publicKey === undefined) throw new RangeError("incomplete");
    const wrapped = fields.find((node) => node.tag === 0xa3);
    const extensions = wrapped === undefined ? [] : parse(parse(wrapped.content)[0]?.content ?? Buffer.alloc(0));
    const keyId = findExtension(extensions, EXTENSION.subjectKeyId);
    const constraints = findExtension(extensions, EXTENSION.basicConstraints);
    return {
      subject: subject.whole, publicKey: publicKey.whole, keyId: keyId === undefined ? undefined : parse(keyId)[0]?.content,
      isCa: constraints !== undefined && parseSequence(constraints)[0]?.tag === TAG.boolean,
    };
  } catch (error) {
    throw new PluginError(`"${what}" is not a readable certificate: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function findExtension(extensions: readonly Node[], type: string): Buffer | undefined {
  const found = extensions.map((e) => parse(e.content)).find(([id]) => id?.whole.equals(oid(type)));
  return found?.at(-1)?.content;
}

/** Hash of a signature algorithm identifier; null for Ed25519, which has none. */
function hashOf(algorithm: Node): string | null {
  const id = parse(algorithm.content)[0]?.whole ?? Buffer.alloc(0);
  const known: readonly (readonly [string, string | null])[] = [
    ["1.2.840.113549.1.1.11", "sha256"], ["1.2.840.113549.1.1.12", "sha384"], ["1.2.840.113549.1.1.13", "sha512"],
    ["1.2.840.10045.4.3.2", "sha256"], ["1.2.840.10045.4.3.3", "sha384"], ["1.2.840.10045.4.3.4", "sha512"], ["1.3.101.112", null],
  ];
  const entry = known.find(([dotted]) => oid(dotted).equals(id));
  if (entry === undefined) throw new RangeError("unknown signature algorithm");
  return entry[1];
}
