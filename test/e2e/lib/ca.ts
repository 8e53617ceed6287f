/** A certificate authority for one test run, and certificates from it. */
import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

export interface KeyPairPem { readonly cert: string; readonly key: string }
export interface TestCa { readonly pem: string; issue(names: readonly string[]): Promise<KeyPairPem> }

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;
let serial = 1;

/** Makes a CA that lives for two days. */
export async function makeCa(): Promise<TestCa> {
  const crypto = webcrypto;
  x509.cryptoProvider.set(crypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  const dates = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
  const pair = async (): Promise<webcrypto.CryptoKeyPair> => await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const pem = async (k: webcrypto.CryptoKey): Promise<string> => x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", k), "PRIVATE KEY");
  const keys = await pair();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01", name: "CN=headend test CA", ...dates, signingAlgorithm: ALGORITHM, keys,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true), await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)],
  });
  return {
    pem: ca.toString("pem"),
    issue: async (names) => {
      const own = await pair();
      const cert = await x509.X509CertificateGenerator.create({
        serialNumber: (++serial).toString(16).padStart(2, "0"), subject: "CN=headend test", issuer: ca.subject, ...dates, signingAlgorithm: ALGORITHM, publicKey: own.publicKey, signingKey: keys.privateKey,
        extensions: [new x509.BasicConstraintsExtension(false), new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]), new x509.SubjectAlternativeNameExtension(names.map((n) => ({ type: isIP(n) ? "ip" : "dns", value: n }))), await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey)],
      });
      return { cert: cert.toString("pem"), key: await pem(own.privateKey) };
    },
  };
}
