import { describe, expect, it } from "vitest";
import { X509Certificate, createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { element, integer, oid, time } from "../../../scripts/plugins/tls/der.ts";
import { plainProperties } from "../../../scripts/plugins/wire/values.ts";
import type { Properties } from "../../../scripts/plugins/wire/values.ts";
import { context, resource } from "./support.ts";

async function make(type: string, inputs: Properties): Promise<Properties> {
  const { outputs } = await resource(type).create({ inputs, preview: false, timeoutSeconds: 0 }, context());
  return plainProperties(outputs);
}
const KEY = "tls:index/privateKey:PrivateKey";
const SELF = "tls:index/selfSignedCert:SelfSignedCert";

const ALGORITHMS: readonly (readonly [Properties, string, string])[] = [
  [{ algorithm: "RSA", rsaBits: 1024 }, "RSA PRIVATE KEY", "ssh-rsa"],
  [{ algorithm: "ECDSA" }, "EC PRIVATE KEY", ""],
  [{ algorithm: "ECDSA", ecdsaCurve: "P256" }, "EC PRIVATE KEY", "ecdsa-sha2-nistp256"],
  [{ algorithm: "ECDSA", ecdsaCurve: "P384" }, "EC PRIVATE KEY", "ecdsa-sha2-nistp384"],
  [{ algorithm: "ECDSA", ecdsaCurve: "P521" }, "EC PRIVATE KEY", "ecdsa-sha2-nistp521"],
  [{ algorithm: "ED25519" }, "PRIVATE KEY", "ssh-ed25519"],
];

describe.each(ALGORITHMS)("%j", (inputs, label, ssh) => {
  it("makes a key, a request and two certificates that verify", async () => {
    const key = await make(KEY, inputs);
    expect(String(key["privateKeyPem"]).startsWith(`-----BEGIN ${label}-----\n`)).toBe(true);
    const spki = createPublicKey(createPrivateKey(String(key["privateKeyPemPkcs8"]))).export({ type: "spki", format: "pem" });
    expect(key["publicKeyPem"]).toBe(spki);
    expect(String(key["publicKeyOpenssh"]).split(" ")[0]).toBe(ssh);
    if (ssh !== "") {
      const blob = Buffer.from(String(key["publicKeyOpenssh"]).split(" ")[1] ?? "", "base64");
      expect(key["publicKeyFingerprintSha256"]).toBe(`SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`);
      expect(String(key["privateKeyOpenssh"])).toContain("BEGIN OPENSSH PRIVATE KEY");
    }
    const ca = await make(SELF, { privateKeyPem: key["privateKeyPem"] ?? "", isCaCertificate: true, maxPathLength: 0, validityPeriodHours: 24, allowedUses: ["cert_signing", "crl_signing"], subject: { commonName: "CA ü", organization: "o", country: "CH" } });
    const root = new X509Certificate(String(ca["certPem"]));
    expect([root.ca, root.verify(root.publicKey), root.subject]).toEqual([true, true, "C=CH\nO=o\nCN=CA ü"]);
    const request = await make("tls:index/certRequest:CertRequest", { privateKeyPem: key["privateKeyPem"] ?? "", dnsNames: ["*.a.test"], ipAddresses: ["::ffff:1.2.3.4", "fe80::1"], uris: ["https://a.test/x"] });
    const cert = await make("tls:index/locallySignedCert:LocallySignedCert", { certRequestPem: request["certRequestPem"] ?? "", caPrivateKeyPem: key["privateKeyPem"] ?? "", caCertPem: ca["certPem"] ?? "", validityPeriodHours: 1, allowedUses: ["digital_signature", "server_auth"], setSubjectKeyId: true });
    const leaf = new X509Certificate(String(cert["certPem"]));
    expect([leaf.ca, leaf.verify(root.publicKey), leaf.checkIssued(root), leaf.checkHost("x.a.test")]).toEqual([false, true, true, "*.a.test"]);
    expect(leaf.subjectAltName).toBe("DNS:*.a.test, IP Address:0:0:0:0:0:FFFF:102:304, IP Address:FE80:0:0:0:0:0:0:1, URI:https://a.test/x");
    expect(cert).toMatchObject({ readyForRenewal: false, earlyRenewalHours: 0, isCaCertificate: false, caKeyAlgorithm: inputs["algorithm"] });
  });
});

describe("what cannot be done", () => {
  it("says so without showing the key", async () => {
    await expect(make(SELF, { privateKeyPem: "hunter22", validityPeriodHours: 1, allowedUses: [] })).rejects.toThrow("\"privateKeyPem\" holds no PEM block");
    const [a, b] = [await make(KEY, { algorithm: "ED25519" }), await make(KEY, { algorithm: "ED25519" })];
    const ca = await make(SELF, { privateKeyPem: a["privateKeyPem"] ?? "", isCaCertificate: true, validityPeriodHours: 1, allowedUses: [], subject: { commonName: "x" } });
    const request = await make("tls:index/certRequest:CertRequest", { privateKeyPem: b["privateKeyPem"] ?? "" });
    await expect(make("tls:index/locallySignedCert:LocallySignedCert", { certRequestPem: request["certRequestPem"] ?? "", caPrivateKeyPem: b["privateKeyPem"] ?? "", caCertPem: ca["certPem"] ?? "", validityPeriodHours: 1, allowedUses: [] })).rejects.toThrow("is not the key of");
  });
});

describe("DER", () => {
  it("encodes known values", () => {
    expect(oid("1.2.840.113549").toString("hex")).toBe("06062a864886f70d");
    expect(integer(Buffer.from([0, 0x80])).toString("hex")).toBe("02020080");
    expect(element(4, Buffer.alloc(200)).subarray(0, 3).toString("hex")).toBe("0481c8");
    expect(time(new Date("2049-12-31T23:59:59Z")).subarray(2).toString()).toBe("491231235959Z");
    expect(time(new Date("2050-01-01T00:00:00Z")).subarray(2).toString()).toBe("20500101000000Z");
  });
});
