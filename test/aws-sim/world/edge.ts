/** CloudFront: kept as declared, told to the simulated edge. */
import { createPublicKey } from "node:crypto";
import type { Properties } from "../../../scripts/plugins/wire/values.ts";
import { isObject } from "../../../scripts/plugins/wire/values.ts";
import type { Behaviour, CachePolicy, Distribution, Origin } from "../cloud/state.ts";
import { ACCOUNT } from "./moto.ts";
import { bool, number, object, objects, optional, text, texts } from "./resource.ts";
import type { Handler, Resource } from "./resource.ts";
import type { World } from "./world.ts";

/** AWS's own policies that may be named by their id. */
const MANAGED: Readonly<Record<string, CachePolicy>> = {
  "658327ea-f89d-4fab-a63d-7e88639e58f6": { minTtl: 1, defaultTtl: 86_400, maxTtl: 31_536_000, queryStrings: [], headers: [], cookies: [] },
  "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": { minTtl: 0, defaultTtl: 0, maxTtl: 0, queryStrings: [], headers: [], cookies: [] },
};

function policyResource(kind: string): Handler {
  return { create: async (w) => { const id = `${kind}-${w.world.newId("x").slice(2)}`; return { id, outputs: { etag: "E1", arn: `arn:aws:cloudfront::${ACCOUNT}:${kind}/${id}`, callerReference: id } }; } };
}

const publicKey: Handler = {
  async create(w) {
    createPublicKey(text(w.inputs, "encodedKey"));
    const id = `K${w.world.newId("x").slice(2, 15).toUpperCase()}`;
    return { id, outputs: { etag: "E1", callerReference: id, arn: `arn:aws:cloudfront::${ACCOUNT}:public-key/${id}` } };
  },
};

const distribution: Handler = {
  async create(w) {
    const id = `E${w.world.newId("x").slice(2, 15).toUpperCase()}`, domainName = `d${id.slice(1, 14).toLowerCase()}.cloudfront.net`;
    const certificate = optional(object(w.inputs, "viewerCertificate"), "acmCertificateArn");
    if (certificate !== undefined && !w.world.all("acm/CertificateValidation").some((v) => v.inputs["certificateArn"] === certificate)) throw new Error(`InvalidViewerCertificate: ${certificate} is not issued`);
    w.world.takePublicAddress(id);
    w.world.certificates.set(id, await w.world.ca.issue([domainName, ...texts(w.inputs, "aliases")]));
    return { id, outputs: { arn: `arn:aws:cloudfront::${ACCOUNT}:distribution/${id}`, domainName, hostedZoneId: "Z2FDTNDATAQYW2", etag: "E1", status: "Deployed", callerReference: id, lastModifiedTime: "", inProgressValidationBatches: 0, trustedKeyGroups: [], trustedSigners: [] } };
  },
  async update(w, r) { w.world.certificates.set(r.id, await w.world.ca.issue([text(r.outputs, "domainName"), ...texts(w.inputs, "aliases")])); return {}; },
  async remove(world, r) { world.freePublicAddress(r.id); world.certificates.delete(r.id); },
};

const edgeFunction: Handler = { create: async (w) => ({ id: text(w.inputs, "name"), outputs: { arn: `arn:aws:cloudfront::${ACCOUNT}:function/${text(w.inputs, "name")}`, etag: "E1", liveStageEtag: "E1", status: "DEPLOYED" } }) };

export const EDGE: Readonly<Record<string, Handler>> = {
  "cloudfront/Distribution": distribution, "cloudfront/CachePolicy": policyResource("cache-policy"), "cloudfront/OriginRequestPolicy": policyResource("origin-request-policy"), "cloudfront/ResponseHeadersPolicy": policyResource("response-headers-policy"),
  "cloudfront/PublicKey": publicKey, "cloudfront/KeyGroup": policyResource("key-group"), "cloudfront/Function": edgeFunction,
};

/** A distribution as the edge must treat it. @throws Error when it names a policy or key that does not exist */
export function distributionState(world: World, r: Resource): Distribution {
  const i = r.inputs, geo = object(object(i, "restrictions"), "geoRestriction");
  return {
    id: r.id, out: world.outages.has(r.id), domain: text(r.outputs, "domainName"), address: world.publicAddressOf(r.id), aliases: texts(i, "aliases"), certificate: world.certificates.get(r.id) ?? { cert: "", key: "" },
    origins: objects(i, "origins").map(originOf),
    originGroups: objects(i, "originGroups").map((g) => ({ id: text(g, "originId"), members: objects(g, "members").map((m) => text(m, "originId")), codes: numbers(object(g, "failoverCriteria")["statusCodes"]) })),
    behaviours: [...objects(i, "orderedCacheBehaviors").map((b) => behaviourOf(world, b, text(b, "pathPattern"))), behaviourOf(world, object(i, "defaultCacheBehavior"), null)],
    errorTtls: Object.fromEntries(objects(i, "customErrorResponses").map((e) => [String(number(e, "errorCode")), number(e, "errorCachingMinTtl", 10)])),
    geo: { type: text(geo, "restrictionType") || "none", countries: texts(geo, "locations") },
  };
}

const numbers = (value: unknown): number[] => (Array.isArray(value) ? value.map(Number) : []);

function originOf(o: Properties): Origin {
  const custom = object(o, "customOriginConfig");
  return {
    id: text(o, "originId"), domain: text(o, "domainName"), path: text(o, "originPath"), protocol: text(custom, "originProtocolPolicy") || "http-only", httpPort: number(custom, "httpPort", 80), httpsPort: number(custom, "httpsPort", 443),
    attempts: number(o, "connectionAttempts", 3), connectSeconds: number(o, "connectionTimeout", 10), readSeconds: number(custom, "originReadTimeout", 30),
    headers: Object.fromEntries(objects(o, "customHeaders").map((h) => [text(h, "name").toLowerCase(), text(h, "value")])),
  };
}

function behaviourOf(world: World, b: Properties, pattern: string | null): Behaviour {
  const request = optional(b, "originRequestPolicyId"), response = optional(b, "responseHeadersPolicyId"), groups = texts(b, "trustedKeyGroups");
  const forwarded = request === undefined ? {} : world.get("cloudfront/OriginRequestPolicy", request).inputs, headers = object(forwarded, "headersConfig");
  const functionArn = objects(b, "functionAssociations").find((f) => f["eventType"] === "viewer-request")?.["functionArn"];
  const answers = response === undefined ? {} : world.get("cloudfront/ResponseHeadersPolicy", response).inputs;
  return {
    pattern, target: text(b, "targetOriginId"), methods: texts(b, "allowedMethods"), viewerProtocol: text(b, "viewerProtocolPolicy"), cache: cachePolicy(world, text(b, "cachePolicyId")),
    forwardHeaders: texts(object(headers, "headers"), "items"), forwardQuery: object(forwarded, "queryStringsConfig")["queryStringBehavior"] === "all",
    responseHeaders: responseHeaders(answers), removedHeaders: objects(object(answers, "removeHeadersConfig"), "items").map((h) => text(h, "header")),
    guard: functionArn === undefined ? null : text(world.all("cloudfront/Function").find((f) => f.outputs["arn"] === functionArn)?.inputs ?? {}, "code"),
    keys: groups.length === 0 ? null : Object.fromEntries(groups.flatMap((g) => texts(world.get("cloudfront/KeyGroup", g).inputs, "items")).map((id) => [id, text(world.get("cloudfront/PublicKey", id).inputs, "encodedKey")])),
  };
}

function cachePolicy(world: World, id: string): CachePolicy {
  const managed = MANAGED[id];
  if (managed !== undefined) return managed;
  const p = world.get("cloudfront/CachePolicy", id).inputs, key = object(p, "parametersInCacheKeyAndForwardedToOrigin"), query = object(key, "queryStringsConfig"), cookies = object(key, "cookiesConfig");
  return {
    minTtl: number(p, "minTtl", 0), defaultTtl: number(p, "defaultTtl", 86_400), maxTtl: number(p, "maxTtl", 31_536_000), headers: texts(object(object(key, "headersConfig"), "headers"), "items"),
    queryStrings: query["queryStringBehavior"] === "all" ? "all" : texts(object(query, "queryStrings"), "items"), cookies: cookies["cookieBehavior"] === "all" ? "all" : texts(object(cookies, "cookies"), "items"),
  };
}

/** What a response headers policy adds, as header lines. */
function responseHeaders(p: Properties): Behaviour["responseHeaders"] {
  const security = object(p, "securityHeadersConfig"), cors = object(p, "corsConfig");
  const one = (name: string, config: Properties, value: string): Behaviour["responseHeaders"] => (Object.keys(config).length === 0 ? [] : [{ name, value, override: bool(config, "override") }]);
  const list = (name: string): string => texts(object(cors, name), "items").join(", "), hsts = object(security, "strictTransportSecurity");
  return [
    ...one("strict-transport-security", hsts, `max-age=${number(hsts, "accessControlMaxAgeSec")}${bool(hsts, "includeSubdomains") ? "; includeSubDomains" : ""}`),
    ...one("x-content-type-options", object(security, "contentTypeOptions"), "nosniff"), ...one("referrer-policy", object(security, "referrerPolicy"), text(object(security, "referrerPolicy"), "referrerPolicy")),
    ...one("x-frame-options", object(security, "frameOptions"), text(object(security, "frameOptions"), "frameOption")), ...one("content-security-policy", object(security, "contentSecurityPolicy"), text(object(security, "contentSecurityPolicy"), "contentSecurityPolicy")),
    ...(isObject(p["corsConfig"]) ? [{ name: "access-control-allow-origin", value: list("accessControlAllowOrigins"), override: bool(cors, "originOverride") }] : []),
    ...objects(object(p, "customHeadersConfig"), "items").map((h) => ({ name: text(h, "header"), value: text(h, "value"), override: bool(h, "override") })),
  ];
}
