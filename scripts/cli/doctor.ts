import { statfsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { coresNeeded, cpuWarning } from "./up/cpu.ts";
import { CliError, EXIT } from "./lib/errors.ts";
import { docker } from "./lib/docker.ts";
import { run } from "./lib/exec.ts";
import { paint, print, printJson } from "./lib/output.ts";
import { ROOT } from "./lib/places.ts";
import { onAws, plainConfig, stackNamed, type Stack, type StackConfig, type StackOutputs } from "./lib/stack.ts";
import { loadAndPlan } from "./lib/topology.ts";
import { distributorUrls, get, tryToPlay } from "./lib/viewer.ts";
import { bad, type Finding, good, STALE_SECONDS, warning } from "./doctor/finding.ts";
import { readHosts, type HostState } from "./status.ts";
import { recordingsDir } from "./up.ts";
import { preflight } from "./up/preflight.ts";

/** `headend doctor`. @returns 1 when something is wrong */
export async function doctor(options: { readonly stack: string; readonly json?: boolean }): Promise<number> {
  const stack = stackNamed(options.stack);
  const findings: Finding[] = [disk(), await clock()];
  const aws = onAws(stack.name), dockerState = aws ? null : await dockerUp();
  if (dockerState !== null) findings.push(dockerState);
  if (dockerState?.state !== "bad") findings.push(...await stackFindings(stack, aws));
  if (options.json) printJson({ stack: stack.name, findings });
  else print(findings.map(line).join("\n"));
  return findings.some((f) => f.state === "bad") ? EXIT.failure : EXIT.ok;
}

function line({ what, state, detail, fix }: Finding): string {
  const mark = { good: paint.green("✓"), warning: paint.yellow("!"), bad: paint.red("✗") }[state];
  return `${mark} ${what}: ${detail}${fix === null ? "" : `\n    ${fix.split("\n").join("\n    ")}`}`;
}

function disk(): Finding {
  const { bavail, blocks, bsize } = statfsSync(ROOT);
  const free = Number(bavail) * Number(bsize);
  const detail = `${(free / 1e9).toFixed(1)} of ${((Number(blocks) * Number(bsize)) / 1e9).toFixed(0)} GB free`;
  if (free < 2e9) return bad("disk", detail, "Free some space: docker system df shows what Docker keeps; recordings are in .headend/recordings.");
  return free < 10e9 ? warning("disk", detail, "Recordings may fill it.") : good("disk", detail);
}

/** Segments are numbered by the wall clock: every transcoder of a stream must have the same time. */
async function clock(): Promise<Finding> {
  const fix = "Install and start a time service: apt-get install systemd-timesyncd (or chrony).";
  const answer = await run("timedatectl", ["show", "--property", "NTPSynchronized", "--value"]).catch(() => null);
  if (answer?.code !== 0) return good("clock", "no time service to ask; on one machine all hosts share its clock");
  return answer.stdout.trim() === "yes" ? good("clock", "synchronised") : warning("clock", "not synchronised", fix);
}

async function dockerUp(): Promise<Finding> {
  try {
    const { code, stdout } = await docker(["version", "--format", "{{.Server.Version}}"]);
    return code === 0 ? good("docker", `version ${stdout.trim()}`) : bad("docker", "does not answer", "Start it: systemctl start docker");
  } catch (error) {
    if (error instanceof CliError) return bad("docker", error.message, error.fix ?? "npx headend setup");
    throw error;
  }
}

async function stackFindings(stack: Stack, aws: boolean): Promise<Finding[]> {
  const start = `npx headend up --stack ${stack.name}`;
  let config: StackConfig;
  let outputs: StackOutputs | null;
  try {
    if (!(await stack.exists())) return [warning("stack", `there is no stack named ${stack.name}`, start)];
    [config, outputs] = await Promise.all([stack.config(), stack.outputs()]);
  } catch (error) {
    if (error instanceof CliError) return [bad("pulumi", error.message, error.fix ?? "npx headend setup")];
    throw error;
  }
  // Loaded only here: AWS's clients take a while.
  if (aws) return (await import("./doctor/aws.ts")).awsFindings(stack, config, outputs);
  const machine = await machineFindings(stack, config);
  if (outputs === null) return [...machine, warning("stack", `${stack.name} is not deployed`, start)];
  const hosts = await readHosts(stack.name);
  const expected = Object.entries(outputs.hosts).filter(([, { container }]) => container !== undefined);
  const lost = expected.filter(([, { container }]) => !hosts.some((h) => h.container.name === container));
  return [
    ...machine,
    ...lost.map(([name]) => bad(name, "its container is gone", `npx headend doctor cannot bring it back; this does: pulumi refresh --yes --stack ${stack.name} && ${start}`)),
    ...hosts.map((host) => hostFinding(host, stack.name)),
    ...await viewerFindings(outputs, start),
  ];
}

async function machineFindings(stack: Stack, config: StackConfig): Promise<Finding[]> {
  const { plan } = loadAndPlan(stack.topologyFile(config), stack.scale(config));
  const cores = availableParallelism();
  const cpu = cpuWarning(plan, cores, stack.name);
  const detail = `encoding takes about ${coresNeeded(plan).toFixed(1)} of ${cores} cores`;
  const findings = [cpu === null ? good("processor", detail) : warning("processor", detail, cpu.split("\n").at(-1) ?? "")];
  try {
    const portOffset = Number(config["portOffset"] ?? plainConfig(stack.name, "portOffset") ?? 0);
    await preflight({ stack: stack.name, plan, expose: config["expose"] ?? "127.0.0.1", portOffset, recordings: recordingsDir(stack.name, config) });
    return [...findings, good("ports", "free, or held by this stack")];
  } catch (error) {
    if (error instanceof CliError) return [...findings, bad("ports", "not all are free", error.fix ?? error.message)];
    throw error;
  }
}

function hostFinding({ container, host, agent }: HostState, stack: string): Finding {
  const logs = `See why: docker logs --tail 50 ${container.name}`;
  if (container.state !== "running") return bad(container.host, `its container is ${container.status.toLowerCase()}`, `docker start ${container.name}\n${logs}`);
  if (host === null) return bad(container.host, "does not answer", logs);
  if (!host.ready) {
    const slow = host.services.filter((s) => s.state !== "ready").map((s) => `${s.name} ${s.state}${s.lastExit ? ` (${s.lastExit})` : ""}`);
    return bad(container.host, [host.state, host.problem, ...slow].filter(Boolean).join("; "), host.bundle === null ? `It has no configuration: npx headend up --stack ${stack}` : logs);
  }
  const sick = agent?.streams.filter((s) => !s.healthy).map((s) => s.name) ?? [];
  if (sick.length > 0) return bad(container.host, `not healthy: ${sick.join(", ")}`, `npx headend status --stack ${stack}  shows the encoder's speed: below 1x the processor is too slow.`);
  const unstable = host.services.filter((s) => s.restarts > 0);
  if (unstable.length > 0) return warning(container.host, `ready; restarted since its start: ${unstable.map((s) => `${s.name} ${s.restarts} times`).join(", ")}`, logs);
  if (host.firewall.message) return warning(container.host, host.firewall.message, logs);
  return good(container.host, "ready");
}

async function viewerFindings(outputs: StackOutputs, start: string): Promise<Finding[]> {
  const answers = distributorUrls(outputs).map(async ({ host, url }): Promise<Finding> => {
    const answer = await get(`${url}/healthz`, outputs.ca);
    if ("problem" in answer) return bad(`${host} from outside`, answer.problem, /certificate|self.signed/i.test(answer.problem) ? `The certificate is not good any more: ${start}` : `Is port ${new URL(url).port} reachable? ${start} repairs what is gone.`);
    return answer.status === 200 ? good(`${host} from outside`, url) : bad(`${host} from outside`, `status ${answer.status}`, start);
  });
  const plays = Object.entries(outputs.streams).map(async ([name, { playlist }]): Promise<Finding> => {
    if (playlist === null) return good(name, "WHEP only; not tried");
    const played = await tryToPlay(playlist, outputs.ca);
    if (!played.ok) return bad(name, `does not play: ${played.reason}`, "The transcoder's line above says more.");
    if (played.ageSeconds !== null && played.ageSeconds > STALE_SECONDS) return bad(name, `its newest segment is ${played.ageSeconds.toFixed(0)} s old`, "The encoder has stopped; the transcoder's line above says more.");
    return good(name, `plays${played.ageSeconds === null ? "" : `, newest segment ended ${Math.max(0, played.ageSeconds).toFixed(1)} s ago`}`);
  });
  return Promise.all([...answers, ...plays]);
}
