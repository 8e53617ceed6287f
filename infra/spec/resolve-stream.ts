/** Fills in what a stream leaves out, and checks what only several of its fields together can show. */
import type { Report } from "./resolve.ts";
import { isRungName, namedRung, presetLadder, RUNGS, RUNG_NAMES, sourceRung } from "./presets.ts";
import type { PictureReader } from "./picture.ts";
import type { SpecPath } from "./problems.ts";
import { ENCODER_PRESETS, PROTOCOLS, type WrittenPublisher, type WrittenRung, type WrittenStream } from "./stream-schema.ts";
import type { Publisher, Rung, Stream } from "./topology.ts";
import { UnitError } from "./units.ts";

export const DEFAULT_SLATE = "Back in a moment";
const DEFAULT_KEEP_SECONDS = 30 * 86_400;

export interface StreamContext { readonly regions: readonly string[]; readonly transcoders: number; readonly report: Report; readonly pictures: PictureReader }

/** @param path of the stream, e.g. ["streams", "main"] */
export function resolveStream(written: WrittenStream | null, path: SpecPath, context: StreamContext): Stream {
  const w = written ?? {};
  const { report } = context;
  const source = {
    ...(w.source?.resolution ?? { width: 1280, height: 720 }),
    fps: w.source?.fps ?? 30,
    bitrateKbps: w.source?.bitrate ?? 4000,
    keyframeSeconds: w.source?.keyframe ?? 2,
  };
  const latency = w.latency ?? "standard";
  const segmentSeconds = w.segment ?? 2;
  if (![1, 2, 4, 8].includes(segmentSeconds)) {
    report({ path: [...path, "segment"], message: "does not divide 8 s, the grid on which picture and sound meet", allowed: "1 s, 2 s, 4 s or 8 s" });
  }
  const ladder = resolveLadder(w.ladder ?? (latency === "standard" ? "standard" : "source-only"), source, path, report);
  if (latency !== "standard" && ladder.length > 1) {
    report({ path: [...path, "ladder"], uses: [[...path, "latency"]], message: `has ${ladder.length} rungs, but latency ${latency} serves one`, allowed: "one rung, e.g. source-only, or latency: standard" });
  }
  if (latency !== "standard" && w.dash === true) {
    report({ path: [...path, "dash"], uses: [[...path, "latency"]], message: `does not go with latency ${latency}`, allowed: "dash: false, or latency: standard" });
  }
  const redundancy = (w.redundancy ?? 1) as 1 | 2;
  if (redundancy === 2 && context.transcoders === 1) {
    report({ path: [...path, "redundancy"], uses: [["transcoders"]], message: "needs two transcoders, but there is one", allowed: "1, or at least two hosts in `transcoders`" });
  }
  return {
    source,
    publishers: resolvePublishers(w.publishers ?? { studio: null }, [...path, "publishers"], report),
    ladder,
    audio: { bitrateKbps: w.audio?.bitrate ?? 128, channels: (w.audio?.channels ?? 2) as 1 | 2 },
    encoder: resolveEncoder(w.encoder, [...path, "encoder"], report),
    latency,
    segmentSeconds,
    dash: w.dash ?? false,
    redundancy,
    viewers: resolveViewers(w.viewers ?? {}, [...path, "viewers"], context),
    record: resolveRecord(w.record),
    restream: Object.fromEntries(Object.entries(w.restream ?? {}).map(([name, { url, key }]) => [name, { url, key: key ?? null }])),
    access: { token: w.access?.token ?? false, countries: w.access?.countries ?? [], origins: w.access?.origins ?? [] },
    slate: typeof w.slate === "string" ? { text: w.slate, image: null } : { text: w.slate?.text ?? DEFAULT_SLATE, image: resolveImage(w.slate?.image, [...path, "slate", "image"], context) },
  };
}

function resolveImage(written: string | undefined, path: SpecPath, { pictures, report }: StreamContext): Stream["slate"]["image"] {
  if (written === undefined) return null;
  try { return { path: written, picture: pictures(written) }; } catch (error) {
    if (!(error instanceof UnitError)) throw error;
    report({ path, message: error.message, allowed: error.allowed });
    return null;
  }
}

function resolvePublishers(written: Readonly<Record<string, WrittenPublisher | null>>, path: SpecPath, report: Report): Record<string, Publisher> {
  const publishers = Object.entries(written).map(([name, w]): [string, Publisher] => {
    const via = w?.via === undefined ? PROTOCOLS : typeof w.via === "string" ? [w.via] : w.via;
    via.forEach((protocol, i) => {
      if (via.indexOf(protocol) < i) report({ path: [...path, name, "via", i], message: "is in the list twice", allowed: "each protocol once" });
    });
    const from = typeof w?.from === "string" ? [w.from] : w?.from ?? [];
    return [name, { via: [...new Set(via)], from: [...new Set(from)], backup: w?.backup ?? false, keyRotation: w?.keyRotation ?? 1 }];
  });
  if (publishers.length === 0) report({ path, message: "is empty, so nobody could publish", allowed: "at least one publisher, or leave `publishers` out" });
  else if (publishers.every(([, { backup }]) => backup)) {
    report({ path, message: "has only backups", allowed: "at least one publisher without `backup: true`" });
  }
  return Object.fromEntries(publishers);
}

function resolveLadder(written: NonNullable<WrittenStream["ladder"]>, source: Stream["source"], streamPath: SpecPath, report: Report): Rung[] {
  if (typeof written === "string") return presetLadder(written, source);
  const path = [...streamPath, "ladder"];
  const sourcePath = [...streamPath, "source"];
  const rungs = written.map((entry, i): Rung => {
    if (entry === "source") return sourceRung(source);
    const rung = typeof entry === "string" ? namedRung(entry, source) : resolveRung(entry, source, [...path, i], report);
    if (rung.width > source.width || rung.height > source.height) {
      report({
        path: [...path, i], uses: [sourcePath], allowed: `up to ${source.width}x${source.height}, or a larger source.resolution`,
        message: `cannot upscale: ${rung.width}x${rung.height} is larger than the source (${source.width}x${source.height})`,
      });
    }
    if (rung.fps > source.fps) {
      report({ path: [...path, i, "fps"], uses: [[...sourcePath, "fps"]], message: `is more than the source has (${source.fps})`, allowed: `1 to ${source.fps}` });
    }
    return rung;
  });
  const first = new Map<string, number>();
  rungs.forEach(({ name }, i) => {
    if (first.has(name)) report({ path: [...path, i], message: `has the same name as rung ${first.get(name)! + 1}: ${name}`, allowed: "each name once" });
    else first.set(name, i);
  });
  return rungs;
}

function resolveRung(written: WrittenRung, source: Stream["source"], path: SpecPath, report: Report): Rung {
  const { name } = written;
  if (name === "source") report({ path: [...path, "name"], message: "is kept for the publisher's own picture", allowed: "any other name, or just `source` as the rung" });
  const base = isRungName(name) ? namedRung(name, source) : null;
  for (const field of ["resolution", "bitrate"] as const) {
    if (written[field] === undefined && base === null) {
      report({ path: [...path, field], missing: true, message: "is missing", allowed: `a value; only ${RUNG_NAMES.join(", ")} have their own` });
    }
  }
  return {
    name, source: false,
    width: written.resolution?.width ?? base?.width ?? source.width,
    height: written.resolution?.height ?? base?.height ?? source.height,
    fps: written.fps ?? source.fps,
    bitrateKbps: written.bitrate ?? base?.bitrateKbps ?? RUNGS["180p"].bitrateKbps,
  };
}

function resolveEncoder(written: WrittenStream["encoder"], path: SpecPath, report: Report): Stream["encoder"] {
  const kind = (typeof written === "string" ? written : written?.kind) ?? "x264";
  const presets: readonly string[] = ENCODER_PRESETS[kind];
  const preset = (typeof written === "string" ? undefined : written?.preset) ?? presets[0]!;
  if (!presets.includes(preset)) {
    report({ path: [...path, "preset"], uses: [[...path, "kind"]], message: `is not a preset of ${kind}`, allowed: [...presets].sort().join(", "), candidates: presets });
  }
  return { kind, preset };
}

function resolveViewers(written: number | Readonly<Record<string, number>>, path: SpecPath, { regions, report }: StreamContext): Record<string, number> {
  if (typeof written !== "number") {
    for (const region of Object.keys(written)) {
      if (!regions.includes(region)) report(unknownRegion([...path, region], regions));
    }
    return { ...written };
  }
  if (regions.length > 1) report({ path, usesRegions: true, message: "does not say in which region", allowed: `a number for each: ${regions.join(", ")}` });
  return { [regions[0]!]: written };
}

function resolveRecord(written: WrittenStream["record"]): Stream["record"] {
  if (written === undefined || written === null || written === false) return null;
  return { keepSeconds: (written === true ? undefined : written.keep) ?? DEFAULT_KEEP_SECONDS };
}

/** The complaint about a region that `regions` does not have; it points at the key. */
export function unknownRegion(path: SpecPath, regions: readonly string[]) {
  return { path, at: "key" as const, usesRegions: true, message: "is not one of the regions", value: path[path.length - 1], allowed: regions.join(", "), candidates: regions };
}
