import { createSign, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { resolve } from "../../aws-sim/cloud/answers.ts";
import { callOf } from "../../aws-sim/cloud/calls.ts";
import { behaviourOf, cacheKey, matches, ttlOf } from "../../aws-sim/cloud/cdn/behaviour.ts";
import { EdgeCache } from "../../aws-sim/cloud/cdn/cache.ts";
import { runGuard } from "../../aws-sim/cloud/cdn/guard.ts";
import { refusal } from "../../aws-sim/cloud/cdn/signed.ts";
import { codesInclude } from "../../aws-sim/cloud/health.ts";
import { allowed } from "../../aws-sim/cloud/iam.ts";
import type { Behaviour, CachePolicy, CloudState, Distribution, DnsRecord } from "../../aws-sim/cloud/state.ts";
import { within } from "../../aws-sim/cloud/wiring.ts";
import { firewallText } from "../../aws-sim/world/firewall.ts";

const policy: CachePolicy = { minTtl: 0, defaultTtl: 1, maxTtl: 2, queryStrings: [], headers: [], cookies: [] };
const record = (r: Partial<DnsRecord>): DnsRecord => ({ name: "ingest.x.org", type: "A", ttl: 30, values: ["192.0.2.1"], alias: null, policy: { kind: "simple" }, healthCheck: null, ...r });
const state = (records: readonly DnsRecord[]): CloudState => ({
  internet: { address: "198.18.0.2", checkers: "198.18.0.3", cidr: "198.18.0.0/24" }, api: "", account: "1", vpcs: [], peerings: [], addresses: [], instances: [], roles: [], groups: [], healthChecks: [], distributions: [], originAuthorities: [],
  balancers: [{ dns: "lb.elb.amazonaws.com", addresses: [{ public: "198.18.0.9", private: "10.0.0.9" }], listeners: [] }], zones: [{ id: "Z", name: "x.org", private: false, records }, { id: "P", name: "x.internal", private: true, records: [record({ name: "a.x.internal" })] }],
});
const view = { private: false, region: "", healthy: (id: string) => id !== "down" };

describe("permissions", () => {
  const read = { Statement: [{ Effect: "Allow" as const, Action: ["s3:GetObject"], Resource: "arn:aws:s3:::b/hosts/a/*" }, { Effect: "Deny" as const, Action: "s3:*", Resource: "arn:aws:s3:::b/hosts/a/secret*" }] };
  it("allows only what is named, and a Deny wins", () => {
    expect(allowed([read], "s3:GetObject", "arn:aws:s3:::b/hosts/a/x.json")).toBe(true);
    expect(allowed([read], "s3:GetObject", "arn:aws:s3:::b/hosts/b/x.json")).toBe(false);
    expect(allowed([read], "s3:PutObject", "arn:aws:s3:::b/hosts/a/x.json")).toBe(false);
    expect(allowed([read], "s3:GetObject", "arn:aws:s3:::b/hosts/a/secret.json")).toBe(false);
  });
  it("judges conditions, and holds one that it does not know for unmet", () => {
    const txt = { Statement: { Effect: "Allow" as const, Action: "route53:ChangeResourceRecordSets", Resource: "*", Condition: { "ForAllValues:StringEquals": { "route53:ChangeResourceRecordSetsRecordTypes": ["TXT"] } } } };
    const key = "route53:changeresourcerecordsetsrecordtypes";
    expect(allowed([txt], "route53:ChangeResourceRecordSets", "z", { [key]: "TXT" })).toBe(true);
    expect(allowed([txt], "route53:ChangeResourceRecordSets", "z", { [key]: "TXT\nA" })).toBe(false);
    expect(allowed([{ Statement: { ...txt.Statement, Condition: { Weird: { x: "1" } } } }], "route53:ChangeResourceRecordSets", "z", { x: "1" })).toBe(false);
  });
  it("knows a call by its request", () => {
    const headers = (service: string, extra = {}) => ({ authorization: `AWS4-HMAC-SHA256 Credential=ASIA1/20260101/eu-central-1/${service}/aws4_request, x`, ...extra });
    expect(callOf({ method: "GET", url: new URL("http://x/b/k/1"), headers: headers("s3"), body: Buffer.alloc(0) }, "1")).toMatchObject({ action: "s3:GetObject", resources: ["arn:aws:s3:::b/k/1"] });
    expect(callOf({ method: "POST", url: new URL("http://x/"), headers: headers("ssm", { "x-amz-target": "AmazonSSM.GetParameters" }), body: Buffer.from('{"Names":["/a/b","/a/c"]}') }, "1")).toMatchObject({ action: "ssm:GetParameters", resources: ["arn:aws:ssm:eu-central-1:1:parameter/a/b", "arn:aws:ssm:eu-central-1:1:parameter/a/c"] });
  });
});

describe("names", () => {
  it("answers failover by health, and private zones only inside", () => {
    const pair = [record({ policy: { kind: "failover", primary: true }, healthCheck: "up" }), record({ values: ["192.0.2.2"], policy: { kind: "failover", primary: false }, healthCheck: "b" })];
    expect(resolve(state(pair), "INGEST.x.org.", "A", view)?.values).toEqual(["192.0.2.1"]);
    expect(resolve(state([{ ...pair[0] as DnsRecord, healthCheck: "down" }, pair[1] as DnsRecord]), "ingest.x.org", "A", view)?.values).toEqual(["192.0.2.2"]);
    expect(resolve(state(pair), "a.x.internal", "A", view)).toBeNull();
    expect(resolve(state(pair), "a.x.internal", "A", { ...view, private: true })?.values).toEqual(["192.0.2.1"]);
  });
  it("follows an alias", () => { expect(resolve(state([record({ values: [], alias: { name: "lb.elb.amazonaws.com", evaluate: true } })]), "ingest.x.org", "A", view)?.values).toEqual(["198.18.0.9"]); });
});

describe("CloudFront", () => {
  const behaviour = (pattern: string | null): Behaviour => ({ pattern, target: "o", methods: ["GET"], viewerProtocol: "https-only", cache: policy, forwardHeaders: [], forwardQuery: false, responseHeaders: [], removedHeaders: [], guard: null, keys: null });
  it("takes the first behaviour that fits", () => {
    const d = { domain: "d", behaviours: [behaviour("/live/*.m3u8"), behaviour("*.m4s"), behaviour(null)] } as unknown as Distribution;
    expect(behaviourOf(d, "/live/a/b.m3u8").pattern).toBe("/live/*.m3u8");
    expect(behaviourOf(d, "/x/1.m4s").pattern).toBe("*.m4s");
    expect(behaviourOf(d, "/").pattern).toBeNull();
    expect(matches("live/?.ts", "/live/1.ts")).toBe(true);
    expect(matches("live/?.ts", "/LIVE/1.ts")).toBe(false);
  });
  it("keeps answers as long as the origin says, within the policy", () => {
    expect([undefined, "max-age=60", "max-age=60, s-maxage=0", "no-store"].map((c) => ttlOf(policy, c))).toEqual([1, 2, 0, 0]);
    expect(ttlOf({ ...policy, minTtl: 1 }, "no-store")).toBe(1);
  });
  it("leaves out of the key what the policy leaves out", () => {
    const key = (p: CachePolicy, q: string) => cacheKey(p, "o", "/a", new URLSearchParams(q), {}, new Map());
    expect(key(policy, "x=1")).toBe(key(policy, "x=2"));
    expect(key({ ...policy, queryStrings: ["x"] }, "x=1")).not.toBe(key({ ...policy, queryStrings: ["x"] }, "x=2"));
  });
  it("asks the origin once for many, and bridges its failure with what it had", async () => {
    const cache = new EdgeCache();
    let asked = 0;
    const answer = (status: number) => async () => { asked++; await new Promise((r) => setTimeout(r, 5)); return { status, headers: {}, body: Buffer.from("x"), origin: "o" }; };
    await Promise.all([1, 2, 3].map(() => cache.get("k", answer(200), () => 0.01)));
    expect(asked).toBe(1);
    await new Promise((r) => setTimeout(r, 20));
    expect((await cache.get("k", answer(502), () => 0)).answer.status).toBe(200);
  });
  it("opens with a signed cookie for the path and the time, and nothing else", () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const text = JSON.stringify({ Statement: [{ Resource: "https://x.org/live/*", Condition: { DateLessThan: { "AWS:EpochTime": 1000 } } }] });
    const safe = (b: Buffer): string => b.toString("base64").replaceAll("+", "-").replaceAll("=", "_").replaceAll("/", "~");
    const cookies = new Map([["CloudFront-Policy", safe(Buffer.from(text))], ["CloudFront-Signature", safe(createSign("sha1").update(text).sign(privateKey))], ["CloudFront-Key-Pair-Id", "K1"]]);
    const keys = { K1: publicKey.export({ type: "spki", format: "pem" }).toString() };
    expect(refusal(cookies, keys, "https://x.org/live/a.m3u8", "1.2.3.4", 999)).toBeNull();
    expect(refusal(cookies, keys, "https://x.org/live/a.m3u8", "1.2.3.4", 1001)).toBe("AccessDenied");
    expect(refusal(cookies, keys, "https://x.org/other", "1.2.3.4", 999)).toBe("AccessDenied");
    expect(refusal(new Map(), keys, "https://x.org/live/a.m3u8", "1.2.3.4", 999)).toBe("MissingKey");
    expect(refusal(new Map([...cookies, ["CloudFront-Key-Pair-Id", "K2"]]), keys, "https://x.org/live/a", "1.2.3.4", 999)).toBe("UnknownKey");
  });
  it("lets a function see and refuse a request", () => {
    const code = "function handler(e) { var c = e.request.headers['cloudfront-viewer-country']; return c && c.value === 'DE' ? e.request : { statusCode: 403 }; }";
    const request = { method: "GET", url: new URL("https://x.org/a"), headers: {} };
    expect(runGuard(code, { ...request, country: "DE" })).toBeNull();
    expect(runGuard(code, { ...request, country: null })?.status).toBe(403);
  });
});

describe("security groups", () => {
  it("are closed but for their rules", () => {
    const text = firewallText([{ direction: "ingress", protocol: "udp", from: 8890, to: 8890, blocks: ["0.0.0.0/0", "::/0"] }, { direction: "egress", protocol: "tcp", from: 443, to: 443, blocks: ["10.0.0.5/32"] }], ["10.0.0.2"]);
    expect(text.match(/policy drop/g)).toHaveLength(2);
    expect(text).toContain("ip saddr 0.0.0.0/0 udp dport 8890 accept");
    expect(text).toContain("ip6 saddr ::/0 udp dport 8890 accept");
    expect(text).toContain("ip daddr 10.0.0.5/32 tcp dport 443 accept");
  });
  it("know blocks and status codes", () => {
    expect(within("10.64.0.0/19", "10.64.31.255")).toBe(true);
    expect(within("10.64.0.0/19", "10.64.32.0")).toBe(false);
    expect(codesInclude("200,301-302", 302)).toBe(true);
    expect(codesInclude("200", 503)).toBe(false);
  });
});
