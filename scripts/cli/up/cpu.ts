import type { Plan } from "../../../infra/plan/model.ts";

/** Cores that x264 takes per million output pixels a second on x86 with the presets headend uses (knowledge: sizing-and-cost). */
const CORES_PER_MPX = 0.05;
/** Share of the machine that encoding may take: the rest serves, records and is headroom. */
const USABLE = 0.85;

/** Cores that all encoders of the plan take together, on one machine; hardware encoders take next to none. */
export function coresNeeded(plan: Plan): number {
  return plan.streams.reduce((sum, stream) => {
    if (stream.encoder.kind !== "x264") return sum;
    const pixels = stream.renditions.reduce((total, r) => total + r.width * r.height * stream.fps, 0);
    return sum + (pixels / 1e6) * CORES_PER_MPX * stream.transcoders.length;
  }, 0);
}

/** The largest scale, in steps of 0.05, at which the plan fits; `plan` was made at `plan.scale`. Pixels grow with its square. */
export function fittingScale(plan: Plan, cores: number): number {
  const scale = plan.scale * Math.sqrt((cores * USABLE) / coresNeeded(plan));
  return Math.max(0.1, Math.min(1, Math.floor(scale * 20) / 20));
}

/** A sentence when the plan wants more processor than there is, else null. */
export function cpuWarning(plan: Plan, cores: number, stack: string): string | null {
  const needed = coresNeeded(plan);
  if (needed <= cores * USABLE) return null;
  const scale = fittingScale(plan, cores);
  return `Encoding takes about ${needed.toFixed(1)} processor cores; this machine has ${cores}. Pictures will stutter when it is short.\n`
    + `Smaller pictures fit: npx headend up --stack ${stack} --scale ${scale}`;
}
