/** Field tables of the tls types; replacement rules and defaults are of terraform-provider-tls 4.x, whose schema does not tell them. */
import schema from "../schemas/tls.json" with { type: "json" };
import { atLeast, fieldsOf, oneOf } from "../bridge/schema.ts";
import type { SchemaFile, Validator } from "../bridge/schema.ts";
import { CURVES } from "./keys.ts";
import { EXTENDED_USAGES, KEY_USAGES } from "./x509.ts";

export const tlsSchema = schema as unknown as SchemaFile;

const usesValidator: Validator = (value) => {
  const known = [...Object.keys(KEY_USAGES), ...Object.keys(EXTENDED_USAGES)].sort();
  const wrong = Array.isArray(value) ? value.filter((use) => typeof use === "string" && use !== "04da6b54-80e4-46f7-96ec-b56ff0331ba9" && !known.includes(use)) : [];
  return wrong.length === 0 ? undefined : `${wrong.map((use) => JSON.stringify(use)).join(", ")} is not a key usage; use ${known.join(", ")}`;
};

export const PRIVATE_KEY = fieldsOf(tlsSchema, "tls:index/privateKey:PrivateKey", {
  fallbacks: { ecdsaCurve: "P224", rsaBits: 2048 },
  lists: [],
  forceNew: ["algorithm", "ecdsaCurve", "rsaBits"],
  validators: { algorithm: oneOf("RSA", "ECDSA", "ED25519"), ecdsaCurve: oneOf(...Object.keys(CURVES)), rsaBits: atLeast(1024) },
});

const NAMES = ["dnsNames", "ipAddresses", "uris", "subject"] as const;
const CERTIFICATE = ["allowedUses", "isCaCertificate", "maxPathLength", "setSubjectKeyId", "validityPeriodHours"] as const;
const CERTIFICATE_VALIDATORS = { allowedUses: usesValidator, validityPeriodHours: atLeast(0), earlyRenewalHours: atLeast(0), maxPathLength: atLeast(-1) };
const CERTIFICATE_FALLBACKS = { earlyRenewalHours: 0, isCaCertificate: false, setSubjectKeyId: false };

export const CERT_REQUEST = fieldsOf(tlsSchema, "tls:index/certRequest:CertRequest", {
  lists: ["dnsNames", "ipAddresses", "uris", "subject.streetAddresses"],
  forceNew: [...NAMES, "privateKeyPem"],
});

export const SELF_SIGNED_CERT = fieldsOf(tlsSchema, "tls:index/selfSignedCert:SelfSignedCert", {
  fallbacks: { ...CERTIFICATE_FALLBACKS, setAuthorityKeyId: false },
  lists: ["allowedUses", "dnsNames", "ipAddresses", "uris", "subject.streetAddresses"],
  forceNew: [...NAMES, ...CERTIFICATE, "privateKeyPem", "setAuthorityKeyId"],
  validators: CERTIFICATE_VALIDATORS,
});

export const LOCALLY_SIGNED_CERT = fieldsOf(tlsSchema, "tls:index/locallySignedCert:LocallySignedCert", {
  fallbacks: CERTIFICATE_FALLBACKS,
  lists: ["allowedUses"],
  forceNew: [...CERTIFICATE, "caCertPem", "caPrivateKeyPem", "certRequestPem"],
  validators: CERTIFICATE_VALIDATORS,
});
