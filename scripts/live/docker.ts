/** The docker client of tests, benches and rehearsals: run, exec, inspect, and removal of everything that tests label as theirs. */
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { hostImageTag } from "../setup/host-image.ts";

/** Every container, network and volume that a test makes carries this label. */
export const TEST_LABEL = "headend.test=1";

/** Image with FFmpeg and Node that publishers and decoders run in; the stack's own image by default. */
export const TEST_IMAGE = process.env["HEADEND_TEST_IMAGE"] ?? hostImageTag(fileURLToPath(new URL("../..", import.meta.url)));

export interface ExecResult { readonly code: number; readonly stdout: string; readonly stderr: string }
export interface ExecOptions { readonly input?: string | Buffer; readonly timeoutMs?: number }

/** Runs a program to its end and collects what it prints. A time-out kills it and gives code 124. */
export function run(program: string, args: readonly string[], o: ExecOptions = {}): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    const out: Buffer[] = [], err: Buffer[] = [];
    let late = false;
    const timer = setTimeout(() => { late = true; child.kill("SIGKILL"); }, o.timeoutMs ?? 120_000);
    child.stdout.on("data", (b: Buffer) => out.push(b));
    child.stderr.on("data", (b: Buffer) => err.push(b));
    child.on("error", (e) => { clearTimeout(timer); reject(e); });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: late ? 124 : code ?? 137, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(o.input ?? "");
  });
}

/** Runs `docker …`; throws with docker's own words unless it exits 0. */
export async function docker(args: readonly string[], o: ExecOptions = {}): Promise<string> {
  const r = await run("docker", args, o);
  if (r.code !== 0) throw new Error(`docker ${args.slice(0, 3).join(" ")} … exited ${r.code}: ${(r.stderr || r.stdout).trim().slice(0, 800)}`);
  return r.stdout;
}

/** Runs a command inside a container; never throws for its exit code. */
export function containerExec(container: string, argv: readonly string[], o: ExecOptions = {}): Promise<ExecResult> {
  return run("docker", ["exec", ...(o.input === undefined ? [] : ["-i"]), container, ...argv], o);
}

/** Where a test's container runs: the machine's own network, or a named one, with extra host names. */
export interface Placement {
  /** Docker network; "host" by default. */
  readonly network?: string;
  readonly image?: string;
  /** Extra names: host name → address. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Label by which it is found when whoever made it is gone; {@link TEST_LABEL} by default. */
  readonly label?: string;
}

let counter = 0;
/** A container name no other test uses. */
export const testName = (kind: string): string => `headend-test-${kind}-${process.pid}-${++counter}`;

/** `docker run` arguments up to and with the image. */
export function runArgs(name: string, p: Placement, extra: readonly string[] = []): string[] {
  const hosts = Object.entries(p.hosts ?? {}).flatMap(([host, address]) => ["--add-host", `${host}:${address}`]);
  return ["run", "--rm", "--name", name, "--label", p.label ?? TEST_LABEL, "--network", p.network ?? "host", ...hosts, ...extra, p.image ?? TEST_IMAGE];
}

const KINDS = [
  { list: ["ps", "--all"], remove: ["rm", "-f", "-v"] },
  { list: ["network", "ls"], remove: ["network", "rm"] },
  { list: ["volume", "ls"], remove: ["volume", "rm", "-f"] },
] as const;

/** Stacks of tests and benches are named so; a person's stack never is. */
const TEST_STACK = /^(e2e|bench)-/;

/**
 * Removes what earlier runs of tests left when they were killed: labelled containers, and whole stacks. Docker starts a stack's
 * containers again with the engine, and they would hold the ports. Gives how many things were removed.
 */
export function cleanUpAll(): number {
  const stacks = new Set(KINDS.flatMap(({ list }) => {
    const listed = spawnSync("docker", [...list, "--filter", "label=headend.stack", "--format", '{{.Label "headend.stack"}}'], { encoding: "utf8", timeout: 20_000 });
    return listed.status === 0 ? listed.stdout.split("\n").filter((name) => TEST_STACK.test(name)) : [];
  }));
  return [TEST_LABEL, ...[...stacks].map((s) => `headend.stack=${s}`)].reduce((n, label) => n + cleanUp(label), 0);
}

/** Removes every container, network and volume with the label; gives how many. Without Docker it does nothing. */
export function cleanUp(label: string = TEST_LABEL): number {
  let removed = 0;
  for (const kind of KINDS) {
    const listed = spawnSync("docker", [...kind.list, "--quiet", "--filter", `label=${label}`], { encoding: "utf8", timeout: 20_000 });
    const ids = listed.status === 0 ? listed.stdout.split(/\s+/).filter(Boolean) : [];
    if (ids.length === 0) continue;
    spawnSync("docker", [...kind.remove, ...ids], { stdio: "ignore", timeout: 60_000 });
    removed += ids.length;
  }
  return removed;
}
