import { CliError } from "./errors.ts";
import { lastLines, run, type RunResult } from "./exec.ts";

export interface ContainerInfo { readonly name: string; readonly host: string; readonly state: string; readonly status: string }
export type Kind = "container" | "network" | "volume";

/** Runs the docker command line. @throws CliError when Docker does not answer */
export async function docker(args: readonly string[], options: { readonly timeoutMs?: number; readonly input?: string } = {}): Promise<RunResult> {
  const result = await run("docker", args, { timeoutMs: 20_000, ...options });
  if (result.code !== 0 && /cannot connect to the docker daemon|permission denied.*docker/i.test(result.stderr)) {
    throw new CliError("Docker does not answer.", `${lastLines(result, 1)}\nStart it (systemctl start docker), or run: npx headend setup`);
  }
  return result;
}

/** Containers of a stack, stopped ones too, by name. */
export async function stackContainers(stack: string): Promise<ContainerInfo[]> {
  const { stdout } = await docker(["ps", "--all", "--filter", `label=headend.stack=${stack}`, "--format", '{{.Names}}\t{{.Label "headend.host"}}\t{{.State}}\t{{.Status}}']);
  return stdout.split("\n").filter((line) => line !== "").map((line) => {
    const [name = "", host = "", state = "", status = ""] = line.split("\t");
    return { name, host, state, status };
  }).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Stacks that have running containers on this machine, by name. */
export async function runningStacks(): Promise<string[]> {
  const { stdout } = await docker(["ps", "--filter", "label=headend.stack", "--filter", "label=headend.host", "--format", '{{.Label "headend.stack"}}']);
  return [...new Set(stdout.split("\n").filter((name) => name !== ""))].sort();
}

/** Names of everything in Docker that carries the stack's label. */
export async function labelled(stack: string): Promise<{ readonly kind: Kind; readonly name: string }[]> {
  const filter = ["--filter", `label=headend.stack=${stack}`];
  const lists: readonly (readonly [Kind, readonly string[]])[] = [
    ["container", ["ps", "--all", ...filter, "--format", "{{.Names}}"]],
    ["network", ["network", "ls", ...filter, "--format", "{{.Name}}"]],
    ["volume", ["volume", "ls", ...filter, "--format", "{{.Name}}"]],
  ];
  const all = await Promise.all(lists.map(async ([kind, args]) => {
    const { stdout } = await docker(args);
    return stdout.split("\n").filter((name) => name !== "").map((name) => ({ kind, name }));
  }));
  return all.flat();
}

/** Removes one thing. @returns null, or why it could not be removed */
export async function remove({ kind, name }: { readonly kind: Kind; readonly name: string }): Promise<string | null> {
  const args = kind === "container" ? ["rm", "--force", "--volumes", name] : [kind, "rm", name];
  const result = await docker(args, { timeoutMs: 60_000 });
  return result.code === 0 ? null : lastLines(result, 1);
}

/** JSON that a program inside a container prints, or null when it does not answer. */
export async function execJson<T>(container: string, argv: readonly string[]): Promise<T | null> {
  const result = await docker(["exec", container, ...argv], { timeoutMs: 5_000 });
  if (result.code !== 0) return null;
  try { return JSON.parse(result.stdout) as T; } catch { return null; }
}
