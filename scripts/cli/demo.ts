import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { deriveKey } from "../../infra/plan/keys.ts";
import type { PublishPath } from "../../infra/plan/model.ts";
import { publishSecret, srtSecret } from "../../infra/plan/secrets.ts";
import type { IngestProtocol } from "../../infra/spec/topology.ts";
import { toSeconds, UnitError } from "../../infra/spec/units.ts";
import { hostImageTag } from "../setup/host-image.ts";
import { END_OF_CONFIG, ffmpegArgs, overlayText, SCRIPT } from "./demo/picture.ts";
import { openPage } from "./demo/open.ts";
import { certificateFingerprint, relayComplaint, relayConfig } from "./demo/relay.ts";
import { pushedInto } from "./demo/live.ts";
import { CliError, EXIT, InputError } from "./lib/errors.ts";
import { docker } from "./lib/docker.ts";
import { note, paintError, print, seconds } from "./lib/output.ts";
import { ROOT } from "./lib/places.ts";
import { openStack, type StackOutputs } from "./lib/stack.ts";
import { loadAndPlan, type Planned } from "./lib/topology.ts";

export interface DemoOptions {
  readonly stack: string; readonly stream?: string; readonly publisher?: string; readonly via?: string; readonly duration?: string; readonly open?: boolean;
}

/** `headend demo`: publishes a test picture as a publisher would, from outside the stack. @returns the exit code */
export async function demo(options: DemoOptions): Promise<number> {
  const duration = options.duration === undefined ? null : parseDuration(options.duration);
  const stack = await openStack(options.stack);
  const [config, outputs] = await Promise.all([stack.config(), stack.outputs()]);
  if (outputs === null) throw new CliError(`The stack ${stack.name} is not deployed.`, `Start it: npx headend up --stack ${stack.name}`);
  const planned = loadAndPlan(stack.topologyFile(config), stack.scale(config));
  const path = choosePath(planned, options);
  const protocol = chooseProtocol(path, options.via);
  const entry = chooseEntry(outputs, path, protocol);
  const secret = config["stackSecret"] ?? "";
  const keys = {
    key: deriveKey(secret, publishSecret(path.stream, path.publisher), path.keyRotation),
    passphrase: deriveKey(secret, srtSecret(path.stream, path.publisher), path.keyRotation),
  };
  const fingerprint = protocol === "rtmps" || protocol === "whip" ? await certificateFingerprint(entry.host, entry.port, outputs.ca) : null;
  const relay = relayConfig(protocol, { stream: path.stream, publisher: path.publisher, host: entry.host, port: entry.port }, keys, fingerprint);
  const source = planned.loaded.topology.streams[path.stream]?.source;
  if (!source) throw new Error(`no stream ${path.stream}`);
  const { scale } = planned.plan;
  const even = (pixels: number): number => Math.max(64, 2 * Math.round((pixels * scale) / 2));
  const picture = {
    width: even(source.width), height: even(source.height), fps: Math.round(source.fps), keyframeSeconds: source.keyframeSeconds,
    bitrateKbps: Math.max(200, Math.round(source.bitrateKbps * scale ** 1.5)),
  };

  const page = outputs.streams[path.stream]?.watch ?? outputs.viewer;
  note(`Publishing ${path.stream} / ${path.publisher} by ${protocol.toUpperCase()} to ${entry.multiplexer} (${entry.host}:${entry.port}), ${picture.width}x${picture.height}, ${picture.fps} fps${duration === null ? "; Ctrl-C ends it" : ` for ${seconds(duration * 1000)}`}`);
  print(page);
  if (options.open) openPage(page);
  const container = outputs.hosts[entry.multiplexer]?.container;
  return play({
    name: `headend-${stack.name}-demo-${process.pid}`, stack: stack.name, relay, text: overlayText(path.stream, path.publisher, protocol),
    args: ffmpegArgs(picture, protocol, duration), isLive: container === undefined ? async () => true : () => pushedInto(container, path.path),
  });
}

function parseDuration(text: string): number {
  try { return toSeconds(text); } catch (error) {
    if (error instanceof UnitError) throw new InputError(`--duration "${text}" ${error.message}.`, `Allowed: ${error.allowed}.`);
    throw error;
  }
}

function choosePath({ plan }: Planned, { stream, publisher }: DemoOptions): PublishPath {
  const names = plan.streams.map((s) => s.name);
  const chosen = stream === undefined ? plan.streams[0] : plan.streams.find((s) => s.name === stream);
  if (!chosen) throw new InputError(`There is no stream named ${stream}.`, `Allowed: ${names.join(", ")}.`);
  const path = publisher === undefined ? chosen.publish.find((p) => !p.backup) ?? chosen.publish[0] : chosen.publish.find((p) => p.publisher === publisher);
  if (!path) throw new InputError(`${chosen.name} has no publisher named ${publisher}.`, `Allowed: ${chosen.publish.map((p) => p.publisher).join(", ")}.`);
  return path;
}

function chooseProtocol(path: PublishPath, via: string | undefined): IngestProtocol {
  const found = via === undefined ? path.via[0] : path.via.find((p) => p === via);
  if (!found) throw new InputError(`${path.stream} / ${path.publisher} may not publish by ${via}.`, `Allowed: ${path.via.join(", ")}.`);
  return found;
}

function chooseEntry(outputs: StackOutputs, path: PublishPath, protocol: IngestProtocol): StackOutputs["publish"][number] {
  const entry = outputs.publish.find((p) => p.stream === path.stream && p.publisher === path.publisher && p.protocol === protocol);
  if (!entry) throw new CliError(`The running stack does not know ${path.stream} / ${path.publisher} by ${protocol} yet.`, "The topology has changed since: npx headend up");
  return entry;
}

interface Play {
  readonly name: string; readonly stack: string; readonly relay: string; readonly text: string; readonly args: readonly string[];
  readonly isLive: () => Promise<boolean>;
}

const LIVE_WITHIN_MS = 15_000;

async function play({ name, stack, relay, text, args, isLive }: Play): Promise<number> {
  // On the host's network, so that it comes in as a publisher on this machine does; no log file, because the relay's log has the key.
  const child = spawn("docker", ["run", "--rm", "--interactive", "--init", "--name", name, "--label", `headend.stack=${stack}`, "--network", "host", "--log-driver", "none",
    "--tmpfs", "/run/demo:mode=0700", "--cap-drop", "ALL", "--env", "DEMO_TEXT", "--entrypoint", "sh", hostImageTag(ROOT), "-c", `exec 3<&0\n${SCRIPT}`, "demo", ...args],
  { env: { ...process.env, DEMO_TEXT: text }, stdio: ["pipe", "pipe", "pipe"], detached: true });
  child.stdin.on("error", () => { /* the container is gone */ });
  child.stdin.write(`${relay}\n${END_OF_CONFIG}\n`);

  let interrupted = false;
  const stop = (): void => {
    interrupted = true;
    child.stdin.end();
  };
  const force = setTimeoutOnce(() => void docker(["rm", "--force", name]));
  const onSignal = (): void => { stop(); force.start(5_000); };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal).on("SIGHUP", onSignal);

  const progress = new Progress();
  const problems: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => progress.read(line));
  createInterface({ input: child.stderr }).on("line", (line) => {
    const complaint = relayComplaint(line);
    if (complaint !== null) { progress.clear(); note(`${paintError.yellow("not accepted:")} ${complaint}`); }
    else if (!/ (INF|DEB|WAR|ERR) /.test(line)) problems.push(line);
  });
  const live = watchLive(isLive, () => interrupted || child.exitCode !== null, progress);
  const code = await new Promise<number>((done, fail) => {
    child.on("error", (error: NodeJS.ErrnoException) => fail(error.code === "ENOENT" ? new CliError("Docker is not installed.", "npx headend setup") : error));
    child.on("close", (status) => done(status ?? 1));
  });
  force.cancel();
  process.off("SIGINT", onSignal).off("SIGTERM", onSignal).off("SIGHUP", onSignal);
  progress.clear();
  if (interrupted) { note("ended"); return EXIT.ok; }
  const wasLive = await live;
  if (code !== 0 || !wasLive) throw new CliError(code === 0 ? "The multiplexer did not accept the stream." : "The test picture ended early.", problems.slice(-5).join("\n") || "npx headend doctor  says what to do.");
  note(`ended after ${progress.time}`);
  return EXIT.ok;
}

/** Tells when the multiplexer has the stream. @returns whether it ever had */
async function watchLive(isLive: () => Promise<boolean>, over: () => boolean, progress: Progress): Promise<boolean> {
  const deadline = Date.now() + LIVE_WITHIN_MS;
  let told = false;
  while (!over()) {
    if (await isLive().catch(() => false)) {
      progress.clear();
      note(`${paintError.green("on air:")} the multiplexer has the stream; the player shows it a few seconds later`);
      return true;
    }
    if (!told && Date.now() > deadline) {
      progress.clear();
      note(`${paintError.yellow("warning:")} the multiplexer does not have the stream yet; still trying`);
      told = true;
    }
    await new Promise((wake) => { setTimeout(wake, 500); });
  }
  return false;
}

/** ffmpeg's `-progress` as one line that is rewritten on a terminal, or a line every ten seconds elsewhere. */
class Progress {
  time = "0 s";
  private speed = "";
  private last = 0;

  read(line: string): void {
    const [key, value = ""] = line.split("=");
    if (key === "speed") this.speed = value.trim();
    if (key === "out_time_us" && /^\d+$/.test(value)) this.time = seconds(Number(value) / 1000);
    if (key !== "progress") return;
    const text = `sent ${this.time}, speed ${this.speed}`;
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
    else if (Date.now() - this.last >= 10_000) { this.last = Date.now(); note(text); }
  }

  clear(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  }
}

function setTimeoutOnce(action: () => void): { start(ms: number): void; cancel(): void } {
  let timer: NodeJS.Timeout | undefined;
  return { start: (ms) => { timer ??= setTimeout(action, ms); }, cancel: () => clearTimeout(timer) };
}
