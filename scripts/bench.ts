/**
 * `npm run bench`: measures what headend promises about its speed. Exit code 0 when every limit holds, 1 when one is broken or a
 * measure failed, 2 for a wrong command line, 130 after Ctrl-C. Everything made is taken away again.
 */
import { writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measureAws } from "./bench/aws.ts";
import { measureCheck } from "./bench/check.ts";
import { measureDistributor } from "./bench/distributor.ts";
import { measureEdit } from "./bench/edit.ts";
import { load, machineFacts } from "./bench/lib/machine.ts";
import { document, table, type Report } from "./bench/lib/report.ts";
import type { Bench, Measure, Result } from "./bench/lib/result.ts";
import { measurePlan } from "./bench/plan.ts";
import { measurePrediction } from "./bench/prediction.ts";
import { measureRehearsal, measureSoak } from "./bench/rehearse.ts";
import { measureTranscoder } from "./bench/transcoder.ts";
import { measureUp } from "./bench/up.ts";
import { ensureTestTools, ensureToolchain, pulumiEnv } from "./setup/index.ts";

const MEASURES: Readonly<Record<string, Measure>> = {
  plan: measurePlan, check: measureCheck, prediction: measurePrediction, up: measureUp, edit: measureEdit, transcoder: measureTranscoder, distributor: measureDistributor, aws: measureAws,
};
/** Run only when they are named: each takes about an hour. */
const LONG: Readonly<Record<string, Measure>> = { rehearse: measureRehearsal, soak: measureSoak };
const HELP = `Usage: npm run bench -- [options]

Measures headend's speed on this machine and compares it with what is promised. Takes about twenty minutes; close other programs.

  --only NAME   ${Object.keys(MEASURES).join(", ")}; repeatable, or with commas;
                only so, an hour each: ${Object.keys(LONG).join(", ")}
  --json        the report as JSON on standard output
  --write       write docs/benchmarks.md (only a run of all measures may)
  --help        this text

Exit codes: 0 every limit holds, 1 one does not (or a measure failed), 2 the command line is wrong, 130 interrupted.
`;
const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const ends: (() => Promise<void>)[] = [];

const bench: Bench = {
  root,
  say: (text) => process.stderr.write(`${text}\n`),
  onEnd(work) {
    let done: Promise<void> | null = null;
    const once = (): Promise<void> => (done ??= Promise.resolve(work()));
    ends.push(once);
    return once;
  },
};

/** Takes everything away that is still there, last made first. */
async function cleanUpAll(): Promise<void> {
  for (const end of ends.splice(0).reverse()) await end().catch((error: Error) => bench.say(`clean-up: ${error.message}`));
}

function options(): { only: string[]; json: boolean; write: boolean } | number {
  const fail = (message: string): number => { process.stderr.write(`${message}\n\n${HELP}`); return 2; };
  try {
    const { values } = parseArgs({ options: { only: { type: "string", multiple: true }, json: { type: "boolean" }, write: { type: "boolean" }, help: { type: "boolean", short: "h" } } });
    if (values.help) { process.stdout.write(HELP); return 0; }
    const only = (values.only ?? []).flatMap((names) => names.split(",")).filter(Boolean);
    const unknown = only.find((name) => !(name in MEASURES || name in LONG));
    if (unknown !== undefined) return fail(`--only ${unknown}: not known. Allowed: ${[...Object.keys(MEASURES), ...Object.keys(LONG)].join(", ")}.`);
    if (values.write && only.length > 0) return fail("--write needs a run of all measures: leave --only out.");
    return { only, json: values.json ?? false, write: values.write ?? false };
  } catch (error) {
    return fail((error as Error).message);
  }
}

async function main(): Promise<number> {
  const asked = options();
  if (typeof asked === "number") return asked;
  const names = [...Object.keys(MEASURES), ...Object.keys(LONG)].filter((name) => (asked.only.length === 0 ? name in MEASURES : asked.only.includes(name)));
  if (names.some(needsTools)) Object.assign(process.env, pulumiEnv(root));
  if (names.some(needsTools)) await ensureToolchain({ root });
  if (names.includes("distributor")) await ensureTestTools({ root, tools: ["wrk", "curl"] });

  const before = load();
  const results: Result[] = [];
  const failures: string[] = [];
  for (const name of names) {
    try {
      results.push(...await ({ ...MEASURES, ...LONG }[name] as Measure)(bench));
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      bench.say(`${name} failed: ${failures.at(-1)}`);
    }
    await cleanUpAll();
  }
  const report: Report = { machine: await machineFacts(), at: new Date().toISOString(), load: { before, after: load() }, results, failures };
  process.stdout.write(asked.json ? `${JSON.stringify(report, null, 2)}\n` : `${table(report)}\n`);
  if (asked.write && failures.length === 0) {
    writeFileSync(join(root, "docs/benchmarks.md"), document(report));
    bench.say("written: docs/benchmarks.md");
  }
  return failures.length > 0 || results.some((r) => !r.ok) ? 1 : 0;
}

function needsTools(name: string): boolean {
  return name !== "plan" && name !== "check";
}

let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (interrupted) return;
    interrupted = true;
    bench.say("\ninterrupted: cleaning up");
    void cleanUpAll().finally(() => process.exit(130));
  });
}

main().then((code) => { if (!interrupted) process.exit(code); }, async (error: unknown) => {
  if (interrupted) return;
  await cleanUpAll();
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
