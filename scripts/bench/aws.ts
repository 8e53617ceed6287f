/** The aws target: a large preview without credentials; on the simulated account of test/aws-sim boot to serving, and an edit's way to the processes. */
import { join } from "node:path";
import { STORE } from "../../infra/targets/aws/contract.ts";
import { awsStack } from "../../test/aws-sim/lib/aws-stack.ts";
import { cannotSimulate } from "../../test/aws-sim/lib/able.ts";
import { lookUp } from "../../test/aws-sim/lib/people.ts";
import { machineOf } from "../../test/aws-sim/lib/reach.ts";
import { StoreView } from "../../test/aws-sim/lib/store.ts";
import { TestStack } from "../../test/e2e/lib/stack.ts";
import { DOMAIN, largeTopology, smallTopology } from "../../test/aws-sim/topology.ts";
import { HlsViewer } from "../live/hls-viewer.ts";
import { ensureAwsPrograms, ensureTestTools } from "../setup/index.ts";
import { run, tail } from "../setup/process.ts";
import { quietMoment } from "./lib/machine.ts";
import { against, type Bench, type Measure, type Result } from "./lib/result.ts";
import { median, samples } from "./lib/stats.ts";

const PREVIEW_LIMIT_S = 15, PREVIEWS = 3, EDIT_LIMIT_S = 10, EDITS = 4, PLAYABLE_WITHIN_MS = 120_000;

/** One boot of five hosts, then edits of a ladder; the way of an edit is from the pointer's put to the host's report. */
export const measureAws: Measure = async (bench) => {
  const preview = await measurePreview(bench);
  const unable = cannotSimulate();
  if (unable !== null) throw new Error(unable);
  await ensureTestTools({ root: bench.root, tools: ["mmdebstrap", "python3"] });
  await ensureAwsPrograms({ root: bench.root, architectures: ["x86"] });
  bench.say("aws: a simulated account");
  const { world, stack, close } = await awsStack({ name: "bench-aws", topology: smallTopology(), config: { scale: "0.25" } });
  const remove = bench.onEnd(close);
  await quietMoment();
  bench.say("aws: five hosts from an empty Debian");
  const began = performance.now();
  await stack.up();
  world.originAuthorities.push((await stack.outputs()).ca ?? "");
  await world.tell();
  const viewer = new HlsViewer({ url: `https://${DOMAIN}/live/main/index.m3u8`, ca: world.ca.pem, hosts: { [DOMAIN]: (await lookUp(world, DOMAIN))[0] ?? "" } }).start();
  await viewer.playing(PLAYABLE_WITHIN_MS);
  const boot = (performance.now() - began) / 1000;
  await viewer.stop();
  const store = new StoreView(world), machine = machineOf(world, "tx-eu-1"), ways: number[] = [];
  for (let i = 0; i < EDITS; i++) {
    bench.say(`aws: edit ${i + 1} of ${EDITS}`);
    stack.write(smallTopology({ ladder: i % 2 === 0 ? "[720p, 480p]" : "[720p]" }));
    await stack.up();
    const report = await store.report("tx-eu-1", machine.id);
    if (report?.ok !== true) throw new Error(`the edit did not come into force: ${report?.message ?? "no report"}`);
    ways.push((Date.parse(report.time) - (world.puts.get(STORE.pointer("tx-eu-1")) ?? 0)) / 1000);
  }
  await remove();
  return [
    preview,
    { name: "aws (simulated), from nothing to playing", value: boot, unit: "s", limit: null, ratio: null, ok: true, how: "`pulumi up` of two multiplexers, a transcoder and two distributors as systemd containers that install every package from the simulated S3, until a segment came through the simulated CDN; all five share this machine's processors", details: ["one run"] },
    against(EDIT_LIMIT_S, median(ways), { name: "aws (simulated), an edit's way to its processes", unit: "s", how: "from the moment the host's pointer is put to the host's report that the new configuration is in force", details: [`runs: ${samples(ways, "s")}`] }),
  ];
};

async function measurePreview(bench: Bench): Promise<Result> {
  const stack = new TestStack({ name: "bench-aws-preview", topology: largeTopology(), config: { target: "aws" } });
  const remove = bench.onEnd(() => stack.destroy());
  await stack.init();
  const took: number[] = [];
  for (let i = 0; i < PREVIEWS; i++) {
    bench.say(`aws: preview of 40 hosts, run ${i + 1} of ${PREVIEWS}`);
    await quietMoment();
    const began = performance.now();
    const result = await run([process.execPath, join(bench.root, "scripts/headend.mjs"), "preview", "--stack", "bench-aws-preview"], { cwd: bench.root, env: stack.env });
    if (result.code !== 0) throw new Error(`The preview failed:\n${tail(result)}`);
    took.push((performance.now() - began) / 1000);
  }
  await remove();
  return against(PREVIEW_LIMIT_S, median(took), { name: "aws, preview of two regions and 40 hosts", unit: "s", how: "`npx headend preview` of a new stack (735 resources, ten streams) without credentials, by the wall clock", details: [`runs: ${samples(took, "s")}`] });
}
