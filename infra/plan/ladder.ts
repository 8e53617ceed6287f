import type { Rung, Stream } from "../spec/topology.ts";
import { shortHash } from "./names.ts";
import type { Rendition } from "./model.ts";

/** VBV maximum over the target rate; the common 7 % (knowledge: media 4.1). */
const MAXRATE_FACTOR = 1.07;
/** Container and packet overhead allowed for in BANDWIDTH. */
const CONTAINER_FACTOR = 1.05;
/** Raise when the FFmpeg command changes in a way that changes init segments, so old addresses are not reused. */
const ENCODING_VERSION = 1;

/** H.264 levels: name, macroblocks a second, macroblocks a frame, kbit/s for High profile (ITU-T H.264 table A-1, ×1.25). */
const LEVELS: readonly (readonly [string, number, number, number])[] = [
  ["1.1", 3_000, 396, 240], ["1.2", 6_000, 396, 480], ["1.3", 11_880, 396, 960], ["2.1", 19_800, 792, 5_000],
  ["2.2", 20_250, 1_620, 5_000], ["3.0", 40_500, 1_620, 12_500], ["3.1", 108_000, 3_600, 17_500], ["3.2", 216_000, 5_120, 25_000],
  ["4.0", 245_760, 8_192, 25_000], ["4.1", 245_760, 8_192, 62_500], ["4.2", 522_240, 8_704, 62_500], ["5.0", 589_824, 22_080, 168_750],
  ["5.1", 983_040, 36_864, 300_000], ["5.2", 2_073_600, 36_864, 300_000],
];

/** Lowest level that holds the picture size, rate and bitrate. Levels below 1.1 are left out: players differ on 1b. */
export function h264Level(width: number, height: number, fps: number, maxrateKbps: number): string {
  const frame = Math.ceil(width / 16) * Math.ceil(height / 16);
  const found = LEVELS.find(([, perSecond, perFrame, kbps]) => frame <= perFrame && frame * fps <= perSecond && maxrateKbps <= kbps);
  return found?.[0] ?? "5.2";
}

/** Frame rates on the grid are whole numbers: 29.97 is encoded as 30, so that a segment always holds the same number of frames. */
export function gridFps(fps: number): number {
  return Math.round(fps);
}

/** Picture edge after scaling: even (4:2:0 needs it) and at least 16. */
function scaled(pixels: number, scale: number): number {
  return Math.max(16, 2 * Math.round((pixels * scale) / 2));
}

/**
 * Bitrate after scaling pictures by `scale`. Bits follow pixels to the power 0.75 (rule of thumb of per-title work), so scale²
 * pixels need scale^1.5 of the bits.
 */
function scaledKbps(kbps: number, scale: number): number {
  return Math.max(50, Math.round(kbps * scale ** 1.5));
}

/** Gives the rungs of a stream as they are encoded, in the topology's order; streams with the same settings get the same array. */
export type RenditionsOf = (stream: Stream) => readonly Rendition[];

/** Rungs after `headend:scale`; see {@link RenditionsOf}. */
export function renditionsAt(scale: number): RenditionsOf {
  const known = new Map<string, readonly Rendition[]>();
  return (stream) => {
    const { ladder, source, encoder, segmentSeconds, audio } = stream;
    const key = JSON.stringify([ladder, source.fps, encoder, segmentSeconds, audio.bitrateKbps]);
    const rungs = known.get(key) ?? ladder.map((rung) => rendition(rung, stream, gridFps(source.fps), scale));
    known.set(key, rungs);
    return rungs;
  };
}

function rendition(rung: Rung, stream: Stream, fps: number, scale: number): Rendition {
  const width = scaled(rung.width, scale);
  const height = scaled(rung.height, scale);
  const bitrateKbps = scaledKbps(rung.bitrateKbps, scale);
  const maxrateKbps = Math.ceil(bitrateKbps * MAXRATE_FACTOR);
  const bufsizeKbit = maxrateKbps;
  const level = h264Level(width, height, fps, maxrateKbps);
  const { kind, preset } = stream.encoder;
  const hash = shortHash(JSON.stringify([ENCODING_VERSION, kind, preset, width, height, fps, bitrateKbps, maxrateKbps, bufsizeKbit, level, stream.segmentSeconds]));
  const audioBps = stream.audio.bitrateKbps * 1000;
  // A VBV-bound encoder can send its whole buffer on top of maxrate within one segment, no more.
  const peakBps = Math.ceil(((maxrateKbps + bufsizeKbit / stream.segmentSeconds) * 1000 + audioBps) * CONTAINER_FACTOR);
  const averageBps = Math.ceil((bitrateKbps * 1000 + audioBps) * CONTAINER_FACTOR);
  return { name: rung.name, dir: `${rung.name}-${hash}`, width, height, bitrateKbps, maxrateKbps, bufsizeKbit, level, peakBps, averageBps };
}

/** Directory of the audio rendition, named like the video ones. */
export function audioDir(stream: Stream): string {
  const { bitrateKbps, channels } = stream.audio;
  return `audio-${shortHash(JSON.stringify([ENCODING_VERSION, "aac", 48_000, bitrateKbps, channels, stream.segmentSeconds]))}`;
}
