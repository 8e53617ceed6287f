import { describe, expect, it } from "vitest";
import { planTopology } from "../../../infra/plan/plan.ts";
import { renderPlan } from "../../../infra/render/render.ts";
import type { RestreamConfig } from "../../../infra/restream/config.ts";
import { parseTopology } from "../../../infra/spec/load.ts";

const bundlesOf = (streams: string, rest = "") => renderPlan(planTopology(parseTopology(`headend: 1\nname: show\nstreams:\n${streams}${rest}`, "test.yaml").topology));
const restreamOf = (bundles: ReturnType<typeof bundlesOf>, host: string): RestreamConfig | null => {
  const file = [...bundles].find((b) => b.host === host)?.files.find((f) => f.path === "restream/restream.json");
  return file === undefined ? null : JSON.parse(file.content) as RestreamConfig;
};
const PLATFORM = 'restream: { yt: { url: "rtmps://yt.example/live", key: secret:youtube } }';
const BOTH = `  main: { publishers: { truck: {}, laptop: { backup: true } }, ${PLATFORM} }\n  other: { publishers: { a: {}, b: { backup: true } } }\n`;

describe("restream program", () => {
  it("runs only where there is a choice", () => {
    const mux = (streams: string): string[] => bundlesOf(streams).find((b) => b.host === "mux-home-a")?.services.map((s) => s.name) ?? [];
    expect(mux(BOTH)).toEqual(["mediamtx", "restream"]);
    expect(mux(`  main: { ${PLATFORM} }\n`)).toEqual(["mediamtx"]);
    expect(mux("  main: { publishers: { truck: {}, laptop: { backup: true } } }\n")).toEqual(["mediamtx"]);
  });

  it("knows pushes as they stand in MediaMTX's file, and platforms after them", () => {
    const bundles = bundlesOf(BOTH);
    const bundle = bundles.find((b) => b.host === "mux-home-a");
    const config = restreamOf(bundles, "mux-home-a");
    expect(config?.streams.map((s) => [s.name, s.publishers.map((p) => p.path), s.platforms])).toEqual([["main", ["main/truck", "main/laptop"], ["rtmps://yt.example/live#@{secret:config/youtube}"]]]);
    const yml = bundle?.files.find((f) => f.path === "mediamtx/mediamtx.yml")?.content ?? "";
    const [stream] = config?.streams ?? [];
    for (const dest of [...stream?.publishers.flatMap((p) => p.pushes) ?? [], ...stream?.platforms ?? []]) expect(yml.split(dest).length, dest).toBe(2);
    expect(yml.indexOf("yt.example")).toBeGreaterThan(yml.indexOf("in/main/truck"));
    expect(bundle?.files.find((f) => f.path === "restream/restream.json")?.mode).toBe("0600");
    expect(bundle?.secrets).toContain("config/youtube");
  });

  it("sends backups only from the multiplexer where publishers come in first", () => {
    const bundles = bundlesOf(`  main: { publishers: { truck: {}, van: {}, laptop: { backup: true } }, ${PLATFORM} }\n`, "multiplexers: 2\n");
    const publishers = ["mux-home-a", "mux-home-b"].map((host) => restreamOf(bundles, host)?.streams[0]?.publishers.map((p) => p.publisher).join());
    expect([...publishers].sort()).toEqual(["truck,van", "truck,van,laptop"]);
  });
});
