/** Pull mode, the program: `aws.js pull` runs as a service of its own, without rights; what it brings into force hostd does. */
import { AutoScalingClient, CompleteLifecycleActionCommand } from "@aws-sdk/client-auto-scaling";
import { type HostPointer, POLL_SECONDS } from "../../targets/aws/contract.ts";
import { realClock, sleep } from "../clock.ts";
import { messageOf } from "../failure.ts";
import { placesFrom } from "../places.ts";
import { AcmeKeeper } from "./acme.ts";
import { awsAcme } from "./acme-aws.ts";
import { awsStore, PATIENCE } from "./aws-store.ts";
import { allReady, hostdAt } from "./hostd.ts";
import { identity } from "./identity.ts";
import { Lifecycle, type Group } from "./lifecycle.ts";
import { instanceMetadata, type Metadata } from "./metadata.ts";
import { localPrograms } from "./local-programs.ts";
import { OrderTaker } from "./orders.ts";
import { hostPrograms } from "./programs.ts";
import { Puller } from "./puller.ts";
import { readSettings } from "./settings.ts";
import { writePointerFile } from "./pointer-file.ts";
import { nginxRequests } from "../watch/nginx.ts";

const LIFECYCLE_EVERY_MS = 5_000;
/** Agents look at their inputs twice a second, the forwarder three times. */
const SETTLE_MS = 1_200;
/** An Elastic IP is given after the start and may move. */
const ADDRESS_EVERY_MS = 15_000;

/** Runs until it is told to stop. */
export async function pull(): Promise<number> {
  const log = (line: string): void => { process.stdout.write(`${line}\n`); };
  const settings = readSettings();
  const metadata = instanceMetadata();
  const { instance, region } = await identity(metadata, log);
  const store = awsStore(settings, region, instance);
  const hostd = hostdAt(placesFrom(process.env).socket, log);
  const acme = new AcmeKeeper({ ...awsAcme(region), now: () => new Date(), random: Math.random, log, sleep: (ms) => sleep(realClock, ms) });
  let group: Group | null = null;
  const puller = new Puller({
    store, hostd, programs: hostPrograms(), host: settings.host, instance,
    publicAddress: publicAddressOf(metadata, log),
    acme: (pointer: HostPointer) => acme.current(pointer),
    adopted: (pointer: HostPointer) => { group = pointer.group; writePointerFile(pointer); },
    now: () => new Date(), random: Math.random, log,
  });
  const lifecycle = new Lifecycle({
    metadata, ready: () => allReady(() => hostd.status(), log), drain: (on) => hostd.drain(on), requests: nginxRequests,
    complete: completer(region, instance), now: () => Date.now(), log,
  });
  void (async () => {
    for (;;) { await sleep(realClock, LIFECYCLE_EVERY_MS); if (group !== null) await lifecycle.tick(group); }
  })();
  const orders = new OrderTaker({
    store, programs: localPrograms(settings.host.startsWith("mux-")), host: settings.host, instance,
    now: () => new Date(), settle: () => sleep(realClock, SETTLE_MS), log,
  });
  void (async () => {
    for (;;) { await orders.tick(); await sleep(realClock, POLL_SECONDS * 1000 * (0.8 + 0.4 * Math.random())); }
  })();
  log(`watching the configuration of ${settings.host} in bucket ${settings.bucket}`);
  for (;;) await sleep(realClock, await puller.tick());
}

function publicAddressOf(metadata: Metadata, log: (line: string) => void): () => Promise<string | null> {
  let known: string | null = null;
  let asked = 0;
  return async () => {
    if (Date.now() - asked < ADDRESS_EVERY_MS) return known;
    try {
      known = await metadata.get("public-ipv4") ?? await metadata.get("local-ipv4") ?? known;
      asked = Date.now();
    } catch (error) { log(`public address: ${messageOf(error)}`); }
    return known;
  };
}

/** Nothing to complete is no failure: the group does not wait, or has given up. */
function completer(region: string, instance: string): (group: Group, hook: string) => Promise<boolean> {
  const client = new AutoScalingClient({ region, ...PATIENCE });
  return async (group, hook) => {
    try {
      await client.send(new CompleteLifecycleActionCommand({
        AutoScalingGroupName: group.name, LifecycleHookName: hook, InstanceId: instance, LifecycleActionResult: "CONTINUE",
      }));
      return true;
    } catch (error) {
      if (error instanceof Error && (error.name === "ValidationError" || /No active Lifecycle Action/i.test(error.message))) return false;
      throw error;
    }
  };
}
