/** Waits until every host has reported what it was asked to bring into force: pure of AWS, see await-reports.ts for the program. */
import { STORE, type Expectation, type Expectations, type Report } from "../../infra/targets/aws/contract.ts";

export interface StoredReport { readonly report: Report; readonly modified: Date }

export interface WaitDeps {
  /** Null when there is none yet. Rejects when the store does not answer. */
  readonly report: (key: string) => Promise<StoredReport | null>;
  /** When an object was written; null when it is not there. */
  readonly modified: (key: string) => Promise<Date | null>;
  /** Writes an object's own text again: hosts take that as a wish to try again. Resolves to when. */
  readonly touch: (key: string) => Promise<Date>;
  /** Instances of a group that serve or are about to. */
  readonly members: (region: string, group: string) => Promise<readonly string[]>;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly say: (line: string) => void;
}

export type Outcome = "in force" | "refused" | "silent";

export interface HostOutcome { readonly host: string; readonly instance: string; readonly outcome: Outcome; readonly message: string }

export interface WaitResult { readonly ok: boolean; readonly hosts: readonly HostOutcome[] }

const EVERY_MS = 2_000;
/** When one host has failed the others are given so long, so that all failures are told at once. */
const AFTER_FAILURE_MS = 15_000;
const STILL_EVERY_MS = 20_000;
/** A pointer older than this was not written by the deployment that waits. */
const FRESH_MS = 120_000;

/** Resolves when every host has answered, or the time is over. Rejects only when the store cannot be asked at all. */
export async function awaitReports(expected: Expectations, deps: WaitDeps): Promise<WaitResult> {
  const began = deps.now();
  const settled = new Map<string, HostOutcome>();
  const retried = new Map<string, Date>();
  let failedAt: number | null = null;
  let said = began;
  let waiting: readonly Wanted[] = [];
  let errors = 0;
  for (;;) {
    try {
      const wanted = (await Promise.all(expected.hosts.map((host) => instancesOf(host, deps)))).flat();
      await Promise.all(wanted.filter(({ id }) => settled.get(id)?.outcome !== "in force").map(async (one) => {
        const outcome = await look(one, deps, retried, began);
        if (outcome === null || settled.has(one.id)) return;
        settled.set(one.id, outcome);
        deps.say(tell(outcome));
      }));
      waiting = wanted.filter(({ id }) => !settled.has(id));
      errors = 0;
    } catch (error) {
      if (++errors >= 5) throw error;   // one lost request is nothing; five in a row are no access
    }
    const now = deps.now();
    if (errors === 0 && waiting.length === 0) break;
    if ([...settled.values()].some((o) => o.outcome === "refused")) failedAt ??= now;
    if (now - began > expected.timeoutSeconds * 1000 || (failedAt !== null && now - failedAt > AFTER_FAILURE_MS)) break;
    if (now - said > STILL_EVERY_MS) {
      said = now;
      deps.say(`waiting for ${waiting.map(({ id }) => id).join(", ")} (${Math.round((now - began) / 1000)} s of at most ${expected.timeoutSeconds} s)`);
    }
    await deps.sleep(EVERY_MS);
  }
  const silent = waiting.map((one): HostOutcome => ({ host: one.host.key, instance: one.instance, outcome: "silent", message: silence(one, expected) }));
  const hosts = [...settled.values(), ...silent];
  return { ok: hosts.every((h) => h.outcome === "in force"), hosts };
}

interface Wanted { readonly host: Expectation; readonly instance: string; readonly id: string }

async function instancesOf(host: Expectation, deps: WaitDeps): Promise<readonly Wanted[]> {
  if ("instance" in host.who) return [{ host, instance: host.who.instance, id: host.key }];
  const members = await deps.members(host.region, host.who.group);
  return members.map((instance) => ({ host, instance, id: `${host.key}/${instance}` }));
}

async function look({ host, instance }: Wanted, deps: WaitDeps, retried: Map<string, Date>, began: number): Promise<HostOutcome | null> {
  const found = await deps.report(STORE.report(host.key, instance));
  if (found === null) return null;
  const { report, modified } = found;
  if (report.bundle === "") return { host: host.key, instance, outcome: "refused", message: report.message };   // its bootstrap failed: nobody will report anything else
  const same = report.bundle === host.bundle && report.secretsVersion === host.secretsVersion;
  if (!same) return null;
  if (report.ok) return report.programs === host.programs ? { host: host.key, instance, outcome: "in force", message: report.message } : null;
  const pointer = STORE.pointer(host.key);
  const since = retried.get(host.key) ?? await deps.modified(pointer);
  if (since !== null && modified < since) return null;   // about an earlier wish
  if (!retried.has(host.key) && since !== null && began - since.getTime() > FRESH_MS) {
    retried.set(host.key, await deps.touch(pointer));
    deps.say(`${host.key} refused this before (${report.time}): asking it to try again`);
    return null;
  }
  return { host: host.key, instance, outcome: "refused", message: report.message };
}

/** One host's outcome as people read it. */
export function tell({ host, instance, outcome, message }: HostOutcome): string {
  if (outcome === "in force") return `${host} (${instance}): ${message.split("\n").at(-1) || "in force"}`;
  return `${host} (${instance}): ${outcome === "silent" ? "no report" : message.startsWith("The bootstrap failed") ? "not set up" : "refused, and still runs what it had"}\n${message.split("\n").map((line) => `    ${line}`).join("\n")}`;
}

function silence({ host, instance }: Wanted, { bucket, timeoutSeconds }: Expectations): string {
  return `no report about this configuration within ${timeoutSeconds} s (s3://${bucket}/${STORE.report(host.key, instance)}).\n`
    + `See what the instance says: aws ec2 get-console-output --latest --output text --region ${host.region} --instance-id ${instance}\n`
    + "then run the same command again: it waits anew.";
}
