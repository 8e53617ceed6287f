/** EC2 sizes as data. Networks: knowledge sizing-and-cost.md 3 (Karpenter's table of baselines). */
export type Architecture = "x86" | "arm";

export interface SizeFacts {
  readonly name: string;
  readonly architecture: Architecture;
  /** Hardware threads on x86, full cores on Graviton. */
  readonly vcpus: number;
  readonly memoryMb: number;
  /** Rate held for hours, in Mbps; null when it is not known. "Up to" figures are bursts and are not used. */
  readonly baselineMbps: number | null;
  /** Has a card that NVENC runs on. */
  readonly nvidia: boolean;
}

interface Family {
  readonly architecture: Architecture;
  readonly nvidia?: true;
  /** Baseline in Mbps by size. */
  readonly baseline: Readonly<Record<string, number>>;
  /** GiB for each vCPU, from "large" on. @default 2 */
  readonly gib?: number;
  /** Sizes that do not follow the common rule: vCPUs and GiB. */
  readonly odd?: Readonly<Record<string, readonly [number, number]>>;
}

/** vCPUs by size name, the same in all families here; checked against Karpenter's instance-types reference for c7g. */
const VCPUS: Readonly<Record<string, number>> = { medium: 1, large: 2, xlarge: 4, "2xlarge": 8, "4xlarge": 16, "8xlarge": 32, "16xlarge": 64 };

const C_X86: Family = { architecture: "x86", baseline: { large: 781, xlarge: 1562, "2xlarge": 3125, "4xlarge": 6250, "8xlarge": 12_500, "16xlarge": 25_000 } };
const C_ARM: Family = { architecture: "arm", baseline: { medium: 520, large: 937, xlarge: 1875, "2xlarge": 3750, "4xlarge": 7500, "8xlarge": 15_000, "16xlarge": 30_000 } };
const CN_ARM: Family = { architecture: "arm", baseline: { medium: 3125, large: 6250, xlarge: 12_500, "2xlarge": 25_000, "4xlarge": 50_000, "8xlarge": 100_000, "16xlarge": 200_000 } };
const T: Omit<Family, "architecture"> = {
  baseline: { medium: 256, large: 512, xlarge: 1024, "2xlarge": 2048 }, gib: 4, odd: { small: [2, 2], medium: [2, 4] },
};
const G5: Family = { architecture: "x86", nvidia: true, gib: 4, baseline: { xlarge: 2500, "2xlarge": 5000, "4xlarge": 10_000, "8xlarge": 25_000, "16xlarge": 25_000 } };

const FAMILIES: Readonly<Record<string, Family>> = {
  t3: { architecture: "x86", ...T }, t4g: { architecture: "arm", ...T },
  c5: { architecture: "x86", baseline: { large: 750, xlarge: 1250, "2xlarge": 2500, "4xlarge": 5000 } },
  c7i: C_X86, c6i: C_X86, c7a: C_X86, m7i: { ...C_X86, gib: 4 },
  c7g: C_ARM, c8g: C_ARM, c7gn: CN_ARM, c8gn: CN_ARM,
  c6in: { architecture: "x86", baseline: { large: 3125, xlarge: 6250, "2xlarge": 12_500, "4xlarge": 25_000, "8xlarge": 50_000, "16xlarge": 100_000 } },
  g4dn: { architecture: "x86", nvidia: true, gib: 4, baseline: { xlarge: 5000, "2xlarge": 10_000, "4xlarge": 20_000, "8xlarge": 50_000, "16xlarge": 50_000 } },
  g5: G5, g6: G5,
  vt1: { architecture: "x86", baseline: { "3xlarge": 3120, "6xlarge": 6250, "24xlarge": 25_000 }, odd: { "3xlarge": [12, 24], "6xlarge": [24, 48], "24xlarge": [96, 192] } },
};

/** Families of the table. */
export const FAMILY_NAMES: readonly string[] = Object.keys(FAMILIES);

/** True for T sizes: what they promise is a burst on credits. */
export const isBurstable = (size: string): boolean => /^t\d/.test(size);

/** Facts of a size such as "c7g.2xlarge"; null when it is not in the table. */
export function sizeFacts(name: string): SizeFacts | null {
  const [familyName = "", size = ""] = name.split(".");
  const family = Object.hasOwn(FAMILIES, familyName) ? FAMILIES[familyName] : undefined;
  if (family === undefined) return null;
  const baselineMbps = family.baseline[size] ?? null;
  const odd = family.odd?.[size];
  const vcpus = odd?.[0] ?? VCPUS[size];
  if (vcpus === undefined || (baselineMbps === null && odd === undefined)) return null;
  const gib = odd?.[1] ?? vcpus * (family.gib ?? 2);
  return { name, architecture: family.architecture, vcpus, memoryMb: Math.round(gib * 1073.741824), baselineMbps, nvidia: family.nvidia === true };
}

/** Cap of an internet gateway below 32 vCPUs, and least cap from there on, in Mbps (AWS: ec2-instance-network-bandwidth). */
const GATEWAY_MBPS = 5000;

/** What a host may send to or take from the internet for hours, in Mbps: its baseline within the internet gateway's cap. */
export function internetMbps({ vcpus, baselineMbps }: Pick<SizeFacts, "vcpus" | "baselineMbps">): number | null {
  if (baselineMbps === null) return null;
  return Math.min(baselineMbps, vcpus < 32 ? GATEWAY_MBPS : Math.max(GATEWAY_MBPS, baselineMbps / 2));
}

/** True when the size's own network is faster than what the gateway lets through: the difference is paid for and not to be had. */
export function gatewayCapped({ vcpus, baselineMbps }: Pick<SizeFacts, "vcpus" | "baselineMbps">): boolean {
  return baselineMbps !== null && (internetMbps({ vcpus, baselineMbps }) ?? 0) < baselineMbps;
}

/** Share of a link that is planned with; the rest is for bursts (knowledge: sizing-and-cost 3). */
export const LINK_USE = 0.8;

/** Viewers that a distributor of a size holds by its link: `min(baseline, gateway) × 0.8 / bitrate`. */
export function viewersHeld(size: SizeFacts, averageKbps: number): number | null {
  const mbps = internetMbps(size);
  return mbps === null ? null : Math.floor((mbps * 1000 * LINK_USE) / averageKbps);
}

/** Sizes to choose from where the topology names none, cheapest first. */
export const SUGGESTED = {
  multiplexer: ["c7g.large", "c7g.xlarge", "c7g.2xlarge", "c7g.4xlarge", "c7g.8xlarge"],
  transcoder: ["c7g.large", "c7g.xlarge", "c7g.2xlarge", "c7g.4xlarge", "c7g.8xlarge"],
  distributor: ["c7g.large", "c7gn.large", "c7gn.xlarge", "c7gn.2xlarge", "c7gn.4xlarge", "c7gn.8xlarge"],
} as const;
