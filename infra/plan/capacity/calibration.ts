import { z } from "zod";
import { DEFAULT_CPU, type CpuModel } from "./cpu.ts";
import { sizeFacts, type SizeFacts } from "./sizes.ts";

const cost = z.number().min(0).max(10);
const costs = z.object({ stream: cost, decodePerMpx: cost, encodePerMpx: cost.gt(0), perPicture: cost });

/** One measured machine or host type, as `headend bench --calibrate` writes it. */
const entry = z.object({
  /** ISO date of the measurement. */
  measured: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  /** What was measured: processor, cores, FFmpeg. */
  machine: z.string(),
  cores: z.number().int().min(1),
  camera: costs,
  testPicture: costs,
  presets: z.record(z.string(), z.number().gt(0).max(100)),
  /** HTTPS that one core sends from a distributor's cache, in Mbps; null where it was not measured. */
  tlsMbpsPerCore: z.number().gt(0).nullable(),
  /** Largest difference between the formula and the measurements it comes from, e.g. 0.08. */
  worstError: z.number().min(0),
});
export const calibrationSchema = z.object({ headendCalibration: z.literal(1), hosts: z.record(z.string(), entry) });

export type CalibrationEntry = z.output<typeof entry>;
export type Calibration = z.output<typeof calibrationSchema>;

/** Key of the machine that headend runs on, among host types such as "c7g.2xlarge". */
export const THIS_MACHINE = "this-machine";

/**
 * What a host's processor takes: measured for its size, else the default of its architecture. A host without a size is this machine
 * where that was measured (local stacks), else an x86 one.
 */
export function cpuModel(size: string | null, calibration: Calibration | undefined): CpuModel {
  const found = calibration?.hosts[size ?? THIS_MACHINE];
  return found === undefined ? DEFAULT_CPU[size === null ? "x86" : sizeFacts(size)?.architecture ?? "x86"] : modelOf(found);
}

/** HTTPS that one core of a host sends, in Mbps, measured or `otherwise`. */
export function tlsMbpsPerCore(size: string | null, calibration: Calibration | undefined, otherwise: number): number {
  return calibration?.hosts[size ?? THIS_MACHINE]?.tlsMbpsPerCore ?? otherwise;
}

/** A machine of one's own as a size: cores are known since it was measured, memory and links are not. */
export function measuredCores(calibration: Calibration | undefined): SizeFacts["vcpus"] | null {
  return calibration?.hosts[THIS_MACHINE]?.cores ?? null;
}

function modelOf({ measured, machine, camera, testPicture, presets }: CalibrationEntry): CpuModel {
  return { from: `measured ${measured} on ${machine}`, measured: true, ...camera, testPicture, presets };
}
