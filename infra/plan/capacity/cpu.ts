import type { Rendition, StreamPlan } from "../model.ts";
import type { Architecture } from "./sizes.ts";

/**
 * Cores that x264 takes for a million output pixels a second at veryfast, scaling included.
 * 0.05 for an x86 vCPU (a hardware thread), 0.03 for a full core such as Graviton's (knowledge: sizing-and-cost 1, from the
 * measurement there and Norsk's published ladder).
 */
export const CORES_PER_MPX: Readonly<Record<Architecture, number>> = { x86: 0.05, arm: 0.03 };

/** Decoding 1080p30 took 0.31 core (knowledge: sizing-and-cost 1, measured); other pictures in proportion. */
const DECODE_CORES = 0.31;
const DECODE_MPX = (1920 * 1080 * 30) / 1e6;

/**
 * Cost of a preset against veryfast. superfast, fast, medium: knowledge sizing-and-cost 1 (measured, 1080p30); ultrafast and
 * faster: ratio of the ladder's CPU times in knowledge media 6 (measured, 2.0 and 5.1 of 3.3).
 */
const PRESET_FACTOR: Readonly<Record<string, number>> = { ultrafast: 0.61, superfast: 0.69, veryfast: 1, faster: 1.55, fast: 2.0, medium: 2.8 };

/** What a processor takes for a stream. All figures are busy cores. */
export interface CpuCosts {
  /** For a process with its audio, whatever the picture. */
  readonly stream: number;
  /** For a million pixels a second of the source: decoding, the wall-clock filter, the first scaling. */
  readonly decodePerMpx: number;
  /** For a million pixels a second of a rung, at veryfast. */
  readonly encodePerMpx: number;
  /** For a picture a second of a rung, whatever its size, at veryfast. */
  readonly perPicture: number;
}

/** Costs with where they are from: the defaults, or a calibration (docs/benchmarks.md, `headend bench --calibrate`). */
export interface CpuModel extends CpuCosts {
  /** For outputs: "default for x86", "measured 2026-12-01 on …". */
  readonly from: string;
  readonly measured: boolean;
  /** Cost of a rung by preset against veryfast. */
  readonly presets: Readonly<Record<string, number>>;
  /** The same with the moving test picture of `headend demo`, which is easier than a camera's; null where it was not measured. */
  readonly testPicture: CpuCosts | null;
}

/** Costs where nothing was measured. They come from x264 with look-ahead on older processors and are high rather than low. */
export const DEFAULT_CPU: Readonly<Record<Architecture, CpuModel>> = { x86: defaults("x86"), arm: defaults("arm") };

function defaults(architecture: Architecture): CpuModel {
  return {
    from: architecture === "arm" ? "default for full cores (Graviton)" : "default for x86 hardware threads", measured: false,
    stream: 0, decodePerMpx: DECODE_CORES / DECODE_MPX, encodePerMpx: CORES_PER_MPX[architecture], perPicture: 0, presets: PRESET_FACTOR, testPicture: null,
  };
}

/** Share of a host's processor that encoding may take (knowledge: sizing-and-cost 1, host rule). */
export const CPU_USE = 0.7;

export interface RungCpu { readonly name: string; readonly megapixels: number; readonly cores: number }
export interface StreamCpu {
  /** Everything but the rungs. */
  readonly decode: number;
  readonly rungs: readonly RungCpu[];
  /** Cores kept busy while the stream is live, on one transcoder, without headroom. */
  readonly cores: number;
  /** False when the preset's cost is not known: slower presets are then counted as medium, which is too little. */
  readonly measured: boolean;
}

/** Where a model's figures are from, in words. */
export function cpuSource({ from, measured }: CpuModel): string {
  return measured ? `headend bench --calibrate, ${from}` : `knowledge: sizing-and-cost 1 (${from}); headend bench --calibrate measures this machine instead`;
}

type Coded = Pick<StreamPlan, "source" | "fps" | "renditions" | "encoder">;

/**
 * Cores that one copy of a stream keeps busy: `stream + decode × Mpx/s + sum((encode × Mpx/s + picture × fps) × preset factor)`.
 * Hardware encoders: decoding only, which is what they leave to the processor at least.
 */
export function streamCpu(stream: Coded, model: CpuModel | Architecture): StreamCpu {
  const known = typeof model === "string" ? DEFAULT_CPU[model] : model;
  return cpuOf(stream, known, known.presets);
}

/** The same for the moving test picture of `headend demo`; null where the model does not know it. */
export function testPictureCpu(stream: Coded, model: CpuModel): StreamCpu | null {
  return model.testPicture === null ? null : cpuOf(stream, model.testPicture, model.presets);
}

function cpuOf({ source, encoder, fps, renditions }: Coded, costs: CpuCosts, presets: CpuModel["presets"]): StreamCpu {
  const decode = costs.stream + costs.decodePerMpx * ((source.width * source.height * source.fps) / 1e6);
  const factor = presets[encoder.preset];
  const software = encoder.kind === "x264" ? factor ?? presets["medium"] ?? 2.8 : 0;
  const rungs = renditions.map((r) => rungCpu(r, fps, costs, software));
  return { decode, rungs, cores: rungs.reduce((sum, rung) => sum + rung.cores, decode), measured: encoder.kind !== "x264" || factor !== undefined };
}

function rungCpu({ name, width, height }: Rendition, fps: number, costs: CpuCosts, factor: number): RungCpu {
  const megapixels = (width * height * fps) / 1e6;
  return { name, megapixels, cores: (megapixels * costs.encodePerMpx + fps * costs.perPicture) * factor };
}

/**
 * vCPUs to ask for so that `cores` are busy at most 70 % of them. Rounded to the nearest whole one on purpose: the standard
 * 1080p30 ladder needs 8.2 of an x86 host, and half a vCPU less eats a sixteenth of the headroom, not a doubling of the price.
 */
export function vcpusFor(cores: number): number {
  return Math.max(1, Math.round(cores / CPU_USE));
}
