import { describe, expect, it } from "vitest";
import { planTopology } from "../../../infra/plan/plan.ts";
import { renderPlan } from "../../../infra/render/render.ts";
import { pushOf } from "../../../infra/forwarder/hop.ts";
import type { ForwarderConfig } from "../../../infra/forwarder/config.ts";
import { parseTopology } from "../../../infra/spec/load.ts";

const bundlesOf = (streams: string, rest = "") => renderPlan(planTopology(parseTopology(`headend: 1\nname: show\nstreams:\n${streams}${rest}`, "test.yaml").topology));
const restreamOf = (bundles: ReturnType<typeof bundlesOf>, host: string): ForwarderConfig | null => {
  const file = [...bundles].find((b) => b.host === host)?.files.find((f) => f.path === "forwarder/forwarder.json");
  return file === undefined ? null : JSON.parse(file.content) as ForwarderConfig;
};
const PLATFORM = 'restream: { yt: { url: "rtmps://yt.example/live", key: secret:youtube } }';
const BOTH = `  main: { publishers: { truck: {}, laptop: { backup: true } }, ${PLATFORM} }\n  other: { publishers: { a: {}, b: { backup: true } } }\n`;

describe("forwarder", () => {
  it("runs on every multiplexer, and decides for platforms where there are some: a single publisher may be taken off them by hand", () => {
    const bundles = bundlesOf(`  main: { ${PLATFORM} }\n  other: { publishers: { truck: {}, laptop: { backup: true } } }\n`);
    expect(bundles.find((b) => b.host === "mux-home-a")?.services.map((s) => s.name)).toEqual(["mediamtx", "forwarder"]);
    expect(restreamOf(bundles, "mux-home-a")?.streams.map((s) => [s.name, s.publishers.length])).toEqual([["main", 1]]);
  });

  it("knows pushes by their addresses, which MediaMTX does not log the keys of", () => {
    const yml = bundlesOf(BOTH).find((b) => b.host === "mux-home-a")?.files.find((f) => f.path === "mediamtx/mediamtx.yml")?.content ?? "";
    const dests = [...yml.matchAll(/- dest: "?([^"\n]*)/g)].map((m) => m[1] ?? "");
    expect(dests).toContain("rtmp://tx-home-1.show.internal:1935/in/main/truck#mux-home-a?user=mux-home-a&pass=@{secret:link/mux-home-a/tx-home-1}");
    expect(dests.map((dest) => pushOf(dest)?.path ?? dest)).toEqual(["in/main/laptop/mux-home-a", "in/main/truck/mux-home-a", expect.stringContaining("yt.example"), "in/other/a/mux-home-a", "in/other/b/mux-home-a"]);
  });

  it("knows platforms as they stand in MediaMTX's file, after the pushes", () => {
    const bundles = bundlesOf(BOTH);
    const bundle = bundles.find((b) => b.host === "mux-home-a");
    const config = restreamOf(bundles, "mux-home-a");
    expect(config?.streams.map((s) => [s.name, s.publishers.map((p) => p.path), s.platforms])).toEqual([["main", ["main/truck", "main/laptop"], ["rtmps://yt.example/live#@{secret:config/youtube}"]]]);
    const yml = bundle?.files.find((f) => f.path === "mediamtx/mediamtx.yml")?.content ?? "";
    const [stream] = config?.streams ?? [];
    for (const dest of stream?.platforms ?? []) expect(yml.split(dest).length, dest).toBe(2);
    expect(yml.indexOf("yt.example")).toBeGreaterThan(yml.indexOf("in/main/truck"));
    expect(bundle?.files.find((f) => f.path === "forwarder/forwarder.json")?.mode).toBe("0600");
    expect(bundle?.secrets).toContain("config/youtube");
  });

  it("sends backups only from the multiplexer where publishers come in first", () => {
    const bundles = bundlesOf(`  main: { publishers: { truck: {}, van: {}, laptop: { backup: true } }, ${PLATFORM} }\n`, "multiplexers: 2\n");
    const publishers = ["mux-home-a", "mux-home-b"].map((host) => restreamOf(bundles, host)?.streams[0]?.publishers.map((p) => p.publisher).join());
    expect([...publishers].sort()).toEqual(["truck,van", "truck,van,laptop"]);
  });
});
