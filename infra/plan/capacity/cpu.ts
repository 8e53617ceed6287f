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

/** Share of a host's processor that encoding may take (knowledge: sizing-and-cost 1, host rule). */
export const CPU_USE = 0.7;

export interface RungCpu { readonly name: string; readonly megapixels: number; readonly cores: number }
export interface StreamCpu {
  readonly decode: number;
  readonly rungs: readonly RungCpu[];
  /** Cores kept busy while the stream is live, on one transcoder, without headroom. */
  readonly cores: number;
  /** False when the preset's cost was never measured: slower presets are then counted as medium, which is too little. */
  readonly measured: boolean;
}

/**
 * Cores that one copy of a stream keeps busy: `decode + sum(Mpx/s × k × preset factor)`.
 * Hardware encoders: decoding only, which is what they leave to the processor at least.
 */
export function streamCpu(stream: Pick<StreamPlan, "source" | "fps" | "renditions" | "encoder">, architecture: Architecture): StreamCpu {
  const { source, encoder, fps } = stream;
  const decode = DECODE_CORES * ((source.width * source.height * source.fps) / 1e6 / DECODE_MPX);
  const factor = PRESET_FACTOR[encoder.preset];
  const k = encoder.kind === "x264" ? CORES_PER_MPX[architecture] * (factor ?? 2.8) : 0;
  const rungs = stream.renditions.map((r) => rungCpu(r, fps, k));
  return { decode, rungs, cores: rungs.reduce((sum, rung) => sum + rung.cores, decode), measured: encoder.kind !== "x264" || factor !== undefined };
}

function rungCpu({ name, width, height }: Rendition, fps: number, k: number): RungCpu {
  const megapixels = (width * height * fps) / 1e6;
  return { name, megapixels, cores: megapixels * k };
}

/**
 * vCPUs to ask for so that `cores` are busy at most 70 % of them. Rounded to the nearest whole one on purpose: the standard
 * 1080p30 ladder needs 8.2 of an x86 host, and half a vCPU less eats a sixteenth of the headroom, not a doubling of the price.
 */
export function vcpusFor(cores: number): number {
  return Math.max(1, Math.round(cores / CPU_USE));
}
