import { Certificate } from "@pulumi/aws/acm/certificate.js";
import { CertificateValidation } from "@pulumi/aws/acm/certificateValidation.js";
import { CachePolicy } from "@pulumi/aws/cloudfront/cachePolicy.js";
import { Distribution, type DistributionArgs } from "@pulumi/aws/cloudfront/distribution.js";
import { Function as EdgeFunction } from "@pulumi/aws/cloudfront/function.js";
import { KeyGroup } from "@pulumi/aws/cloudfront/keyGroup.js";
import { MonitoringSubscription } from "@pulumi/aws/cloudfront/monitoringSubscription.js";
import { OriginRequestPolicy } from "@pulumi/aws/cloudfront/originRequestPolicy.js";
import { PublicKey } from "@pulumi/aws/cloudfront/publicKey.js";
import { ResponseHeadersPolicy } from "@pulumi/aws/cloudfront/responseHeadersPolicy.js";
import { Record } from "@pulumi/aws/route53/record.js";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { CACHED_ERRORS, type CacheKind, type CdnPlan, ERROR_TTL_SECONDS } from "./cdn-plan.ts";
import { type AwsContext, nameOf, regionOf } from "./context.ts";
import type { PublicZone } from "./dns.ts";
import type { PublicNames } from "./public-names.ts";
import { GLOBAL_REGION, regionFacts } from "./regions.ts";

/** Header that CloudFront adds on its way to distributors. */
export const LOCK_HEADER = "x-headend-edge";
/** Header that tells distributors by which way a request came. */
export const VIA_HEADER = "x-headend-via";
const YEAR = 31_536_000;

type Origin = DistributionArgs["origins"] extends pulumi.Input<(infer O)[]> ? O : never;

export interface CdnArgs {
  readonly context: AwsContext;
  readonly cdn: CdnPlan;
  readonly zone: PublicZone;
  readonly names: PublicNames;
  /** Value of {@link LOCK_HEADER}. */
  readonly lock: string;
}

/** CloudFront in front of the distributors. Viewers' traffic is the largest part of the bill: $0.085 a GB in Europe and North America. */
export class Cdn extends pulumi.ComponentResource {
  readonly distribution: Distribution;
  /** For whoever signs viewers' cookies; null where no stream asks for them. */
  readonly signing: { readonly keyPairId: pulumi.Output<string>; readonly privateKey: pulumi.Output<string> } | null;

  constructor(private readonly args: CdnArgs, opts?: pulumi.ComponentResourceOptions) {
    const { context, cdn, zone, names } = args;
    super("headend:aws:Cdn", "cdn", { behaviours: cdn.behaviours.map((b) => `${b.pattern} ${b.kind}${b.signed ? ", signed cookie" : ""}`), guard: cdn.guard }, opts);
    const key = cdn.signed ? this.signingKey() : null;
    this.signing = key;
    const policies = this.cachePolicies();
    const headers = this.responseHeaders();
    const guard = cdn.guard === null ? null : new EdgeFunction("guard", { name: this.name("cloudfrontFunction", "guard"), runtime: "cloudfront-js-2.0", code: cdn.guard, comment: "paths and countries", publish: true }, this.at);
    const forwarded = guard === null ? null : this.countryHeader();
    const [primary, secondary] = cdn.origins;
    const common = {
      targetOriginId: "distributors", viewerProtocolPolicy: "redirect-to-https", allowedMethods: ["GET", "HEAD", "OPTIONS"], cachedMethods: ["GET", "HEAD"],
      responseHeadersPolicyId: headers.id,
      ...(guard === null ? {} : { functionAssociations: [{ eventType: "viewer-request", functionArn: guard.arn }] }),
      ...(forwarded === null ? {} : { originRequestPolicyId: forwarded.id }),
    };
    this.distribution = new Distribution("cdn", {
      enabled: true, comment: `headend ${context.stack}`, aliases: [names.viewer], httpVersion: "http2and3", isIpv6Enabled: true, priceClass: cdn.priceClass,
      // Changes take minutes to reach every edge; nothing of ours waits for them.
      waitForDeployment: false,
      origins: [this.origin("primary", primary), this.origin("secondary", secondary)],
      originGroups: [{ originId: "distributors", failoverCriteria: { statusCodes: [500, 502, 503, 504] }, members: [{ originId: "primary" }, { originId: "secondary" }] }],
      orderedCacheBehaviors: cdn.behaviours.map(({ pattern, kind, signed }) => ({
        ...common, pathPattern: pattern, cachePolicyId: policies(kind).id, compress: kind === "playlist",
        ...(signed && key ? { trustedKeyGroups: [key.group] } : {}),
      })),
      defaultCacheBehavior: { ...common, cachePolicyId: policies("page").id, compress: true },
      customErrorResponses: CACHED_ERRORS.map((errorCode) => ({ errorCode, errorCachingMinTtl: ERROR_TTL_SECONDS })),
      restrictions: { geoRestriction: cdn.countries === null ? { restrictionType: "none", locations: [] } : { restrictionType: "whitelist", locations: [...cdn.countries] } },
      viewerCertificate: { acmCertificateArn: this.certificate(), sslSupportMethod: "sni-only", minimumProtocolVersion: "TLSv1.2_2021" },
    }, this.at);
    for (const type of ["A", "AAAA"] as const) zone.alias(names.viewer, type, { name: this.distribution.domainName, zoneId: this.distribution.hostedZoneId, health: false }, this);
    // The cache's hit rate is not measured otherwise. About $3 a month.
    new MonitoringSubscription("cdn", { distributionId: this.distribution.id, monitoringSubscription: { realtimeMetricsSubscriptionConfig: { realtimeMetricsSubscriptionStatus: "Enabled" } } }, this.at);
    this.registerOutputs({});
  }

  private get at(): pulumi.CustomResourceOptions { return { parent: this }; }

  private name(kind: Parameters<typeof nameOf>[1], ...parts: string[]): string { return nameOf(this.args.context, kind, ...parts); }

  private origin(originId: "primary" | "secondary", region: string): Origin {
    const { context, cdn, names, lock } = this.args;
    const { shield } = regionFacts(regionOf(context, region).aws);
    return {
      originId, domainName: names.originOf.get(region) ?? "", connectionAttempts: 2, connectionTimeout: cdn.connectTimeout,
      customOriginConfig: {
        httpPort: 80, httpsPort: 443, originProtocolPolicy: "https-only", originSslProtocols: ["TLSv1.2"], originReadTimeout: cdn.readTimeout, originKeepaliveTimeout: 60,
      },
      customHeaders: [{ name: LOCK_HEADER, value: pulumi.secret(lock) }, { name: VIA_HEADER, value: cdn.way }],
      ...(context.topology.cdn?.shield ? { originShield: { enabled: true, originShieldRegion: shield } } : {}),
    };
  }

  private cachePolicies(): (kind: CacheKind) => CachePolicy {
    const { cdn } = this.args;
    const policy = (kind: CacheKind): CachePolicy => new CachePolicy(kind, {
      name: this.name("cachePolicy", kind), comment: `headend: ${kind}`, minTtl: cdn.ttl[kind].min, defaultTtl: cdn.ttl[kind].fallback, maxTtl: cdn.ttl[kind].max,
      parametersInCacheKeyAndForwardedToOrigin: {
        cookiesConfig: { cookieBehavior: "none" },
        queryStringsConfig: cdn.query[kind].length === 0 ? { queryStringBehavior: "none" } : { queryStringBehavior: "whitelist", queryStrings: { items: [...cdn.query[kind]] } },
        headersConfig: cdn.byOrigin ? { headerBehavior: "whitelist", headers: { items: ["Origin"] } } : { headerBehavior: "none" },
        enableAcceptEncodingGzip: kind !== "segment", enableAcceptEncodingBrotli: kind !== "segment",
      },
    }, this.at);
    // An account has room for 20 policies: only those that are used.
    const made = new Map([...new Set<CacheKind>([...cdn.behaviours.map((b) => b.kind), "page"])].map((kind) => [kind, policy(kind)]));
    return (kind) => {
      const found = made.get(kind);
      if (!found) throw new Error(`no cache policy for ${kind}`);
      return found;
    };
  }

  private responseHeaders(): ResponseHeadersPolicy {
    return new ResponseHeadersPolicy("headers", {
      name: this.name("cachePolicy", "headers"), comment: "headend: what every answer carries; access rules of pages come from distributors",
      securityHeadersConfig: {
        strictTransportSecurity: { accessControlMaxAgeSec: 2 * YEAR, includeSubdomains: false, preload: false, override: false },
        contentTypeOptions: { override: true }, referrerPolicy: { referrerPolicy: "no-referrer", override: false },
      },
      removeHeadersConfig: { items: [{ header: "Server" }, { header: "X-Cache" }] },
    }, this.at);
  }

  /** CloudFront tells the guard the viewer's country only when it also tells the origin. */
  private countryHeader(): OriginRequestPolicy {
    return new OriginRequestPolicy("country", {
      name: this.name("cachePolicy", "country"), comment: "headend: the viewer's country, for the guard", cookiesConfig: { cookieBehavior: "none" }, queryStringsConfig: { queryStringBehavior: "none" },
      headersConfig: { headerBehavior: "whitelist", headers: { items: ["CloudFront-Viewer-Country"] } },
    }, this.at);
  }

  private signingKey(): { keyPairId: pulumi.Output<string>; privateKey: pulumi.Output<string>; group: pulumi.Output<string> } {
    const pair = new tls.PrivateKey("viewers", { algorithm: "RSA", rsaBits: 2048 }, this.at);
    const key = new PublicKey("viewers", { namePrefix: `${this.name("keyGroup", "viewers")}-`, encodedKey: pair.publicKeyPem, comment: "headend: signs viewers' cookies" }, this.at);
    const group = new KeyGroup("viewers", { name: this.name("keyGroup", "viewers"), items: [key.id], comment: "headend" }, this.at);
    return { keyPairId: key.id, privateKey: pair.privateKeyPem, group: group.id };
  }

  /** Free, renewed by AWS; CloudFront takes certificates from this region only. */
  private certificate(): pulumi.Output<string> {
    const { zone, names } = this.args;
    const certificate = new Certificate("viewers", { domainName: names.viewer, validationMethod: "DNS", region: GLOBAL_REGION, keyAlgorithm: "EC_prime256v1" }, this.at);
    const asked = certificate.domainValidationOptions.apply((options) => options[0] ?? { resourceRecordName: "", resourceRecordType: "CNAME", resourceRecordValue: "", domainName: "" });
    const record = new Record("viewers-validation", {
      zoneId: zone.zoneId, name: asked.resourceRecordName, type: asked.resourceRecordType, records: [asked.resourceRecordValue], ttl: 60, allowOverwrite: true,
    }, this.at);
    return new CertificateValidation("viewers", { certificateArn: certificate.arn, validationRecordFqdns: [record.fqdn], region: GLOBAL_REGION }, this.at).certificateArn;
  }
}
