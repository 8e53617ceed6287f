import type { AgentStatus } from "../../infra/agent/status.ts";
import { OVERRIDES, type Override } from "../../infra/agent/selection.ts";
import { AGENT_PORT } from "../../infra/render/paths.ts";
import { docker, execJson, type ContainerInfo } from "./lib/docker.ts";
import { CliError, EXIT, InputError } from "./lib/errors.ts";
import { columns, note, paint, print, printJson } from "./lib/output.ts";
import { runningContainers } from "./lib/stack-hosts.ts";

interface Carrier { readonly container: ContainerInfo; readonly agent: AgentStatus }

/** `headend switch`: shows or sets by hand what is on air. @returns the exit code */
export async function switchInput(stream: string | undefined, wanted: string | undefined, options: { readonly stack: string; readonly json?: boolean }): Promise<number> {
  const override = wanted === undefined ? null : parseOverride(wanted);
  const carriers = await carriersOf(options.stack);
  const names = [...new Set(carriers.flatMap(({ agent }) => agent.streams.map((s) => s.name)))].sort();
  if (stream !== undefined && !names.includes(stream)) throw new InputError(`There is no stream "${stream}" in ${options.stack}.`, `There are: ${names.join(", ") || "none"}.`);
  const concerned = carriers.filter(({ agent }) => stream === undefined || agent.streams.some((s) => s.name === stream));
  const failed: string[] = [];
  if (override !== null && stream !== undefined) {
    await Promise.all(concerned.map(async ({ container }) => {
      const { code, stderr } = await docker(["exec", container.name, "curl", "-sS", "-f", "-m", "3", "-d", override, `http://127.0.0.1:${AGENT_PORT}/streams/${stream}/override`]);
      if (code !== 0) failed.push(`${container.host}: ${stderr.trim()}`);
    }));
    // An agent looks at its inputs at most half a second later.
    await new Promise((resolve) => setTimeout(resolve, 800));
  }
  const rows = (await carriersOf(options.stack)).flatMap(({ agent }) => agent.streams.filter((s) => stream === undefined || s.name === stream).map((s) => ({
    stream: s.name, transcoder: agent.host, override: s.override, active: s.active,
    inputs: s.inputs.map(({ path, publisher, multiplexer, live, reasons }) => ({ path, publisher, multiplexer, live, reasons })),
  })));
  if (options.json) printJson({ stack: options.stack, streams: rows, failed });
  else {
    print(columns(["stream", "transcoder", "choice", "on air", "could go on air"], rows.map((r) => [
      r.stream, r.transcoder, r.override === "auto" ? "auto" : paint.yellow(r.override), r.active === "slate" ? paint.yellow("slate") : r.active,
      r.inputs.filter((i) => i.live).map((i) => `${i.publisher} at ${i.multiplexer}`).join(", ") || "nobody",
    ])));
    for (const r of rows) {
      if ((r.override === "primary" || r.override === "backup") && r.active === "slate") note(`${r.stream} at ${r.transcoder} shows the slate: no ${r.override} publisher is live. Back to automatic: npx headend switch ${r.stream} auto`);
    }
    for (const f of failed) note(`${paint.red("not switched")} at ${f}`);
  }
  return failed.length === 0 ? EXIT.ok : EXIT.failure;
}

function parseOverride(text: string): Override {
  const found = OVERRIDES.find((o) => o === text);
  if (!found) throw new InputError(`"${text}" is nothing to switch to.`, `Allowed: ${OVERRIDES.join(", ")}.`);
  return found;
}

async function carriersOf(stack: string): Promise<Carrier[]> {
  const all = await Promise.all((await runningContainers(stack)).map(async (container): Promise<Carrier[]> => {
    const agent = await execJson<AgentStatus>(container.name, ["curl", "-s", "--max-time", "3", `http://127.0.0.1:${AGENT_PORT}/status`]);
    return agent ? [{ container, agent }] : [];
  }));
  const carriers = all.flat();
  if (carriers.length === 0) throw new CliError(`No transcoder of the stack ${stack} answers.`, `See what is wrong: npx headend doctor --stack ${stack}`);
  return carriers;
}
