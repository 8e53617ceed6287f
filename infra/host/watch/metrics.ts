/** What this host measures once a minute, in CloudWatch's embedded metric format: pure, from what was seen at two moments. */
import { METRICS } from "../../targets/aws/contract.ts";

export interface Where { readonly namespace: string; readonly host: string }

/** One measured value; `stream` only for metrics that have that dimension. */
export interface Measured { readonly metric: keyof typeof METRICS; readonly value: number; readonly stream?: string }

/** One line of a log event for each value. @param at milliseconds since the epoch */
export function embedded(measured: readonly Measured[], { namespace, host }: Where, at: number): readonly string[] {
  return measured.map(({ metric, value, stream }) => {
    const { name, unit, dimensions } = METRICS[metric];
    return JSON.stringify({
      _aws: { Timestamp: at, CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [dimensions], Metrics: [{ Name: name, Unit: unit }] }] },
      ...(stream === undefined ? {} : { Stream: stream }), Host: host, [name]: Math.round(value * 1000) / 1000,
    });
  });
}

/** A path of MediaMTX's API. */
export interface SeenPath { readonly name: string; readonly online: boolean; readonly inboundBytes: number }

/** What a multiplexer measures: a stream's paths are STREAM/PUBLISHER. Rates come from bytes since the look before. */
export function ingestMetrics(now: readonly SeenPath[], before: readonly SeenPath[], seconds: number): readonly Measured[] {
  const streams = [...new Set(now.map((p) => p.name.split("/")[0] ?? ""))].filter(Boolean).sort();
  const earlier = new Map(before.map((p) => [p.name, p.inboundBytes]));
  return streams.flatMap((stream): Measured[] => {
    const online = now.filter((p) => p.online && p.name.startsWith(`${stream}/`));
    const present: Measured = { metric: "publishers", stream, value: online.length > 0 ? 1 : 0 };
    // A publisher that came back counts from zero again.
    const rates = online.flatMap((p) => { const last = earlier.get(p.name); return last === undefined || p.inboundBytes < last || seconds <= 0 ? [] : [(p.inboundBytes - last) * 8 / seconds / 1000]; });
    return rates.length === 0 ? [present] : [present, { metric: "ingest", stream, value: Math.max(...rates) }];
  });
}

/** Lowest speed of each stream's FFmpeg among several looks. */
export function speedMetrics(looks: readonly (readonly { readonly name: string; readonly speed: number | null }[])[]): readonly Measured[] {
  const lowest = new Map<string, number>();
  for (const { name, speed } of looks.flat()) if (speed !== null) lowest.set(name, Math.min(speed, lowest.get(name) ?? Infinity));
  return [...lowest].map(([stream, value]) => ({ metric: "speed", stream, value }));
}
