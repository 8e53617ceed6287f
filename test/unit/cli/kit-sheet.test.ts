import { describe, expect, it } from "vitest";
import { planTopology } from "../../../infra/plan/plan.ts";
import { parseTopology } from "../../../infra/spec/load.ts";
import { kitFiles } from "../../../scripts/cli/kit/files.ts";
import { kitHtml } from "../../../scripts/cli/kit/html.ts";
import { buildKit, type Kit, type KitSources } from "../../../scripts/cli/kit/kit.ts";
import { obsProfiles } from "../../../scripts/cli/kit/obs.ts";

const TOPOLOGY = `headend: 1
name: talk
event: { doors: 2026-12-03T18:30, start: 2026-12-03T19:00, end: 2026-12-03T22:00, timeZone: Europe/Berlin }
streams:
  main:
    source: { resolution: 1920x1080, fps: 30, bitrate: 6 Mbps, keyframe: 2 s }
    publishers:
      truck: { via: [srt, rtmps, whip], keyRotation: 3 }
      laptop: { via: [whip], backup: true }
multiplexers: 2
`;
const PORTS = { rtmp: 1935, rtmps: 1936, srt: 8890, whip: 8889 };

function kit(secretOf: KitSources["secretOf"]): Kit {
  const { topology } = parseTopology(TOPOLOGY, "talk.yaml");
  return buildKit({
    topology, plan: planTopology(topology), secretOf,
    address: (_path, multiplexer, protocol) => ({ host: `${multiplexer}.example.org`, port: PORTS[protocol] }),
    viewers: { main: { watch: "https://example.org/watch/main", playlist: "https://example.org/live/main/index.m3u8", dash: null, whep: null } },
  });
}
const shown = kit((name, rotation) => `KEY-${name.split("/")[0]}-${rotation}`);
const hidden = kit(null);
const truck = (of: Kit) => of.publishers.find((p) => p.publisher === "truck")!;

describe("sheet of a publisher", () => {
  it("is one page that loads nothing, with upload, times, validity and the ways in order", () => {
    const html = kitHtml(shown, truck(shown));
    expect(html).not.toMatch(/<script|<link|src=|url\(|@import/);
    expect(html).toContain("<b>9 Mbps</b>");
    expect(html).toContain("Thu, 3 Dec 2026: ready 18:30, programme 19:00 to 22:00 (Europe/Berlin)");
    expect(html).toContain("number 3; good until");
    const order = [...html.matchAll(/<li><h3>(\w+) <span>to ([\w-]+)/g)].map(([, protocol, mux]) => `${protocol} ${mux}`);
    expect(order).toEqual(["SRT mux-home-a", "RTMPS mux-home-a", "WHIP mux-home-a", "SRT mux-home-b", "RTMPS mux-home-b", "WHIP mux-home-b"]);
    expect(html).toContain("the backup (laptop) is shown if it is there, else the slate &quot;Back in a moment&quot;");
    expect(html.match(/<figure>/g)).toHaveLength(2);
    expect(html).toContain("@media (prefers-color-scheme:dark)");
    expect(html).toContain("@media print");
  });

  it("holds no key and no code made of keys unless asked", () => {
    const files = kitFiles(hidden);
    expect(files.every((file) => !file.content.includes("KEY-") && file.mode === 0o644)).toBe(true);
    expect(truck(hidden).mobile).toBeNull();
    expect(kitHtml(hidden, truck(hidden)).match(/<figure>/g)).toHaveLength(1);
    expect(kitFiles(shown).every((file) => file.mode === 0o600)).toBe(true);
  });

  it("links a phone to the first two ways, keys apart from the address", () => {
    const { link } = truck(shown).mobile!;
    const values = new URLSearchParams(link.split("?")[1]);
    expect(values.getAll("conn[][url]")).toEqual(["srt://mux-home-a.example.org:8890", "rtmps://mux-home-a.example.org:1936/main/truck?user=main.truck&pass=KEY-publish-3"]);
    expect(values.get("conn[][srtpass]")).toBe("KEY-srt-3");
    expect(link).toContain("conn[][srtstreamid]=publish:main/truck:main.truck:KEY-publish-3&");
    expect(values.getAll("conn[][active]")).toEqual(["on", "off"]);
    expect(shown.publishers.find((p) => p.publisher === "laptop")!.mobile).toBeNull();
  });
});

describe("OBS profiles", () => {
  const profiles = obsProfiles("talk", truck(shown));
  const file = (i: number, name: "basic.ini" | "service.json" | "streamEncoder.json"): string => profiles[i]!.files[name];

  it("are one for each way, each folder named like its profile", () => {
    expect(profiles.map(({ folder }) => folder)).toContain("talk-main-truck-2-rtmps-mux-home-a");
    for (const { folder, files } of profiles) expect(files["basic.ini"]).toContain(`[General]\nName=${folder}\n`);
  });

  it("say what OBS reads: server and key, encoder, picture", () => {
    expect(JSON.parse(file(1, "service.json"))).toEqual({ type: "rtmp_custom", settings: { server: "rtmps://mux-home-a.example.org:1936/main", key: "truck?user=main.truck&pass=KEY-publish-3", use_auth: false, bwtest: false } });
    expect(JSON.parse(file(0, "service.json"))).toMatchObject({ type: "rtmp_custom", settings: { key: "", server: expect.stringContaining("passphrase=KEY-srt-3") } });
    expect(JSON.parse(file(2, "service.json"))).toEqual({ type: "whip_custom", settings: { server: "https://mux-home-a.example.org:8889/main/truck/whip", bearer_token: "main.truck:KEY-publish-3" } });
    expect(JSON.parse(file(0, "streamEncoder.json"))).toMatchObject({ rate_control: "CBR", bitrate: 6000, keyint_sec: 2, profile: "high" });
    expect(JSON.parse(file(2, "streamEncoder.json"))).toMatchObject({ bf: 0, profile: "baseline" });
    for (const line of ["Mode=Advanced", "Encoder=obs_x264", "AudioEncoder=ffmpeg_aac", "BaseCX=1920", "OutputCY=1080", "FPSType=1", "FPSInt=30", "SampleRate=48000"]) expect(file(0, "basic.ini").split("\n")).toContain(line);
    expect(file(2, "basic.ini")).toContain("AudioEncoder=ffmpeg_opus");
  });

  it("the data beside a sheet is that of its own publisher, however many there are", () => {
    const { topology } = parseTopology("headend: 1\nname: talk\nstreams:\n  one: { publishers: { a: { via: [srt, rtmp, whip] } } }\n  two: { publishers: { b: {} } }\nmultiplexers: 3\n", "talk.yaml");
    const links = { watch: "https://example.org", playlist: null, dash: null, whep: null };
    const all = buildKit({ topology, plan: planTopology(topology), secretOf: null, address: (_path, host, protocol) => ({ host, port: PORTS[protocol] }), viewers: { one: links, two: links } });
    const json = JSON.parse(kitFiles(all).find(({ path }) => path === "one.a/kit.json")!.content) as Kit;
    expect([json.publishers.map(({ publisher }) => publisher), Object.keys(json.viewers)]).toEqual([["a"], ["one"]]);
    expect(json.publishers[0]!.ways).toHaveLength(9);
    expect(json.publishers[0]!.obsSettings.map(({ protocols }) => protocols)).toEqual([["srt", "rtmp"], ["whip"]]);
  });
});
