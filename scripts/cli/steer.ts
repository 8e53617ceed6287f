import type { SteeringStatus } from "../../infra/steering/status.ts";
import { STEERING_PORT } from "../../infra/render/paths.ts";
import { docker, execJson, type ContainerInfo } from "./lib/docker.ts";
import { CliError, EXIT, InputError } from "./lib/errors.ts";
import { columns, note, paint, print, printJson } from "./lib/output.ts";
import { runningContainers } from "./lib/stack-hosts.ts";

interface Server { readonly container: ContainerInfo; readonly status: SteeringStatus }

/** `headend steer`: shows or changes how viewers divide among distributors and CDNs, without an apply. @returns the exit code */
export async function steer(changes: readonly string[], options: { readonly stack: string; readonly json?: boolean }): Promise<number> {
  const wanted = parseChanges(changes);
  const servers = await serversOf(options.stack);
  const ids = [...new Set(servers.flatMap(({ status }) => status.ways.map((w) => w.id)))];
  const unknown = [...wanted?.keys() ?? []].filter((id) => !ids.includes(id));
  if (unknown.length > 0) throw new InputError(`There is no way named ${unknown.join(", ")}.`, `There are: ${ids.join(", ")}.`);
  const failed: string[] = [];
  if (wanted !== undefined) {
    await Promise.all(servers.map(async ({ container, status }) => {
      // Each knows its nearest ways only; what it does not know it need not be told.
      const next = wanted === null ? {} : Object.fromEntries(Object.entries({ ...status.override, ...Object.fromEntries(wanted) }).filter(([id]) => status.ways.some((w) => w.id === id)));
      const { code, stderr } = await docker(["exec", "-i", container.name, "curl", "-sS", "-f", "-m", "3", "--data-binary", "@-", `http://127.0.0.1:${STEERING_PORT}/weights`], { input: JSON.stringify(next) });
      if (code !== 0) failed.push(`${container.host}: ${stderr.trim()}`);
    }));
  }
  const after = wanted === undefined ? servers : await serversOf(options.stack);
  if (options.json) printJson({ stack: options.stack, servers: after.map(({ status }) => status), failed });
  else {
    const ways = ids.map((id) => ({ id, seen: after.flatMap(({ status }) => status.ways.filter((w) => w.id === id).map((w) => ({ by: status.self, ...w }))) }));
    print(columns(["way", "address", "priority", "weight", "state"], ways.map(({ id, seen }) => {
      const [first] = seen;
      const dead = seen.filter((w) => !w.alive);
      return [
        id, first?.base ?? "", String(first?.priority ?? ""), first && first.weight !== first.declaredWeight ? paint.yellow(`${tidy(first.weight)} (declared ${tidy(first.declaredWeight)})`) : tidy(first?.weight ?? 0),
        dead.length === 0 ? paint.green("works") : paint.red(`${dead[0]?.reason ?? "does not work"}, says ${dead.map((w) => w.by).join(", ")}`),
      ];
    })));
    for (const f of failed) note(`${paint.red("not told")}: ${f}`);
    if (wanted !== undefined && failed.length === 0) note("Players follow within two or three seconds; back to what the topology declares: npx headend steer auto");
  }
  return failed.length === 0 ? EXIT.ok : EXIT.failure;
}

const tidy = (weight: number): string => String(Number(weight.toFixed(3)));

/** Undefined: only show; null: as declared. */
function parseChanges(changes: readonly string[]): Map<string, number> | null | undefined {
  if (changes.length === 0) return undefined;
  if (changes.includes("auto")) {
    if (changes.length > 1) throw new InputError("auto stands beside other words.", "Either auto, or NAME=WEIGHT.");
    return null;
  }
  return new Map(changes.map((change) => {
    const match = /^([a-z0-9][a-z0-9.-]*)=(\d+(?:\.\d+)?)$/.exec(change);
    const weight = Number(match?.[2]);
    if (!match?.[1] || !(weight <= 1000)) throw new InputError(`"${change}" is not NAME=WEIGHT.`, "A weight is a number from 0 (only when nothing else works) to 1000, e.g. dist-eu-1=0.");
    return [match[1], weight];
  }));
}

async function serversOf(stack: string): Promise<Server[]> {
  const all = await Promise.all((await runningContainers(stack)).map(async (container): Promise<Server[]> => {
    const status = await execJson<SteeringStatus>(container.name, ["curl", "-s", "--max-time", "3", `http://127.0.0.1:${STEERING_PORT}/status`]);
    return status ? [{ container, status }] : [];
  }));
  const servers = all.flat();
  if (servers.length === 0) throw new CliError(`The stack ${stack} has one way to its viewers: there is nothing to steer.`, "Declare more distributors, or a cdn, in the topology.");
  return servers;
}
