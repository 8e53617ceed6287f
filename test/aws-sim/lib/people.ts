/** People of the simulated internet: publishers and viewers that know only names. */
import { Resolver } from "node:dns/promises";
import { spawn } from "node:child_process";
import { TEST_LABEL, docker, run } from "../../../scripts/live/docker.ts";
import { BASE_IMAGE } from "../../../scripts/setup/parts/base-image.ts";
import { ffmpegPublishArgs } from "../../../scripts/live/publish.ts";
import type { PublishOptions } from "../../../scripts/live/publish.ts";
import type { World } from "../world/world.ts";

/** Addresses of a name now, as anybody on the internet gets them. */
export async function lookUp(world: World, name: string): Promise<string[]> {
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers([world.internet.address]);
  return resolver.resolve4(name).catch(() => []);
}

export interface SimPublisher { readonly exited: Promise<number>; running(): boolean; log(): string; stop(): Promise<void> }

let counter = 0;

/** FFmpeg on the simulated internet, which finds the ingest by its name. It ends when it is dropped. */
export async function publish(world: World, o: Pick<PublishOptions, "via" | "url" | "picture" | "clock">): Promise<SimPublisher> {
  const name = `${world.options.name}-publisher-${++counter}`;
  const child = spawn("docker", ["run", "--rm", "--init", "--name", name, "--label", TEST_LABEL, "--network", world.internet.network, "--dns", world.internet.address, "--entrypoint", "ffmpeg", BASE_IMAGE, ...ffmpegPublishArgs({ width: 320, height: 180, fps: 25, ...o })], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "", up = true;
  for (const s of [child.stdout, child.stderr]) s.on("data", (b: Buffer) => { text = (text + b.toString()).slice(-8000); });
  const exited = new Promise<number>((done) => child.on("close", (code) => { up = false; done(code ?? 137); }));
  return { exited, running: () => up, log: () => text, stop: async () => { await run("docker", ["kill", "--signal", "INT", name]); const t = setTimeout(() => { void run("docker", ["rm", "-f", name]); }, 8000); await exited; clearTimeout(t); } };
}

/** A container on the internet with Node, to look at ports from there. */
export async function bystander(world: World): Promise<string> {
  const name = `${world.options.name}-bystander`;
  await docker(["run", "--detach", "--rm", "--init", "--name", name, "--label", TEST_LABEL, "--network", world.internet.network, "--dns", world.internet.address, "--entrypoint", "sleep", BASE_IMAGE, "infinity"]);
  return name;
}
