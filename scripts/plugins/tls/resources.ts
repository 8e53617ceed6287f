/** The four tls types. They live in the state alone: there is nothing outside to read, change or delete. */
import { createHash } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { checkInputs, isReserved } from "../bridge/check.ts";
import { diffInputs } from "../bridge/diff.ts";
import type { Fields } from "../bridge/schema.ts";
import { META, withFallbacks } from "../bridge/state.ts";
import { PluginError } from "../resource.ts";
import type { Context, DiffKind, Resource } from "../resource.ts";
import { UNKNOWN, isUnknown, secret } from "../wire/values.ts";
import type { Properties, Value } from "../wire/values.ts";
import { pem } from "./der.ts";
import { algorithmOf, generateKey, opensshPrivate, opensshPublic, pkcs8Pem, publicDer, readPrivateKey, traditionalPem } from "./keys.ts";
import type { Algorithm } from "./keys.ts";
import { CERT_REQUEST, LOCALLY_SIGNED_CERT, PRIVATE_KEY, SELF_SIGNED_CERT, tlsSchema } from "./tables.ts";
import { altNames, issueCertificate, makeRequest, nameOf, readCertificate, readRequest } from "./x509.ts";
import type { IssuedCertificate } from "./x509.ts";

interface Kind {
  readonly token: string;
  readonly fields: Fields;
  /** Makes the thing: its id and the outputs beyond its inputs. */
  readonly make: (inputs: Properties, context: Context) => Promise<{ id: string; outputs: Properties }>;
  /** Certificates run out: then they are made anew. */
  readonly expires: boolean;
  readonly meta?: string;
}

const sha1 = (bytes: Buffer): string => createHash("sha1").update(bytes).digest("hex");

async function makePrivateKey(inputs: Properties): Promise<{ id: string; outputs: Properties }> {
  const key = await generateKey(String(inputs["algorithm"]) as Algorithm, Number(inputs["rsaBits"]), String(inputs["ecdsaCurve"]));
  const ssh = opensshPublic(key);
  const publicBytes = publicDer(key);
  return {
    id: sha1(publicBytes),
    outputs: {
      privateKeyPem: traditionalPem(key), privateKeyPemPkcs8: pkcs8Pem(key), privateKeyOpenssh: opensshPrivate(key), publicKeyPem: pem("PUBLIC KEY", publicBytes),
      publicKeyOpenssh: ssh.line, publicKeyFingerprintMd5: ssh.md5, publicKeyFingerprintSha256: ssh.sha256,
    },
  };
}

async function makeCertRequest(inputs: Properties): Promise<{ id: string; outputs: Properties }> {
  const key = readPrivateKey(String(inputs["privateKeyPem"]), "privateKeyPem");
  const der = makeRequest(key, nameOf(inputs["subject"]), altNames(inputs));
  return { id: sha1(der), outputs: { certRequestPem: pem("CERTIFICATE REQUEST", der), keyAlgorithm: algorithmOf(key) } };
}

function certificateParts(inputs: Properties, key: KeyObject): Pick<Parameters<typeof issueCertificate>[0], "issuerKey" | "notBefore" | "validityHours" | "uses" | "isCa" | "maxPathLength" | "setSubjectKeyId"> {
  const length = inputs["maxPathLength"];
  return {
    issuerKey: key, notBefore: new Date(), validityHours: Number(inputs["validityPeriodHours"]),
    uses: Array.isArray(inputs["allowedUses"]) ? inputs["allowedUses"].map(String) : [], isCa: inputs["isCaCertificate"] === true,
    maxPathLength: typeof length === "number" ? length : undefined, setSubjectKeyId: inputs["setSubjectKeyId"] === true,
  };
}

function certificateOutputs(inputs: Properties, issued: IssuedCertificate, notBefore: Date): Properties {
  const hours = Number(inputs["validityPeriodHours"]);
  return {
    certPem: pem("CERTIFICATE", issued.der), readyForRenewal: hours === 0 || Number(inputs["earlyRenewalHours"] ?? 0) >= hours,
    validityStartTime: notBefore.toISOString(), validityEndTime: issued.notAfter.toISOString(),
  };
}

async function makeSelfSigned(inputs: Properties): Promise<{ id: string; outputs: Properties }> {
  const key = readPrivateKey(String(inputs["privateKeyPem"]), "privateKeyPem");
  const subject = nameOf(inputs["subject"]);
  const parts = certificateParts(inputs, key);
  const issued = issueCertificate({
    ...parts, subject, issuer: subject, publicKey: publicDer(key), altNames: altNames(inputs), issuerKeyId: undefined, setAuthorityKeyId: inputs["setAuthorityKeyId"] === true,
  });
  return { id: issued.serial, outputs: { ...certificateOutputs(inputs, issued, parts.notBefore), keyAlgorithm: algorithmOf(key) } };
}

async function makeLocallySigned(inputs: Properties, context: Context): Promise<{ id: string; outputs: Properties }> {
  const request = readRequest(String(inputs["certRequestPem"]), "certRequestPem");
  const key = readPrivateKey(String(inputs["caPrivateKeyPem"]), "caPrivateKeyPem");
  const ca = readCertificate(String(inputs["caCertPem"]), "caCertPem");
  if (!ca.publicKey.equals(publicDer(key))) throw new PluginError("\"caPrivateKeyPem\" is not the key of \"caCertPem\": the certificate would not verify");
  if (!ca.isCa) context.log("warning", "\"caCertPem\" is not a certificate of an authority (isCaCertificate): what it signs may fail to verify");
  const parts = certificateParts(inputs, key);
  const issued = issueCertificate({
    ...parts, subject: request.subject, publicKey: request.publicKey, altNames: request.altNames, issuer: ca.subject, issuerKeyId: ca.keyId, setAuthorityKeyId: false,
  });
  return { id: issued.serial, outputs: { ...certificateOutputs(inputs, issued, parts.notBefore), caKeyAlgorithm: algorithmOf(key) } };
}

export const TLS_KINDS: readonly Kind[] = [
  { token: "tls:index/privateKey:PrivateKey", fields: PRIVATE_KEY, make: makePrivateKey, expires: false, meta: JSON.stringify({ schema_version: "1" }) },
  { token: "tls:index/certRequest:CertRequest", fields: CERT_REQUEST, make: makeCertRequest, expires: false },
  { token: "tls:index/selfSignedCert:SelfSignedCert", fields: SELF_SIGNED_CERT, make: makeSelfSigned, expires: true },
  { token: "tls:index/locallySignedCert:LocallySignedCert", fields: LOCALLY_SIGNED_CERT, make: makeLocallySigned, expires: true },
];

/** Older states keep the SHA-1 of a PEM text in place of the text: then a difference means nothing. */
function hashedPem(name: string, old: Value | undefined): boolean {
  return name.endsWith("Pem") && typeof old === "string" && !old.includes("-----BEGIN");
}

/** True when the certificate has run out, or its time for early renewal has come. */
export function readyForRenewal(state: Properties, inputs: Properties, now: number): boolean {
  const end = Date.parse(String(state["validityEndTime"] ?? ""));
  return Number.isFinite(end) && end - Number(inputs["earlyRenewalHours"] ?? 0) * 3_600_000 <= now;
}

export function tlsResource(kind: Kind): Resource {
  const outputNames = Object.keys(tlsSchema.resources[kind.token]?.outputs ?? {});
  const secretNames = outputNames.filter((name) => tlsSchema.resources[kind.token]?.outputs[name]?.secret === true);
  const sealed = (properties: Properties): Properties => {
    const out = { ...properties };
    for (const name of secretNames) if (out[name] !== undefined) out[name] = secret(out[name]);
    return out;
  };
  const finished = (outputs: Properties): Properties => sealed({ ...outputs, ...(kind.meta === undefined ? {} : { [META]: kind.meta }) });

  return {
    check({ news }) {
      const { inputs, failures } = checkInputs(kind.fields, {}, news, { defaults: false });
      return { inputs: sealed(inputs), failures };
    },
    diff({ state, news }) {
      const changes: Map<string, DiffKind> = diffInputs(kind.fields, state, news, hashedPem);
      if (kind.expires && readyForRenewal(state, news, Date.now())) changes.set("readyForRenewal", "update-replace");
      return { changes, deleteBeforeReplace: false };
    },
    async create({ inputs, preview }, context) {
      const wanted = withFallbacks(kind.fields, inputs);
      if (preview || Object.values(wanted).some(isUnknown)) {
        const computed = outputNames.filter((name) => wanted[name] === undefined && name !== "maxPathLength" && !(name in kind.fields));
        return { id: "", outputs: sealed({ ...Object.fromEntries(computed.map((name) => [name, UNKNOWN])), ...wanted }) };
      }
      if (context.signal.aborted) throw new PluginError("cancelled before the create began; nothing was changed");
      const made = await kind.make(wanted, context);
      return { id: made.id, outputs: finished({ ...wanted, ...made.outputs }) };
    },
    async read({ id, state, inputs }) {
      if (Object.keys(state).length === 0) throw new PluginError(`${kind.token} cannot be imported: it exists in the state only`);
      const outputs = Object.fromEntries(Object.entries(state).filter(([name]) => !isReserved(name)));
      if (kind.expires && readyForRenewal(state, inputs, Date.now())) outputs["readyForRenewal"] = true;
      return { id, outputs: finished(outputs), inputs: sealed(inputs) };
    },
    async update({ state, inputs }) {
      const kept = Object.fromEntries(Object.entries(state).filter(([name]) => !isReserved(name)));
      return finished({ ...kept, ...withFallbacks(kind.fields, inputs) });
    },
    delete: () => Promise.resolve(),
  };
}
