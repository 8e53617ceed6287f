import { cpus } from "node:os";
import type { CalibrationEntry } from "../../../infra/plan/capacity/calibration.ts";
import { streamCpu, type CpuCosts, type CpuModel } from "../../../infra/plan/capacity/cpu.ts";
import type { StreamPlan } from "../../../infra/plan/model.ts";
import { CASES, presetCase, PRESETS } from "./cases.ts";
import { fit, worstError } from "./fit.ts";
import type { Content, Lab, Sample } from "./lab.ts";

const SECONDS = 5;
/** Share of the pictures that must have been made for a window to count: fewer mean that pictures were dropped before they cost anything. */
const LEAST_MADE = 0.75;
const TRIES = 3;

/** What a calibration uses of a {@link Lab}; tests give it another. */
export type Bench = Pick<Lab, "measure" | "tlsMbpsPerCore">;

/**
 * Measures this machine: streams of several sizes, rates and presets, with both contents, and fits the formula of
 * infra/plan/capacity/cpu.ts to them. Takes about three and a half minutes.
 * @throws Error when the machine was too busy to encode in real time
 */
export async function calibrate(lab: Bench, say: (text: string) => void, today: string): Promise<CalibrationEntry> {
  const contents: readonly Content[] = ["camera", "testPicture"];
  const total = contents.length * CASES.length + PRESETS.length + 1;
  let done = 0;
  const progress = (what: string): void => say(`${++done} of ${total}: ${what}`);

  const fitted = new Map<Content, { costs: CpuCosts; worst: number }>();
  for (const content of contents) {
    const cores: number[] = [];
    for (const stream of CASES) {
      progress(`${content === "camera" ? "camera" : "test picture"}, ${nameOf(stream)}`);
      cores.push(await coresOf(lab, stream, content));
    }
    const rows = CASES.map(terms);
    const [stream = 0, decodePerMpx = 0, encodePerMpx = 0, perPicture = 0] = fit(rows, cores);
    fitted.set(content, { costs: { stream, decodePerMpx, encodePerMpx, perPicture }, worst: worstError(rows, cores, [stream, decodePerMpx, encodePerMpx, perPicture]) });
  }
  const camera = fitted.get("camera") as { costs: CpuCosts; worst: number };
  const testPicture = fitted.get("testPicture") as { costs: CpuCosts; worst: number };

  const presets: Record<string, number> = { veryfast: 1 };
  for (const preset of PRESETS) {
    progress(`preset ${preset}`);
    const stream = presetCase(preset);
    presets[preset] = presetFactor(stream, await coresOf(lab, stream, "camera"), camera.costs);
  }
  progress("TLS");
  return {
    measured: today, machine: `${cpus()[0]?.model.trim() ?? "an unknown processor"}, ${cpus().length} cores`, cores: cpus().length,
    camera: rounded(camera.costs), testPicture: rounded(testPicture.costs), presets: rounded(presets),
    tlsMbpsPerCore: Math.round(await lab.tlsMbpsPerCore()), worstError: Number(Math.max(camera.worst, testPicture.worst).toFixed(3)),
  };
}

/** What each coefficient of the formula is multiplied with: see `CpuCosts`. */
export function terms({ source, fps, renditions }: StreamPlan): number[] {
  return [1, (source.width * source.height * source.fps) / 1e6, renditions.reduce((sum, r) => sum + (r.width * r.height * fps) / 1e6, 0), renditions.length * fps];
}

/** Cost of a preset's rungs against veryfast's: what is left after everything but the rungs, over what veryfast would take. */
export function presetFactor(stream: StreamPlan, cores: number, costs: CpuCosts): number {
  const model: CpuModel = { ...costs, from: "", measured: true, presets: { veryfast: 1 }, testPicture: null };
  const veryfast = streamCpu({ ...stream, encoder: { ...stream.encoder, preset: "veryfast" } }, model);
  return Math.max(0.05, (cores - veryfast.decode) / (veryfast.cores - veryfast.decode));
}

/**
 * Busy cores of a stream's FFmpeg over so many seconds; `rest` comes before every try.
 * @throws Error when the machine was too busy in every try
 */
export async function coresOf(lab: Bench, stream: StreamPlan, content: Content, seconds = SECONDS, rest?: () => Promise<void>): Promise<number> {
  let fps = 0;
  for (let tries = 0; tries < TRIES; tries++) {
    await rest?.();
    const sample = await lab.measure(stream, content, seconds);
    const cores = inTime(stream, sample);
    if (cores !== null) return cores;
    fps = sample.fps;
  }
  throw new Error(`This machine made ${fps.toFixed(1)} of ${stream.fps} pictures a second (${nameOf(stream)}): other programs have its processors, or it is too small. Close them and run it again.`);
}

/** Busy cores for the stream's own picture rate. On a busy machine pictures come late or early; what a picture costs stays. Null when too few were made. */
export function inTime({ fps }: Pick<StreamPlan, "fps">, made: Sample): number | null {
  return made.fps < fps * LEAST_MADE ? null : (made.cores * fps) / made.fps;
}

export function nameOf({ source, renditions }: StreamPlan): string {
  return `${source.width}x${source.height} at ${source.fps} to ${renditions.map((r) => `${r.height} lines`).join(", ")}`;
}

function rounded<T extends object>(figures: T): T {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number((value as number).toPrecision(4))])) as T;
}
