import type { SteeringStatus } from "../../infra/steering/status.ts";
import { deskOf, type Desk } from "./desk/desk.ts";
import { CliError, EXIT, InputError } from "./lib/errors.ts";
import { columns, note, paint, print, printJson } from "./lib/output.ts";

/** `headend steer`: shows or changes how viewers divide among distributors and CDNs, without an apply. @returns the exit code */
export async function steer(changes: readonly string[], options: { readonly stack: string; readonly json?: boolean }): Promise<number> {
  const wanted = parseChanges(changes);
  const desk = await deskOf(options.stack), servers = await serversOf(desk, options.stack);
  const ids = [...new Set(servers.flatMap(({ ways }) => ways.map((w) => w.id)))];
  const unknown = [...wanted?.keys() ?? []].filter((id) => !ids.includes(id));
  if (unknown.length > 0) throw new InputError(`There is no way named ${unknown.join(", ")}.`, `There are: ${ids.join(", ")}.`);
  const failed = wanted === undefined ? [] : await desk.weights(wanted);
  const after = wanted === undefined ? servers : await serversOf(desk, options.stack);
  if (options.json) printJson({ stack: options.stack, servers: after, failed });
  else {
    const ways = ids.map((id) => ({ id, seen: after.flatMap(({ self, ways: own }) => own.filter((w) => w.id === id).map((w) => ({ by: self, ...w }))) }));
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

async function serversOf(desk: Desk, stack: string): Promise<SteeringStatus[]> {
  const servers = (await desk.hosts()).flatMap(({ steering }) => steering ?? []);
  if (servers.length === 0) throw new CliError(`The stack ${stack} has one way to its viewers: there is nothing to steer.`, "Declare more distributors, or a cdn, in the topology.");
  return servers;
}
