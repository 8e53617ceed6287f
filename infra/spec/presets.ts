/** Named rungs and named ladders. */
import type { Rung, Stream } from "./topology.ts";

/**
 * Rungs by name: lines on the short side of the picture, and bit rate.
 * 1080p to 360p are the figures of requirements.md section 2 (source s2: 1080p @ 5 Mbps, 720p @ 2.5, 480p @ 1, 360p @ 0.5);
 * 240p and 180p continue the halving for viewers on the worst links.
 */
export const RUNGS = {
  "1080p": { lines: 1080, bitrateKbps: 5000 },
  "720p": { lines: 720, bitrateKbps: 2500 },
  "480p": { lines: 480, bitrateKbps: 1000 },
  "360p": { lines: 360, bitrateKbps: 500 },
  "240p": { lines: 240, bitrateKbps: 250 },
  "180p": { lines: 180, bitrateKbps: 150 },
} as const;
export type RungName = keyof typeof RUNGS;
export const RUNG_NAMES = Object.keys(RUNGS) as RungName[];
export const isRungName = (name: string): name is RungName => Object.hasOwn(RUNGS, name);

/**
 * Ladders by name. A rung that is not smaller than the source in both picture and bit rate is left out, so every preset
 * fits every source. There is no audio-only preset: players fetch the audio rendition by itself when a viewer asks for it.
 */
export const LADDERS = {
  /** Every rung: the most choice for viewers, the most CPU. */
  full: ["source", "1080p", "720p", "480p", "360p", "240p", "180p"],
  /** The default: what most events need. */
  standard: ["source", "720p", "480p", "360p"],
  /** One rung for weak links; about half the CPU of `standard`. */
  light: ["source", "360p"],
  /** The publisher's picture only. */
  "source-only": ["source"],
} as const satisfies Record<string, readonly ("source" | RungName)[]>;
export type LadderName = keyof typeof LADDERS;
export const LADDER_NAMES = Object.keys(LADDERS) as LadderName[];

type Source = Stream["source"];

/** The publisher's own picture as the top rung. */
export function sourceRung(source: Source): Rung {
  const { width, height, fps, bitrateKbps } = source;
  return { name: "source", source: true, width, height, fps, bitrateKbps };
}

/**
 * A named rung in the shape of the source: "720p" is 1280x720 for 16:9, 960x720 for 4:3 and 720x1280 for an upright
 * phone. The long side is rounded to the nearest even pixel.
 */
export function namedRung(name: RungName, source: Source): Rung {
  const { lines, bitrateKbps } = RUNGS[name];
  const long = 2 * Math.round((lines * Math.max(source.width, source.height)) / Math.min(source.width, source.height) / 2);
  const upright = source.height > source.width;
  return { name, source: false, width: upright ? lines : long, height: upright ? long : lines, fps: source.fps, bitrateKbps };
}

/** The rungs of a preset that this source can feed. */
export function presetLadder(preset: LadderName, source: Source): Rung[] {
  return LADDERS[preset].flatMap((name) => {
    if (name === "source") return [sourceRung(source)];
    const rung = namedRung(name, source);
    return rung.height < source.height && rung.bitrateKbps < source.bitrateKbps ? [rung] : [];
  });
}
