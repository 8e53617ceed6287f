import { spawnSync } from "node:child_process";
import type { Plan } from "../../plan/model.ts";
import { probeArgs } from "../../render/ffmpeg.ts";

type HardwareEncoder = Parameters<typeof probeArgs>[0];
export type Gpu = "nvidia" | "dri";

/** What a container needs to reach an encoder. */
const GPU: Readonly<Record<HardwareEncoder, Gpu>> = { nvenc: "nvidia", vaapi: "dri", qsv: "dri" };
const DOCKER_OPTION: Readonly<Record<Gpu, readonly string[]>> = { nvidia: ["--gpus", "all"], dri: ["--device", "/dev/dri"] };

/** Hardware encoders that streams declare. */
function encodersOf(streams: Plan["streams"]): HardwareEncoder[] {
  return [...new Set(streams.map((s) => s.encoder.kind))].filter((kind) => kind !== "x264").sort();
}

/** GPUs that containers are given, by host; a host without one is left out. */
export function gpusOf(plan: Plan): ReadonlyMap<string, Gpu> {
  const declared = new Map<string, HardwareEncoder>();
  for (const { encoder: { kind }, transcoders } of plan.streams) {
    if (kind === "x264") continue;
    for (const host of transcoders) {
      const known = declared.get(host);
      if (known === undefined || kind < known) declared.set(host, kind);
    }
  }
  return new Map([...declared].map(([host, kind]) => [host, GPU[kind]]));
}

/**
 * Encodes one picture with every declared hardware encoder, in a container like the hosts', before any resource is touched: a container
 * that cannot have its GPU is noticed by Docker only after the old one is gone.
 * @throws Error that names the encoder, what it said, and what to do
 */
export function requireEncoders(plan: Plan, image: string): void {
  for (const kind of encodersOf(plan.streams)) {
    const tried = spawnSync("docker", ["run", "--rm", "--network", "none", ...DOCKER_OPTION[GPU[kind]], "--entrypoint", "ffmpeg", image, ...probeArgs(kind)], { encoding: "utf8", timeout: 60_000 });
    if (tried.status === 0) continue;
    const streams = plan.streams.filter((s) => s.encoder.kind === kind).map((s) => s.name).join(", ");
    const why = (tried.stderr || tried.error?.message || "").trim().split("\n").slice(0, 3).join(" · ");
    throw new Error(`${streams}: the encoder ${kind} does not work on this machine, so nothing was changed.\n  ${why}\nInstall its driver (for nvenc also the NVIDIA container toolkit), or use \`encoder: x264\`.`);
  }
}
