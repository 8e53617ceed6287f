import { readFileSync } from "node:fs";
import { parse } from "yaml";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deriveKey } from "../../../infra/plan/keys.ts";
import type { Bundle } from "../../../infra/render/bundle.ts";
import { renderPlan } from "../../../infra/render/render.ts";
import { toYaml } from "../../../infra/render/yaml.ts";
import { crowd, planOf } from "../plan/fixtures.ts";

const SECRET = "unit-test-stack-secret-0123456789abcdef";
const EVERYTHING = `streams:
  main: { dash: true, record: { keep: 30 d }, restream: { youtube: { url: "rtmps://a.example.org/live2", key: secret:youtube } }, access: { origins: ["https://*.example.org"] } }
  fast: { latency: low }
  talk: { latency: ultra }
  pair: { redundancy: 2, publishers: { truck: { via: [srt], from: [203.0.113.0/24] }, laptop: { via: [rtmp], backup: true } } }
multiplexers: { home: 2 }
transcoders: { home: 2 }
distributors: { home: { min: 2, max: 2 } }
`;
const bundles = renderPlan(planOf(EVERYTHING), SECRET);
const bundle = (host: string): Bundle => bundles.find((b) => b.host === host) as Bundle;
const file = (host: string, path: string): string => bundle(host).files.find((f) => f.path === path)?.content ?? "";

/** Keys that MediaMTX knows, by the struct they belong to; made from its source (see the file's head). */
const known = readFileSync(new URL("mediamtx-keys-1.20.1.tsv", import.meta.url), "utf8").split("\n").slice(1).filter(Boolean).map((line) => line.split("\t"));
const keysOf = (struct: string): Set<string> => new Set(known.filter(([s, , , , , flag]) => s === struct && !flag?.includes("deprecated")).map(([, key]) => key as string));

describe("MediaMTX files", () => {
  const configs = bundles.flatMap((b) => b.files.filter((f) => f.path.endsWith("mediamtx.yml")).map((f) => [b.host, parse(f.content, { version: "1.1" }) as Record<string, unknown>] as const));
  test("exist on every host of this topology", () => expect(configs.length).toBe(6));
  test.each(configs)("%s: every key is one of MediaMTX 1.20.1", (_, config) => {
    expect(Object.keys(config).filter((k) => !keysOf("Conf").has(k) && !["paths", "pathDefaults"].includes(k))).toEqual([]);
    const paths = [config.pathDefaults ?? {}, ...Object.values((config.paths ?? {}) as object)] as object[];
    expect(paths.flatMap((p) => Object.keys(p)).filter((k) => !keysOf("Path").has(k))).toEqual([]);
  });
  test.each(configs)("%s: nobody is anonymous but loopback", (_, config) => {
    for (const user of config.authInternalUsers as { user: string; pass: string; ips: string[] }[]) {
      if (user.user === "any") expect(user.ips).toEqual(["127.0.0.1", "::1"]);
      else expect(user.pass).toMatch(/^sha256:/);
    }
  });
  test("a publisher may publish to its own path and read nothing", () => {
    const mux = configs.find(([host]) => host === "mux-home-a")?.[1];
    const laptop = (mux?.authInternalUsers as { user: string; permissions: object[] }[]).find((u) => u.user === "pair.laptop");
    expect(laptop?.permissions).toEqual([{ action: "publish", path: "pair/laptop" }]);
  });
});

describe("secrets", () => {
  test("no key that derives from the stack secret stands in any text", () => {
    const text = JSON.stringify(bundles);
    const values = ["publish/main/studio", "srt/main/studio", "link/mux-home-a/tx-home-1", "link/dist-home-1/tx-home-1"].map((name) => deriveKey(SECRET, name));
    for (const value of [SECRET, ...values]) expect(text).not.toContain(value);
  });
  test("every marker in a file is declared, and in a file that only its reader can open", () => {
    for (const b of bundles) {
      for (const f of b.files) {
        for (const [, name] of f.content.matchAll(/@\{secret:([^}]+)\}/g)) {
          expect(b.secrets).toContain(name);
          expect(f.mode).toBe("0600");
        }
      }
    }
  });
  test("rotating one key changes one publisher's line", () => {
    const lines = (rotation: number): string[] => renderPlan(planOf(`streams: { main: { publishers: { a: { keyRotation: ${rotation} }, b: {} } } }\n`), SECRET)[0]?.files.find((f) => f.path.endsWith("mediamtx.yml"))?.content.split("\n") ?? [];
    const [one, two] = [lines(1), lines(2)];
    expect(two.filter((line, i) => line !== one[i])).toHaveLength(1);
  });
});

describe("nftables", () => {
  test("has a rule for each listener and no other", () => {
    const plan = planOf(EVERYTHING);
    for (const host of plan.hosts) {
      const rules = bundle(host.name).firewall?.split("\n").filter((line) => line.includes("dport")) ?? [];
      const open = new Set(rules.map((rule) => /(tcp|udp) dport (\d+)/.exec(rule)?.slice(1).join("/")));
      expect(open).toEqual(new Set(host.listeners.map((l) => `${l.transport}/${l.port}`)));
    }
  });
  test("keeps an allow-list, with the operator's own machine", () => {
    const rules = renderPlan(planOf("streams: { main: { publishers: { truck: { via: [srt], from: [203.0.113.0/24] } } } }\n"), SECRET)[0]?.firewall;
    expect(rules).toContain('ip saddr { 203.0.113.0/24, @{local:gateway} } iifname "@{local:uplink}" udp dport 8890 accept comment "srt"');
  });
});

describe("distributor", () => {
  test("takes a stream from its transcoders in the plan's order, the second standing by", () => {
    const pair = planOf(EVERYTHING).streams.find((s) => s.name === "pair");
    const [first, second] = pair?.transcoders ?? [];
    expect(file("dist-home-1", "nginx/nginx.conf")).toContain(`server ${first}.studio.internal:8080 max_fails=1 fail_timeout=3s;\n    server ${second}.studio.internal:8080 max_fails=1 fail_timeout=3s backup;`);
  });
  test("lists what can be watched", () => {
    expect(JSON.parse(file("dist-home-1", "streams.json"))).toMatchObject({ streams: [
      { name: "fast", latency: "low", playlist: "/live/fast/index.m3u8" }, { name: "main", dash: "/live/main/manifest.mpd" }, { name: "pair" }, { name: "talk", whep: "/live/talk/whep" },
    ] });
  });
});

describe("hardware encoders", () => {
  test.each(["nvenc", "vaapi", "qsv"])("%s encodes a picture before anything depends on it", (kind) => {
    const tx = renderPlan(planOf(`streams: { main: { encoder: ${kind} } }\n`), SECRET).find((b) => b.host === "tx-home-1") as Bundle;
    const probe = tx.services.find((s) => s.name === "agent")?.prepare.find((p) => p.creates.includes("probed"));
    expect(probe?.argv.join(" ")).toContain(`h264_${kind}`);
    expect(tx.files.find((f) => f.path === "ffmpeg/main.args")?.content).toContain(`h264_${kind}`);
  });
});

test("rendering is deterministic", () => {
  fc.assert(fc.property(fc.record({ multiplexers: fc.integer({ min: 1, max: 2 }), transcoders: fc.integer({ min: 1, max: 3 }), distributors: fc.integer({ min: 1, max: 3 }), streams: fc.integer({ min: 1, max: 10 }) }), (counts) => {
    expect(JSON.stringify(renderPlan(planOf(crowd(counts)), SECRET))).toBe(JSON.stringify(renderPlan(planOf(crowd(counts)), SECRET)));
  }), { numRuns: 10 });
});

test("our YAML reads back as what went in, in YAML 1.1 and 1.2", () => {
  const value = fc.letrec((tie) => ({
    node: fc.oneof({ depthSize: "small" }, fc.string(), fc.constantFrom("no", "Yes", "~", "1:20", "0x1f", "1e3", ":8554", "- a", "a: b", "a #b", "@{secret:x}", ""), fc.integer(), fc.boolean(), fc.constant(null),
      fc.array(tie("node"), { maxLength: 4 }), fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }).filter((k) => k !== "__proto__"), tie("node"), { maxKeys: 4 })),
  })).node;
  fc.assert(fc.property(fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }).filter((k) => k !== "__proto__"), value, { minKeys: 1, maxKeys: 4 }), (data) => {
    const text = toYaml(data);
    expect(parse(text, { version: "1.1", merge: false })).toEqual(JSON.parse(JSON.stringify(data)));
    expect(parse(text)).toEqual(JSON.parse(JSON.stringify(data)));
  }), { numRuns: 300 });
});
