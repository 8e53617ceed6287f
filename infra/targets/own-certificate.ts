import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

/** A certificate chain, leaf first, and the leaf's key: PEM texts. */
export interface OwnCertificate { readonly chain: string; readonly key: string }

/** Files as the user names them, for messages. */
export interface CertificateNames { readonly chain: string; readonly key: string }

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Looks at the user's own certificate before any host gets it: MediaMTX reads certificates only when it opens its ports, so a bad
 * one would pass its test and interrupt publishers until hostd has put the old one back.
 * @returns the same, each PEM block on lines of its own
 * @throws Error that says which file is wrong and what to do
 */
export function checkedCertificate({ chain, key }: OwnCertificate, names: CertificateNames, now: Date): OwnCertificate {
  const blocks = chain.match(BLOCK) ?? [];
  const [leaf] = blocks.map((pem) => parsed(() => new X509Certificate(pem), `${names.chain} (headend:certificateFile) holds a certificate that cannot be read. Give the full chain in PEM form, your own certificate first.`));
  if (!leaf) throw new Error(`${names.chain} (headend:certificateFile) holds no certificate. Give the full chain in PEM form, your own certificate first (fullchain.pem of Let's Encrypt).`);
  const secret: KeyObject = parsed(() => createPrivateKey(key), `${names.key} (headend:certificateKeyFile) holds no private key that can be read. Give it in PEM form, without a passphrase.`);
  if (!leaf.checkPrivateKey(secret)) {
    throw new Error(`${names.key} (headend:certificateKeyFile) is not the key of the first certificate in ${names.chain} (${leaf.subject.replaceAll("\n", ", ")}). The chain must begin with your own certificate.`);
  }
  if (new Date(leaf.validTo) <= now) throw new Error(`The certificate in ${names.chain} ended on ${leaf.validTo}. Renew it, then run again.`);
  return { chain: `${blocks.join("\n")}\n`, key };
}

function parsed<T>(read: () => T, message: string): T {
  try { return read(); } catch { throw new Error(message); }
}
