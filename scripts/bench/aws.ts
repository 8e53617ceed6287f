/** The aws target on the simulated account of test/aws-sim: boot to serving, and an edit's way to the processes. */
import { STORE } from "../../infra/targets/aws/contract.ts";
import { awsStack } from "../../test/aws-sim/lib/aws-stack.ts";
import { cannotSimulate } from "../../test/aws-sim/lib/able.ts";
import { lookUp } from "../../test/aws-sim/lib/people.ts";
import { machineOf } from "../../test/aws-sim/lib/reach.ts";
import { StoreView } from "../../test/aws-sim/lib/store.ts";
import { DOMAIN, smallTopology } from "../../test/aws-sim/topology.ts";
import { HlsViewer } from "../live/hls-viewer.ts";
import { ensureAwsPrograms, ensureTestTools } from "../setup/index.ts";
import { quietMoment } from "./lib/machine.ts";
import { against, type Measure } from "./lib/result.ts";
import { median, samples } from "./lib/stats.ts";

const EDIT_LIMIT_S = 10, EDITS = 4, PLAYABLE_WITHIN_MS = 120_000;

/** One boot of five hosts, then edits of a ladder; the way of an edit is from the pointer's put to the host's report. */
export const measureAws: Measure = async (bench) => {
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
    { name: "aws (simulated), from nothing to playing", value: boot, unit: "s", limit: null, ratio: null, ok: true, how: "`pulumi up` of two multiplexers, a transcoder and two distributors as systemd containers that install every package from the simulated S3, until a segment came through the simulated CDN; all five share this machine's processors", details: ["one run"] },
    against(EDIT_LIMIT_S, median(ways), { name: "aws (simulated), an edit's way to its processes", unit: "s", how: "from the moment the host's pointer is put to the host's report that the new configuration is in force", details: [`runs: ${samples(ways, "s")}`] }),
  ];
};
