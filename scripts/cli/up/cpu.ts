import { cpuModel } from "../../../infra/plan/capacity/calibration.ts";
import { DEFAULT_CPU, streamCpu, type CpuModel } from "../../../infra/plan/capacity/cpu.ts";
import type { Plan } from "../../../infra/plan/model.ts";
import { userCalibration } from "../../../infra/user-files/user-files.ts";

/** Share of the machine that encoding may take: the rest serves, records and is headroom. */
const USABLE = 0.85;

/** What this machine's processor takes: as `headend bench --calibrate` measured it, else the default of its architecture. */
export function thisMachine(): CpuModel {
  const measured = cpuModel(null, userCalibration());
  return measured.measured ? measured : DEFAULT_CPU[process.arch === "arm64" ? "arm" : "x86"];
}

/** Cores that all transcoders of the plan take together, on this one machine. */
export function coresNeeded(plan: Plan, model: CpuModel = thisMachine()): number {
  const { decode, encode } = cores(plan, model);
  return decode + encode;
}

function cores(plan: Plan, model: CpuModel): { readonly decode: number; readonly encode: number } {
  return plan.streams.reduce((sum, stream) => {
    const cpu = streamCpu(stream, model);
    const copies = stream.transcoders.length;
    return { decode: sum.decode + cpu.decode * copies, encode: sum.encode + (cpu.cores - cpu.decode) * copies };
  }, { decode: 0, encode: 0 });
}

/** The largest scale, in steps of 0.05, at which the plan fits; `plan` was made at `plan.scale`. Encoded pixels grow with its square, decoded ones stay. */
export function fittingScale(plan: Plan, available: number, model: CpuModel = thisMachine()): number {
  const { decode, encode } = cores(plan, model);
  const scale = plan.scale * Math.sqrt(Math.max(0, available * USABLE - decode) / encode);
  return Math.max(0.1, Math.min(1, Math.floor(scale * 20) / 20));
}

/** A sentence when the plan wants more processor than there is, else null. */
export function cpuWarning(plan: Plan, available: number, stack: string, model: CpuModel = thisMachine()): string | null {
  const needed = coresNeeded(plan, model);
  if (needed <= available * USABLE) return null;
  const scale = fittingScale(plan, available, model);
  return `Encoding takes about ${needed.toFixed(1)} processor cores; this machine has ${available} (${model.from}). Pictures will stutter when it is short.\n`
    + (scale < plan.scale ? `Smaller pictures fit${scale > 0.1 ? "" : " best"}: npx headend up --stack ${stack} --scale ${scale}` : "Smaller pictures do not help any more: decoding alone takes that much. Use fewer streams.");
}
