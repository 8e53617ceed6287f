import { describe, expect, it } from "vitest";
import { planTopology } from "../../../infra/plan/plan.ts";
import { parseTopology } from "../../../infra/spec/load.ts";
import { buildKit, type KitSources } from "../../../scripts/cli/kit/kit.ts";
import { kitText } from "../../../scripts/cli/kit/text.ts";

const TOPOLOGY = `headend: 1
name: talk
streams:
  main:
    source: { resolution: 1920x1080, fps: 30, bitrate: 6 Mbps, keyframe: 2 s }
    publishers:
      truck: { via: [srt, rtmps], from: [203.0.113.0/24] }
      laptop: { via: [rtmp, whip], backup: true, keyRotation: 3 }
`;
const PORTS = { rtmp: 1935, rtmps: 1936, srt: 8890, whip: 8889 };

function kit(secretOf: KitSources["secretOf"]) {
  const { topology } = parseTopology(TOPOLOGY, "talk.yaml");
  return buildKit({
    topology, plan: planTopology(topology), secretOf,
    address: (_path, _multiplexer, protocol) => ({ host: "localhost", port: PORTS[protocol] }),
    viewers: { main: { watch: "https://localhost:8443/watch/main", playlist: "https://localhost:8443/live/main/index.m3u8", dash: null, whep: null } },
  });
}

describe("publish kit", () => {
  it("reads as before", () => {
    expect(kitText(kit(null))).toMatchSnapshot();
    expect(kitText(kit(null), { short: true })).toMatchSnapshot();
  });

  it("holds no secret unless asked", () => {
    const asked: string[] = [];
    const shown = kit((name, rotation) => { asked.push(`${name}#${rotation}`); return "THE-SECRET"; });
    expect(JSON.stringify(shown)).toContain("THE-SECRET");
    expect(asked).toContain("publish/main/laptop#3");
    expect(JSON.stringify(kit(null))).not.toContain("THE-SECRET");
  });

  it("keeps the publisher's own order of protocols", () => {
    expect(kit(null).publishers.find((p) => p.publisher === "truck")?.ways.map((w) => w.protocol)).toEqual(["srt", "rtmps"]);
  });

  it("asks for half as much again as is sent", () => {
    expect(kit(null).publishers[0]?.uploadKbps).toBe(9000);
  });
});
