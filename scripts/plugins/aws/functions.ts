/** Functions of the aws plugin. Where the answer is in AWS, a preview without credentials gets a placeholder that says so. */
import { PluginError } from "../resource.ts";
import { isObject } from "../wire/values.ts";
import type { Properties, Value } from "../wire/values.ts";

const ACCOUNT = "000000000000";

/** CloudFront's own policies by name; AWS documents these identifiers. */
const CACHE_POLICIES: Readonly<Record<string, string>> = {
  "Managed-CachingOptimized": "658327ea-f89d-4fab-a63d-7e88639e58f6",
  "Managed-CachingDisabled": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
};
const PREFIX_LISTS: Readonly<Record<string, string>> = {
  "com.amazonaws.global.cloudfront.origin-facing": "pl-cloudfront0000",
  "com.amazonaws.global.ipv6.cloudfront.origin-facing": "pl-cloudfront0006",
};

export interface Answer { readonly outputs: Properties; /** What is not real about it; undefined when nothing. */ readonly placeholder?: string }
type AwsFunction = (args: Properties, region: string) => Answer;

const text = (value: Value | undefined, fallback = ""): string => (typeof value === "string" ? value : fallback);
const texts = (value: Value | undefined): string[] => (Array.isArray(value) ? value.map(String) : typeof value === "string" ? [value] : []);

const FUNCTIONS: Readonly<Record<string, AwsFunction>> = {
  "aws:index/getCallerIdentity:getCallerIdentity": () => ({ outputs: { id: ACCOUNT, accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/preview`, userId: "PREVIEW" }, placeholder: `account ${ACCOUNT}` }),
  "aws:index/getRegion:getRegion": (args, region) => { const r = text(args["region"], region); return { outputs: { id: r, region: r, name: r, description: r, endpoint: `ec2.${r}.amazonaws.com` } }; },
  "aws:index/getPartition:getPartition": () => ({ outputs: { id: "aws", partition: "aws", dnsSuffix: "amazonaws.com", reverseDnsPrefix: "com.amazonaws" } }),
  "aws:index/getAvailabilityZones:getAvailabilityZones": (args, region) => {
    const r = text(args["region"], region), names = ["a", "b", "c"].map((letter) => `${r}${letter}`);
    return { outputs: { id: r, region: r, names, zoneIds: names.map((_, i) => `placeholder-az${i + 1}`), groupNames: [r] }, placeholder: `zones ${names.join(", ")}` };
  },
  "aws:ec2/getAmi:getAmi": (args, region) => {
    const id = "ami-00000000000000000", r = text(args["region"], region);
    return { outputs: { id, imageId: id, region: r, architecture: "x86_64", name: "placeholder", ownerId: texts(args["owners"])[0] ?? ACCOUNT, rootDeviceName: "/dev/xvda", rootDeviceType: "ebs", arn: `arn:aws:ec2:${r}::image/${id}`, creationDate: "2026-01-01T00:00:00.000Z", blockDeviceMappings: [], tags: {} }, placeholder: `image ${id}` };
  },
  "aws:ec2/getManagedPrefixList:getManagedPrefixList": (args, region) => {
    const name = text(args["name"]), id = PREFIX_LISTS[name] ?? "pl-placeholder00";
    return { outputs: { id, name, region: text(args["region"], region), addressFamily: name.includes("ipv6") ? "IPv6" : "IPv4", maxEntries: 55, entries: [], ownerId: "AWS", tags: {}, version: 1, arn: `arn:aws:ec2:${region}:aws:prefix-list/${id}` }, placeholder: `prefix list ${id}` };
  },
  "aws:ec2/getPrefixList:getPrefixList": (args, region) => ({ outputs: { id: "pl-placeholder00", name: text(args["name"]), region: text(args["region"], region), cidrBlocks: [] }, placeholder: "prefix list pl-placeholder00" }),
  "aws:cloudfront/getCachePolicy:getCachePolicy": (args) => {
    const name = text(args["name"]), id = CACHE_POLICIES[name] ?? text(args["id"], "00000000-0000-0000-0000-000000000000");
    return { outputs: { id, name, etag: "PREVIEW", arn: `arn:aws:cloudfront::aws:cache-policy/${id}`, comment: "", minTtl: 0, defaultTtl: 0, maxTtl: 0, parametersInCacheKeyAndForwardedToOrigins: [] }, ...(CACHE_POLICIES[name] ? {} : { placeholder: `cache policy ${id}` }) };
  },
  "aws:route53/getZone:getZone": (args) => {
    const name = text(args["name"]), id = text(args["zoneId"], "Z0000000PLACEHOLDER");
    return { outputs: { id, zoneId: id, name, arn: `arn:aws:route53:::hostedzone/${id}`, privateZone: args["privateZone"] === true, nameServers: [], callerReference: "", comment: "", resourceRecordSetCount: 0, tags: {}, primaryNameServer: "", linkedServicePrincipal: "", linkedServiceDescription: "" }, placeholder: `zone ${id}` };
  },
  "aws:iam/getPolicyDocument:getPolicyDocument": (args) => {
    const json = JSON.stringify(policyDocument(args));
    return { outputs: { id: "policy", json, minifiedJson: json, version: "2012-10-17" } };
  },
};

/** Answers a function. @throws PluginError for one that headend does not use */
export function answer(token: string, args: Properties, region: string): Answer {
  const found = FUNCTIONS[token];
  if (found === undefined) throw new PluginError(`the function ${token} is not known to headend's stand-in for the aws plugin; it knows ${Object.keys(FUNCTIONS).map((t) => t.split(":").at(-1)).join(", ")}`);
  return found(args, region);
}

function policyDocument(args: Properties): Properties {
  const one = (values: readonly string[]): Value => (values.length === 1 ? values[0] ?? "" : [...values]);
  const statements = (Array.isArray(args["statements"]) ? args["statements"] : []).filter(isObject).map((s): Properties => ({
    ...(s["sid"] === undefined ? {} : { Sid: s["sid"] }), Effect: text(s["effect"], "Allow"),
    ...(s["actions"] === undefined ? {} : { Action: one(texts(s["actions"])) }), ...(s["resources"] === undefined ? {} : { Resource: one(texts(s["resources"])) }),
    ...(Array.isArray(s["principals"]) ? { Principal: Object.fromEntries(s["principals"].filter(isObject).map((p) => [text(p["type"]), one(texts(p["identifiers"]))])) } : {}),
    ...(Array.isArray(s["conditions"]) ? { Condition: Object.fromEntries(s["conditions"].filter(isObject).map((c) => [text(c["test"]), { [text(c["variable"])]: one(texts(c["values"])) }])) } : {}),
  }));
  return { Version: "2012-10-17", Statement: statements };
}
