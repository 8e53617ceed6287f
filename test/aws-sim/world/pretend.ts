/** Hosts that only say that they did what they were told: for tests that look at arguments, not at machines. */
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { STORE } from "../../../infra/targets/aws/contract.ts";
import type { HostPointer, Report } from "../../../infra/targets/aws/contract.ts";
import type { World } from "./world.ts";

const told = new WeakMap<World, Map<string, string>>();

/** One round: who has a new pointer reports success; members of groups then come into service, or go. */
export async function pretendHosts(world: World): Promise<void> {
  const seen = told.get(world) ?? new Map<string, string>();
  told.set(world, seen);
  const store = world.all("s3/Bucket").find((b) => world.all("s3/BucketObjectv2").some((o) => o.inputs["bucket"] === b.id));
  if (store === undefined) return;
  const s3 = world.clients(store.region).s3;
  await Promise.all([...world.machines.values()].map(async (m) => {
    const key = m.tags["headend-host"] ?? "";
    const pointer = await s3.send(new GetObjectCommand({ Bucket: store.id, Key: STORE.pointer(key) })).then(async (r) => ({ text: await r.Body?.transformToString() ?? "", at: r.LastModified?.getTime() ?? 0 }), () => null);
    if (pointer === null || seen.get(m.id) === `${pointer.text} ${pointer.at}`) return;
    const p = JSON.parse(pointer.text) as HostPointer;
    const report: Report = { format: 1, host: key, instance: m.id, bundle: p.bundle, secretsVersion: p.secrets.version, programs: p.programs, ok: true, message: "pretended", changedFiles: [], time: new Date().toISOString() };
    await s3.send(new PutObjectCommand({ Bucket: store.id, Key: STORE.report(key, m.id), Body: JSON.stringify(report) }));
    seen.set(m.id, `${pointer.text} ${pointer.at}`);
  }));
  for (const g of world.groups.values()) {
    for (const m of g.members) {
      if (m.state === "Pending:Wait" && seen.has(m.id)) { m.healthy = true; g.take({ kind: "lifecycle-complete", group: g.name, hook: "ready", instance: m.id, result: "CONTINUE" }); }
      if (m.state === "Terminating:Wait") g.take({ kind: "lifecycle-complete", group: g.name, hook: "drain", instance: m.id, result: "CONTINUE" });
    }
    await g.tick();
  }
}
