import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { Plan } from "../../plan/model.ts";

/** Ten years; the CA stays on the operator's machine. */
const CA_HOURS = 87_600;
/** Browsers refuse leaf certificates over 398 days (CA/Browser Forum ballot SC31). */
const LEAF_HOURS = 9_528;
/** Renewed by the first `up` within 30 days of the end. */
const RENEW_HOURS = 720;

export interface CertificatesArgs {
  readonly plan: Plan;
  /** Further names and addresses that people connect to. */
  readonly names: readonly string[];
  readonly addresses: readonly string[];
}

/** A local certificate authority and one server certificate for every ingest and viewer name of the topology. */
export class LocalCertificates extends pulumi.ComponentResource {
  /** PEM of the CA, for people to trust. */
  readonly ca: pulumi.Output<string>;
  /** PEM chain and key that hosts show. */
  readonly chain: pulumi.Output<string>;
  readonly key: pulumi.Output<string>;

  constructor(name: string, args: CertificatesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headend:local:Certificates", name, {}, opts);
    const parent = { parent: this };
    const caKey = new tls.PrivateKey(`${name}-ca-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, parent);
    const ca = new tls.SelfSignedCert(`${name}-ca`, {
      privateKeyPem: caKey.privateKeyPem, isCaCertificate: true, validityPeriodHours: CA_HOURS,
      subject: { commonName: `headend ${args.plan.name} local CA`, organization: "headend" },
      allowedUses: ["cert_signing", "crl_signing"], setSubjectKeyId: true,
    }, parent);
    const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, parent);
    const request = new tls.CertRequest(`${name}-request`, {
      privateKeyPem: key.privateKeyPem, dnsNames: [...new Set(args.names)].sort(), ipAddresses: [...new Set(args.addresses)].sort(),
      subject: { commonName: args.plan.domain ?? "localhost", organization: "headend" },
    }, parent);
    const leaf = new tls.LocallySignedCert(`${name}-cert`, {
      certRequestPem: request.certRequestPem, caPrivateKeyPem: caKey.privateKeyPem, caCertPem: ca.certPem,
      validityPeriodHours: LEAF_HOURS, earlyRenewalHours: RENEW_HOURS, allowedUses: ["digital_signature", "server_auth"], setSubjectKeyId: true,
    }, parent);
    this.ca = ca.certPem;
    this.chain = pulumi.interpolate`${leaf.certPem}${ca.certPem}`;
    this.key = key.privateKeyPem;
    this.registerOutputs({});
  }
}
