import { existsSync, statfsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import type { Plan } from "../../../infra/plan/model.ts";
import { publishedPorts } from "../../../infra/targets/local/ports.ts";
import { checkPorts, type PortHolder } from "../../setup/index.ts";
import { stackContainers } from "../lib/docker.ts";
import { CliError } from "../lib/errors.ts";
import { cpuWarning } from "./cpu.ts";

/** Below this, Docker and recordings run into a full disk within minutes. */
const LEAST_FREE = 2e9;

export interface PreflightArgs {
  readonly stack: string; readonly plan: Plan;
  readonly expose: string; readonly portOffset: number;
  /** Folder that recordings go to. */
  readonly recordings: string;
}

/** Looks for what would make `up` fail half-way. @returns warnings @throws CliError with everything that must be solved first */
export async function preflight(args: PreflightArgs): Promise<string[]> {
  const problems = [...await portProblems(args), ...diskProblems(args.recordings)];
  if (problems.length > 0) throw new CliError("this machine is not ready:", problems.map((p) => `- ${p.split("\n").join("\n  ")}`).join("\n"));
  const warning = cpuWarning(args.plan, availableParallelism(), args.stack);
  return warning === null ? [] : [warning];
}

async function portProblems({ stack, plan, expose, portOffset }: PreflightArgs): Promise<string[]> {
  const wanted = plan.hosts.flatMap((host) => publishedPorts(host, portOffset).map((p) => ({ host, port: p.external, protocol: p.protocol, purpose: `${p.name} of ${host.name}` })));
  const beyond = wanted.find(({ port }) => port < 1 || port > 65_535);
  if (beyond) return [`Port ${beyond.port} for ${beyond.purpose} does not exist. Choose another headend:portOffset.`];
  const taken = await checkPorts(wanted.map(({ port, protocol }) => ({ port, protocol, address: expose })));
  if (taken.length === 0) return [];
  const own = new Set((await stackContainers(stack)).map(({ name }) => name));
  const foreign = taken.filter(({ holder }) => !holder?.container || !own.has(holder.container));
  if (foreign.length === 0) return [];
  const lines = foreign.map(({ port, protocol, holder }) => `${port}/${protocol} (${wanted.find((w) => w.port === port && w.protocol === protocol)?.purpose}): taken by ${holderName(holder)}`);
  return [`Ports on ${expose} are taken:\n${lines.join("\n")}\nStop what holds them, or choose other ports: npx headend up --stack ${stack} --port-offset ${portOffset + 1000}`];
}

function holderName(holder: PortHolder | null): string {
  if (holder === null) return "another program (run as root to see which)";
  return holder.container === null ? `${holder.program} (process ${holder.pid})` : `the Docker container ${holder.container}`;
}

function diskProblems(folder: string): string[] {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = statfsSync(existing);
  const free = Number(bavail) * Number(bsize);
  if (free >= LEAST_FREE) return [];
  return [`The disk of ${existing} is nearly full: ${(free / 1e9).toFixed(1)} GB free, ${LEAST_FREE / 1e9} GB needed. Free some space (docker system df shows what Docker keeps).`];
}
