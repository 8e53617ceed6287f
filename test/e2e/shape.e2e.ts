/** Two multiplexers, three transcoders, three distributors, ten streams on one machine; and who can reach whom. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planTopology } from "../../infra/plan/plan.ts";
import { loadTopology } from "../../infra/spec/load.ts";
import { docker, runArgs, testName } from "../../scripts/live/docker.ts";
import { HlsViewer } from "../../scripts/live/hls-viewer.ts";
import { publish } from "../../scripts/live/publish.ts";
import { openPorts, scan } from "./lib/scan.ts";
import { type Outputs, TestStack } from "./lib/stack.ts";
import { onAir } from "./lib/status.ts";

const names = Array.from({ length: 10 }, (_, i) => `hall-${i}`);
const stack = new TestStack({
  name: "e2e-shape",
  config: { scale: "0.25" },
  topology: `streams:\n${names.map((n) => `  ${n}: { source: { resolution: 640x360, fps: 15, bitrate: 600 kbps }, ladder: [360p], encoder: { kind: x264, preset: ultrafast } }\n`).join("")}` +
    "multiplexers: { home: 2 }\ntranscoders: { home: 3 }\ndistributors: { home: { min: 3, max: 3 } }\n",
});
let outputs: Outputs;
const plan = planTopology(loadTopology(stack.topologyFile).topology, { scale: 0.25 });

beforeAll(async () => {
  await stack.init();
  await stack.up();
  outputs = await stack.outputs();
}, 300_000);
afterAll(() => stack.destroy(), 120_000);

test("every stream plays from every distributor", async () => {
  const ports = Object.values(outputs.hosts).filter((h) => h.role === "distributor").map((h) => h.ports.https);
  expect(new Set(ports).size).toBe(3);
  for (const name of names) {
    const viewer = new HlsViewer({ url: `https://localhost:${ports[names.indexOf(name) % 3]}/live/${name}/index.m3u8`, ca: outputs.ca ?? "" }).start();
    await viewer.playing(40_000);
    await viewer.stop();
  }
});

test("a publisher may come by either multiplexer", async () => {
  const [stream] = plan.streams;
  for (const mux of ["mux-home-a", "mux-home-b"]) {
    const publisher = await publish({ via: "rtmp", url: await stack.ingestUrl("hall-0", "studio", "rtmp", { mux }), width: 160, height: 90, fps: 15 });
    try { await onAir(stack, "hall-0", "studio", stream?.transcoders[0]); } finally { await publisher.stop(); }
    await onAir(stack, "hall-0", null, stream?.transcoders[0]);
  }
});

describe("nothing but what the plan lists is reachable", () => {
  /** Every port that any service of ours uses on any host, and some neighbours. */
  const PORTS = [22, 80, 443, 1935, 1936, 7000, 8000, 8001, 8080, 8081, 8189, 8190, 8322, 8443, 8554, 8888, 8889, 8890, 8892, 9996, 9997, 9998, 9999];
  test.each(plan.hosts.map((h) => h.name))("from %s to every other host", async (from) => {
    for (const to of plan.hosts) {
      if (to.name === from) continue;
      const allowed = to.listeners.filter((l) => l.transport === "tcp" && l.plane !== "ingest" && l.plane !== "edge" && l.from.some((p) => p.kind === "host" && p.host === from)).map((l) => l.port);
      const addresses = await addressesOf(to.name);
      const found = new Set<number>();
      for (const address of addresses) for (const port of openPorts(await scan(stack.container(from), address, PORTS, 600))) found.add(port);
      // Ingest and edge listeners are open to anyone who can reach their network; of our hosts only their own role can.
      const publicPorts = sameRole(from, to.name) ? to.listeners.filter((l) => l.transport === "tcp" && (l.plane === "ingest" || l.plane === "edge")).map((l) => l.port) : [];
      expect([...found].filter((port) => !publicPorts.includes(port)).sort(), `${from} → ${to.name}`).toEqual(allowed.sort());
    }
  }, 120_000);

  test("a distributor has no route to a multiplexer", async () => {
    for (const address of await addressesOf("mux-home-a")) expect(openPorts(await scan(stack.container("dist-home-1"), address, [1935, 1936, 8889, 9997], 600))).toEqual([]);
  });

  test("a transcoder reaches nobody on the publishers' network", async () => {
    const name = testName("listener");
    await docker(runArgs(name, { network: "headend-e2e-shape-ingest" }, ["-d", "--entrypoint", "node"]).concat(["-e", "require('net').createServer().listen(8000)"]));
    try {
      const address = (await docker(["inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", name])).trim();
      expect(openPorts(await scan(stack.container("mux-home-a"), address, [8000], 600))).toEqual([8000]);
      expect(openPorts(await scan(stack.container("tx-home-1"), address, [8000], 600))).toEqual([]);
      expect(openPorts(await scan(stack.container("dist-home-1"), address, [8000], 600))).toEqual([]);
    } finally { await docker(["rm", "-f", name]); }
  });

  test("a stranger on the publishers' network reaches ingest only", async () => {
    const name = testName("stranger");
    await docker(runArgs(name, { network: "headend-e2e-shape-ingest" }, ["-d", "--entrypoint", "sleep"]).concat(["600"]));
    try {
      expect(openPorts(await scan(name, "mux-home-a.e2e-shape.internal", PORTS, 600))).toEqual([1935, 1936, 8889]);
    } finally { await docker(["rm", "-f", name]); }
  });

  test("ports are published on loopback only", async () => {
    const bindings = await docker(["ps", "--filter", "label=headend.stack=e2e-shape", "--format", "{{.Ports}}"]);
    for (const binding of bindings.split(/[\n,]/).filter((b) => b.includes("->"))) expect(binding.trim()).toMatch(/^127\.0\.0\.1:/);
  });
});

function sameRole(a: string, b: string): boolean {
  const role = (name: string) => plan.hosts.find((h) => h.name === name)?.role;
  return role(a) === role(b);
}

async function addressesOf(host: string): Promise<string[]> {
  const text = await docker(["inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", stack.container(host)]);
  return text.trim().split(" ");
}
