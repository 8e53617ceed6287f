/** Hosts of a stack on AWS, as their reports in the stack's store tell: what was asked of each, and what it said. */
import { STORE, type HostPointer, type Report } from "../../../infra/targets/aws/contract.ts";
import type { StackOutputs } from "../lib/stack.ts";

/** `behind`: it has not yet answered to what it was asked last. */
export interface AwsHost {
  readonly host: string;
  readonly role: string;
  readonly instance: string | null;
  readonly state: "in force" | "refused" | "behind" | "silent";
  /** When it last reported, ISO 8601 by its own clock; null for never. */
  readonly reported: string | null;
  readonly message: string;
}

/** What is asked of AWS. Every method rejects when it does not answer. */
export interface StoreReader {
  /** Null for an object that is not there. */
  text(key: string): Promise<string | null>;
  /** Keys below a prefix. */
  list(prefix: string): Promise<readonly string[]>;
  /** Instances of an Auto Scaling group. */
  members(region: string, group: string): Promise<readonly string[]>;
}

/** State of every host of the stack's outputs. Rejects when the store cannot be read. */
export async function awsHosts(hosts: StackOutputs["hosts"], store: StoreReader): Promise<AwsHost[]> {
  return (await Promise.all(Object.entries(hosts).map(async ([host, { role, region }]) => {
    const text = await store.text(STORE.pointer(host));
    if (text === null) return [silent(host, role, null, "it was told nothing yet")];
    const pointer = JSON.parse(text) as HostPointer;
    const keys = await store.list(STORE.reports(host));
    const reports = (await Promise.all(keys.map(async (key) => JSON.parse(await store.text(key) ?? "null") as Report | null))).filter((r) => r !== null);
    if (pointer.group === null || region === undefined) {
      // Its predecessors' reports stay in the store.
      const newest = reports.sort((a, b) => (a.time < b.time ? 1 : -1))[0];
      return [newest === undefined ? silent(host, role, null, "no report yet") : judge(role, pointer, newest)];
    }
    const members = await store.members(region, pointer.group.name);
    if (members.length === 0) return [silent(host, role, null, "its group has no instance")];
    return members.map((instance) => { const report = reports.find((r) => r.instance === instance); return report === undefined ? silent(host, role, instance, "no report yet: it boots, or stands by") : judge(role, pointer, report); });
  }))).flat();
}

const silent = (host: string, role: string, instance: string | null, message: string): AwsHost => ({ host, role, instance, state: "silent", reported: null, message });

function judge(role: string, pointer: HostPointer, report: Report): AwsHost {
  const answers = report.bundle === "" || (report.bundle === pointer.bundle && report.secretsVersion === pointer.secrets.version);
  const state = !answers || (report.ok && report.programs !== pointer.programs) ? "behind" : report.ok ? "in force" : "refused";
  return { host: report.host, role, instance: report.instance, state, reported: report.time, message: report.message };
}
