/** What AWS refuses of names, certificates and CloudFront. */
import { isObject, isUnknown } from "../../wire/values.ts";
import type { Properties, Value } from "../../wire/values.ts";
import { atLeastOne, atMostOne, custom, each, exactlyOne, oneOf, range, text } from "./rule.ts";
import type { Rule } from "./rule.ts";

const ERROR_CODES = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504] as const;
const ROUTING = ["cidrRoutingPolicy", "failoverRoutingPolicies", "geolocationRoutingPolicies", "geoproximityRoutingPolicy", "latencyRoutingPolicies", "multivalueAnswerRoutingPolicy", "weightedRoutingPolicies"] as const;
const POLICY_NAME = /^[A-Za-z0-9_-]{1,128}$/;

const list = (value: Value | undefined): Properties[] => (Array.isArray(value) ? value.filter(isObject) : []);
const behaviours = (inputs: Properties): [string, Properties][] => [
  ...(isObject(inputs["defaultCacheBehavior"]) ? [["defaultCacheBehavior", inputs["defaultCacheBehavior"]] as [string, Properties]] : []),
  ...list(inputs["orderedCacheBehaviors"]).map((b, i): [string, Properties] => [`orderedCacheBehaviors[${i}]`, b]),
];

/** Every behaviour names an origin or origin group; one with an origin group only reads. */
const targets: Rule = (inputs) => {
  const groups = new Set(list(inputs["originGroups"]).map((g) => g["originId"])), origins = new Set(list(inputs["origins"]).map((o) => o["originId"]));
  const missing = (id: Value | undefined): boolean => typeof id === "string" && !isUnknown(id) && !origins.has(id);
  return [
    ...behaviours(inputs).flatMap(([at, b]) => [
      ...(missing(b["targetOriginId"]) && !groups.has(b["targetOriginId"] as string) ? [{ property: `${at}.targetOriginId`, reason: `${at} sends to "${String(b["targetOriginId"])}", which is no origin or origin group of the distribution` }] : []),
      ...(groups.has(b["targetOriginId"] as string) && Array.isArray(b["allowedMethods"]) && b["allowedMethods"].some((m) => !["GET", "HEAD", "OPTIONS"].includes(String(m)))
        ? [{ property: `${at}.allowedMethods`, reason: `${at}: a behaviour with an origin group allows only GET, HEAD and OPTIONS` }] : []),
    ]),
    ...list(inputs["originGroups"]).flatMap((g, i) => [
      ...(list(g["members"]).length !== 2 ? [{ property: `originGroups[${i}].members`, reason: `originGroups[${i}] must have exactly two members` }] : []),
      ...list(g["members"]).filter((m) => missing(m["originId"])).map((m) => ({ property: `originGroups[${i}].members`, reason: `originGroups[${i}] names "${String(m["originId"])}", which is no origin of the distribution` })),
    ]),
  ];
};

const certificate: Rule = custom("viewerCertificate", (inputs) => {
  const v = inputs["viewerCertificate"];
  if (!isObject(v)) return undefined;
  const arn = v["acmCertificateArn"];
  if (typeof arn === "string" && !isUnknown(arn) && !/^arn:aws[\w-]*:acm:us-east-1:/.test(arn)) return `the certificate ${arn} is not in us-east-1, where CloudFront takes certificates from`;
  if (arn !== undefined && v["sslSupportMethod"] === undefined) return "\"sslSupportMethod\" is required with \"acmCertificateArn\"";
  return v["cloudfrontDefaultCertificate"] === true && Array.isArray(inputs["aliases"]) && inputs["aliases"].length > 0 ? "aliases need a certificate of their own: cloudfrontDefaultCertificate covers only *.cloudfront.net" : undefined;
});

const ttls: Rule = custom("minTtl", (i) => {
  const [low, middle, high] = [i["minTtl"] ?? 0, i["defaultTtl"] ?? 86_400, i["maxTtl"] ?? 31_536_000];
  if (typeof low !== "number" || typeof middle !== "number" || typeof high !== "number") return undefined;
  if (low > middle || middle > high) return `minTtl ${low}, defaultTtl ${middle} and maxTtl ${high} must not fall`;
  const key = i["parametersInCacheKeyAndForwardedToOrigin"];
  return high === 0 && isObject(key) && (key["enableAcceptEncodingGzip"] === true || key["enableAcceptEncodingBrotli"] === true) ? "with caching off (all TTLs 0) enableAcceptEncodingGzip and …Brotli must be false" : undefined;
});

/** By type. */
export const DELIVERY_RULES: Readonly<Record<string, readonly Rule[]>> = {
  "cloudfront/Distribution": [
    targets, certificate, atMostOneOfCertificate(), oneOf("httpVersion", "http1.1", "http2", "http3", "http2and3"), oneOf("priceClass", "PriceClass_All", "PriceClass_200", "PriceClass_100"),
    text("comment", (v) => v.length <= 128, "at most 128 characters"), oneOf("customErrorResponses.errorCode", ...ERROR_CODES), oneOf("restrictions.geoRestriction.restrictionType", "none", "whitelist", "blacklist"),
    each("defaultCacheBehavior", ...behaviour()), each("orderedCacheBehaviors", ...behaviour()),
    each("origins", exactlyOne("customOriginConfig", "s3OriginConfig", "vpcOriginConfig", "originAccessControlId"), range("connectionAttempts", 1, 3), range("connectionTimeout", 1, 10), oneOf("customOriginConfig.originProtocolPolicy", "http-only", "https-only", "match-viewer"), range("customOriginConfig.originReadTimeout", 1, 120), range("customOriginConfig.originKeepaliveTimeout", 1, 120),
      text("domainName", (v) => !/^\d+\.\d+\.\d+\.\d+$/.test(v) && v.includes("."), "a DNS name, not an address")),
    custom("restrictions", (i) => { const g = isObject(i["restrictions"]) ? i["restrictions"]["geoRestriction"] : undefined; return isObject(g) && g["restrictionType"] !== "none" && !(Array.isArray(g["locations"]) && g["locations"].length > 0) ? "a whitelist or blacklist needs locations" : undefined; }),
  ],
  "cloudfront/CachePolicy": [ttls, text("name", POLICY_NAME, "at most 128 letters, digits, - and _"), text("comment", (v) => v.length <= 128, "at most 128 characters")],
  "cloudfront/OriginRequestPolicy": [text("name", POLICY_NAME, "at most 128 letters, digits, - and _")],
  "cloudfront/ResponseHeadersPolicy": [text("name", POLICY_NAME, "at most 128 letters, digits, - and _"), custom("corsConfig", (i) => { const c = i["corsConfig"]; return isObject(c) && c["accessControlAllowCredentials"] === true && JSON.stringify(c["accessControlAllowOrigins"] ?? {}).includes("\"*\"") ? "allowing credentials excludes the origin \"*\"" : undefined; })],
  "cloudfront/PublicKey": [atMostOne("name", "namePrefix"), text("encodedKey", /^-----BEGIN PUBLIC KEY-----\n[\s\S]+-----END PUBLIC KEY-----\n?$/, "a PEM public key that ends in a line break")],
  "cloudfront/Function": [oneOf("runtime", "cloudfront-js-1.0", "cloudfront-js-2.0"), text("name", /^[a-zA-Z0-9_-]{1,64}$/, "at most 64 letters, digits, - and _"), text("code", (v) => Buffer.byteLength(v) <= 10_240, "at most 10 KB")],
  "route53/Record": [
    custom("records", (i) => {
      if (i["aliases"] !== undefined) return i["records"] !== undefined || i["ttl"] !== undefined ? "an alias record has neither \"records\" nor \"ttl\"" : undefined;
      return i["records"] === undefined || i["ttl"] === undefined ? "\"records\" and \"ttl\" are required unless the record is an alias" : undefined;
    }),
    atMostOne(...ROUTING),
    custom("setIdentifier", (i) => {
      const policy = ROUTING.find((name) => i[name] !== undefined);
      if (policy !== undefined) return i["setIdentifier"] === undefined ? `"setIdentifier" is required with "${policy}"` : undefined;
      return i["setIdentifier"] !== undefined ? "\"setIdentifier\" goes with a routing policy only" : undefined;
    }),
    oneOf("type", "A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "SSHFP", "SVCB", "TLSA", "TXT"), oneOf("failoverRoutingPolicies.type", "PRIMARY", "SECONDARY"),
  ],
  "route53/HealthCheck": [
    oneOf("type", "HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP", "CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL"), oneOf("requestInterval", 10, 30), range("failureThreshold", 1, 10),
    custom("ipAddress", (i) => /^(HTTP|TCP)/.test(String(i["type"])) && i["ipAddress"] === undefined && i["fqdn"] === undefined ? "one of \"ipAddress\", \"fqdn\" is required with this type" : undefined),
    custom("port", (i) => i["type"] === "TCP" && i["port"] === undefined ? "\"port\" is required with type TCP" : undefined),
    custom("cloudwatchAlarmName", (i) => i["type"] === "CLOUDWATCH_METRIC" && (i["cloudwatchAlarmName"] === undefined || i["cloudwatchAlarmRegion"] === undefined) ? "\"cloudwatchAlarmName\" and \"cloudwatchAlarmRegion\" are required with type CLOUDWATCH_METRIC" : undefined),
  ],
  "acm/Certificate": [exactlyOne("domainName", "privateKey", "privateKeyWo"), oneOf("validationMethod", "DNS", "EMAIL", "NONE"), text("domainName", (v) => v.length <= 253, "at most 253 characters")],
  "s3/BucketLifecycleConfiguration": [each("rules", oneOf("status", "Enabled", "Disabled"), atLeastOne("expiration", "noncurrentVersionExpiration", "transitions", "noncurrentVersionTransitions", "abortIncompleteMultipartUpload"))],
};

function behaviour(): readonly Rule[] {
  return [
    oneOf("viewerProtocolPolicy", "allow-all", "https-only", "redirect-to-https"), atMostOne("cachePolicyId", "forwardedValues"), atLeastOne("cachePolicyId", "forwardedValues"),
    custom("minTtl", (i) => i["cachePolicyId"] !== undefined && [i["minTtl"], i["defaultTtl"], i["maxTtl"]].some((t) => typeof t === "number" && t !== 0) ? "TTLs belong in the cache policy, not beside \"cachePolicyId\"" : undefined),
    custom("allowedMethods", (i) => Array.isArray(i["allowedMethods"]) && !["GET,HEAD", "GET,HEAD,OPTIONS", "DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT"].includes([...i["allowedMethods"]].map(String).sort().join()) ? "\"allowedMethods\" must be GET, HEAD or GET, HEAD, OPTIONS or all seven" : undefined),
    oneOf("functionAssociations.eventType", "viewer-request", "viewer-response"),
  ];
}

function atMostOneOfCertificate(): Rule {
  return each("viewerCertificate", exactlyOne("acmCertificateArn", "cloudfrontDefaultCertificate", "iamCertificateId"));
}
