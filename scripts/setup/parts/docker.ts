import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { basename, dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { installPackages, packageKnown, requireRoot } from "../apt.ts";
import { engineTarget, type Engine } from "../docker-api.ts";
import { SetupError, SourceError } from "../errors.ts";
import { runHere, throwIfInterrupted, type Context, type Part } from "../part.ts";
import { tail } from "../process.ts";
import type { Step } from "../reporter.ts";

/** Files an engine leaves behind; other places in tests. */
export interface EngineFiles {
  readonly pidFile: string;
  readonly containerdPidFile: string;
  readonly proc: string;
}

/** How the engine is started where no init does it. */
export interface EnginePlace extends EngineFiles {
  readonly arguments: readonly string[];
  readonly systemd: boolean;
}

const HERE: EnginePlace = {
  pidFile: "/var/run/docker.pid", containerdPidFile: "/var/run/docker/containerd/containerd.pid", proc: "/proc", arguments: [],
  systemd: existsSync("/run/systemd/system"),
};

/** How long an engine may take to answer after its start; the first start of a slow disk takes longest. */
const START_MS = 60_000;

/** What a pid file says about a program: `running` only when a process of that number is really that program. */
export function pidFileState(file: string, program: string, proc = "/proc"): { readonly state: "none" | "stale" | "running"; readonly pid: number } {
  if (!existsSync(file)) return { state: "none", pid: 0 };
  const pid = Number(readFileSync(file, "utf8").trim());
  if (!Number.isInteger(pid) || pid <= 0) return { state: "stale", pid: 0 };
  return { state: isProgram(pid, program, proc) ? "running" : "stale", pid };
}

function isProgram(pid: number, program: string, proc: string): boolean {
  try { if (basename(readlinkSync(`${proc}/${pid}/exe`)).replace(/ \(deleted\)$/, "") === program) return true; } catch { /* another user's, or gone */ }
  try { return readFileSync(`${proc}/${pid}/comm`, "utf8").trim() === program; } catch { return false; }
}

/** Removes the pid files of an engine that ended without cleaning up; a number in use by another program must not stop the start. */
export function clearStalePidFiles(files: EngineFiles = HERE): string[] {
  const cleared: string[] = [];
  for (const [file, program] of [[files.pidFile, "dockerd"], [files.containerdPidFile, "containerd"]] as const) {
    if (pidFileState(file, program, files.proc).state !== "stale") continue;
    rmSync(file, { force: true });
    cleared.push(file);
  }
  return cleared;
}

/** What to do about an engine that does not answer. */
export function dockerPlan(state: { readonly ping: "ok" | "absent" | "denied" | "silent"; readonly installed: boolean; readonly daemonRuns: boolean }): "use" | "denied" | "hung" | "wait" | "start" | "install" {
  if (state.ping === "ok") return "use";
  if (state.ping === "denied") return "denied";
  if (state.daemonRuns) return state.ping === "silent" ? "hung" : "wait";
  return state.installed ? "start" : "install";
}

/** @throws SetupError always */
function denied(): never {
  throw new SetupError("docker-permission", "This user may not use Docker: permission was denied on its socket.",
    "Run the same command as root (sudo npm run up), or add the user to the docker group (sudo usermod -aG docker \"$USER\"), log in again, and run the same command again.");
}

/** The engine that answers, and the docker program beside it. */
export const dockerPart: Part<Engine> = {
  name: "Docker engine",
  version: "",
  space: { cache: 0, docker: 400e6 },

  async find(ctx) {
    const engine = ctx.machine.engine();
    const ping = await engine.ping();
    if (ping === "denied") denied();
    return ping === "ok" && ctx.machine.which("docker").length > 0 ? { value: engine, source: "installed" } : null;
  },

  async build(ctx, step) {
    if (!("socketPath" in engineTarget(ctx.machine.env)) || ctx.machine.env["DOCKER_HOST"]) {
      throw new SetupError("docker-unusable", `The Docker engine at DOCKER_HOST (${ctx.machine.env["DOCKER_HOST"]}) does not answer.`, "Start it, or unset DOCKER_HOST, and run the same command again.");
    }
    const engine = ctx.machine.engine();
    const plan = dockerPlan({ ping: await engine.ping(), installed: ctx.machine.which("dockerd").length > 0, daemonRuns: pidFileState(HERE.pidFile, "dockerd").state === "running" });
    if (plan === "hung") {
      throw new SetupError("docker-unusable", `The Docker engine runs (process ${pidFileState(HERE.pidFile, "dockerd").pid}) and does not answer.`,
        "Restart it (systemctl restart docker) or the machine, then run the same command again.");
    }
    if (plan === "install" || ctx.machine.which("docker").length === 0) await installDocker(ctx, step);
    if (plan === "use") return engine;
    if (plan === "wait") await waitForAnswer(ctx, engine, step, null);
    else await startEngine(ctx, step, engine);
    return engine;
  },
};

async function installDocker(ctx: Context, step: Step): Promise<void> {
  const packages = ["docker.io", "iptables"];
  if (await packageKnown(ctx, "docker-cli")) packages.push("docker-cli");   // Debian 13 ships the command apart
  await installPackages(ctx, step, packages);
  if (await packageKnown(ctx, "docker-cli") && ctx.machine.which("docker").length === 0) await installPackages(ctx, step, ["docker-cli"]);
}

/**
 * Starts an engine and waits until it answers; clears what an unclean stop left. @throws SetupError with the end of its log
 */
export async function startEngine(ctx: Context, step: Step, engine: Engine, place: EnginePlace = HERE): Promise<void> {
  if (await engine.ping() === "ok") return;   // Debian's package starts it where systemd runs
  requireRoot(ctx, "The Docker engine is not running and must be started");
  for (const attempt of [1, 2]) {
    throwIfInterrupted(ctx.signal);
    step.phase(attempt === 1 ? "starting the engine" : "the engine did not start; trying once more after cleaning up");
    clearStalePidFiles(place);
    if (attempt === 2) await stopOrphanedContainerd(ctx, step, place);
    const log = place.systemd ? await startBySystemd(ctx) : startDetached(ctx, attempt, place.arguments);
    if (await waitForAnswer(ctx, engine, step, { ...log, last: attempt === 2 })) return;
  }
}

interface StartLog {
  readonly read: () => Promise<string>;
  readonly ended: () => boolean;
  /** True when its failure is final. */
  readonly last?: boolean;
}

async function startBySystemd(ctx: Context): Promise<StartLog> {
  await runHere(ctx, ["systemctl", "reset-failed", "docker.service"]);
  const result = await runHere(ctx, ["systemctl", "start", "docker"], { timeoutMs: START_MS });
  return {
    read: async () => tail(await runHere(ctx, ["journalctl", "-u", "docker", "-n", "15", "--no-pager", "-o", "cat"]), 8),
    ended: () => result.code !== 0,
  };
}

/** No init to do it: the engine becomes a process of its own, with its log in the cache. */
function startDetached(ctx: Context, attempt: number, args: readonly string[]): StartLog {
  const file = `${ctx.cache.dir}/dockerd.log`;
  mkdirSync(dirname(file), { recursive: true });
  const log = openSync(file, attempt === 1 ? "w" : "a");
  let ended = false;
  const child = spawn(ctx.machine.which("dockerd")[0] ?? "dockerd", args, { detached: true, stdio: ["ignore", log, log] });
  closeSync(log);
  child.on("error", () => { ended = true; });
  child.on("exit", () => { ended = true; });
  child.unref();
  return { read: async () => readFileSync(file, "utf8").trim().split("\n").slice(-8).join("\n"), ended: () => ended };
}

async function waitForAnswer(ctx: Context, engine: Engine, step: Step, log: StartLog | null): Promise<boolean> {
  const until = Date.now() + START_MS;
  let grace = 3;
  while (Date.now() < until) {
    throwIfInterrupted(ctx.signal);
    const ping = await engine.ping();
    if (ping === "ok") return true;
    if (ping === "denied") denied();
    if (log?.ended() && --grace <= 0) break;
    step.detail("waiting for its answer");
    await sleep(300, undefined, { signal: ctx.signal }).catch(() => undefined);
  }
  if (log && !log.last) return false;
  const said = log ? `\nIts log ends:\n${(await log.read()).replace(/^/gm, "    ")}` : "";
  throw new SetupError("docker-unusable", `The Docker engine is installed and does not start on this machine.${said}`,
    "If this machine may not run containers, use one that may; else solve what the log says (or start Docker yourself) and run the same command again.");
}

/** A containerd that outlived its dockerd can keep the new one waiting for ever. Only ever the one that dockerd itself had started. */
async function stopOrphanedContainerd(ctx: Context, step: Step, place: EngineFiles): Promise<void> {
  const { state, pid } = pidFileState(place.containerdPidFile, "containerd", place.proc);
  if (state !== "running" || pidFileState(place.pidFile, "dockerd", place.proc).state === "running") return;
  step.phase(`ending a containerd (process ${pid}) that its engine left behind`);
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    try { process.kill(pid, signal); } catch { break; }
    for (let i = 0; i < 20 && isProgram(pid, "containerd", place.proc); i++) await sleep(250, undefined, { signal: ctx.signal }).catch(() => undefined);
    if (!isProgram(pid, "containerd", place.proc)) break;
  }
  rmSync(place.containerdPidFile, { force: true });
}

/** @throws SourceError when the engine's work failed for a reason that another source may not have */
export async function engineWork<T>(what: string, work: () => Promise<T>): Promise<T> {
  try { return await work(); } catch (error) {
    const { message } = error as Error;
    throw new SourceError(`${what}: ${message}`, /no such host|timeout|timed out|connection refused|network is unreachable|temporary failure/i.test(message));
  }
}
