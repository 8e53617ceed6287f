import type { Capacity, HostCapacity } from "../capacity/capacity.ts";
import { priceAge, type PriceList } from "../cost/prices.ts";
import { type Micro, usd, usdFine } from "../cost/money.ts";
import type { Finding, Role } from "../model.ts";
import type { Readings } from "../readings.ts";

/** What a deployment holds and costs, in the few numbers that are compared. */
export interface Figures {
  /** Busiest transcoder's share of its vCPUs, or busy cores of all transcoders where no size is known. */
  readonly transcoding: { readonly kind: "share" | "cores"; readonly value: number };
  /** Mbps that distributors send to expected viewers, and what their links hold for hours; null where no size is known. */
  readonly edge: { readonly mbps: number; readonly limitMbps: number | null };
  /** e.g. "Holds 6,100 viewers on the best rendition; then dist-eu bandwidth." */
  readonly viewers: string;
  /** Hosts that are too small, with what is short, e.g. "tx-eu-1 cpu". */
  readonly short: readonly string[];
  readonly cost: { readonly hour: Micro; readonly event: Micro | null; readonly viewerHour: Micro | null };
}

/** The few numbers of a plan. */
export function figures({ capacity: held, cost: costs }: Readings): Figures {
  return {
    transcoding: transcoding(held), edge: edge(held), viewers: held.viewers.sentence,
    short: held.hosts.filter((h) => h.short.length > 0).map((h) => `${h.host} ${h.short.join(", ")}`),
    cost: { hour: costs.hour.total, event: costs.event?.total ?? null, viewerHour: costs.viewerHour },
  };
}

function of(held: Capacity, role: Role): HostCapacity[] {
  return held.hosts.filter((h) => h.role === role);
}

function transcoding(held: Capacity): Figures["transcoding"] {
  const hosts = of(held, "transcoder");
  if (hosts.some((h) => h.limit === null)) return { kind: "cores", value: round(hosts.reduce((sum, h) => sum + (h.demand.cores ?? 0), 0), 1) };
  return { kind: "share", value: Math.max(0, ...hosts.map((h) => round((h.demand.cores ?? 0) / (h.limit?.vcpus ?? 1), 3))) };
}

function edge(held: Capacity): Figures["edge"] {
  const hosts = of(held, "distributor");
  const limits = hosts.map((h) => h.limit?.linkMbps ?? null);
  return {
    mbps: Math.round(hosts.reduce((sum, h) => sum + h.demand.outMbps, 0)),
    limitMbps: limits.includes(null) ? null : Math.round(limits.reduce<number>((sum, l) => sum + (l ?? 0), 0)),
  };
}

/** Lines with what changes, e.g. "transcoding 71 % → 48 %  ·  edge 5.1 of 12.0 Gb/s"; `before` null: as it is. */
export function figureLines(before: Figures | null, after: Figures): { readonly capacity: string; readonly cost: string } {
  const arrow = (show: (f: Figures) => string): string => {
    const now = show(after), was = before === null ? now : show(before);
    return was === now ? now : `${was} → ${now}`;
  };
  const gbps = (mbps: number): string => (mbps >= 1000 ? `${(mbps / 1000).toFixed(1)} Gb/s` : `${mbps} Mb/s`);
  const capacityParts = [
    `transcoding ${arrow((f) => (f.transcoding.kind === "share" ? `${Math.round(f.transcoding.value * 100)} %` : `${f.transcoding.value} cores`))}`,
    `edge ${arrow((f) => (f.edge.limitMbps === null ? gbps(f.edge.mbps) : `${gbps(f.edge.mbps)} of ${gbps(f.edge.limitMbps)}`))}`,
    ...(after.viewers === "" ? [] : [arrow((f) => f.viewers.replace(/\.$/, ""))]),
    ...(after.short.length > 0 ? [`too small: ${after.short.slice(0, 4).join("; ")}${after.short.length > 4 ? `; and ${after.short.length - 4} more` : ""}`] : []),
  ];
  const costParts = [
    `${arrow((f) => usd(f.cost.hour))} a live hour on AWS`,
    ...(after.cost.event === null && before?.cost.event == null ? [] : [`event ${arrow((f) => (f.cost.event === null ? "none" : usd(f.cost.event)))}`]),
    ...(after.cost.viewerHour === null ? [] : [`${arrow((f) => (f.cost.viewerHour === null ? "–" : usdFine(f.cost.viewerHour)))} a viewer-hour`]),
  ];
  return { capacity: capacityParts.join("  ·  "), cost: costParts.join("  ·  ") };
}

/** A line that says that prices are too old, under the costs that rest on them; [] while they are not. */
export function staleLines(nowMs: number, prices?: PriceList): string[] {
  const { stale, text } = priceAge(nowMs, prices);
  return stale ? [`            ${text}`] : [];
}

/** "0 errors, 1 warning", with the ids of errors and warnings. */
export function findingsLine(findings: readonly Finding[]): string {
  const n = (severity: Finding["severity"]): number => findings.filter((f) => f.severity === severity).length;
  const ids = [...new Set(findings.filter((f) => f.severity !== "info").map((f) => f.id))];
  return `${n("error")} ${n("error") === 1 ? "error" : "errors"}, ${n("warning")} ${n("warning") === 1 ? "warning" : "warnings"}${ids.length > 0 ? `  ${ids.join(" ")}` : ""}`;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
