import type { Topology } from "../../spec/topology.ts";
import type { LintContext, Found, Rule } from "./rule.ts";

/** Families whose prices and bandwidth are known (knowledge: sizing-and-cost 2 and 3), and what sets them apart. */
const FAMILIES: Readonly<Record<string, { readonly arm?: true; readonly nvidia?: true }>> = {
  t3: {}, t4g: { arm: true }, c5: {}, c6i: {}, c6in: {}, c7i: {}, c7a: {}, m7i: {}, c7g: { arm: true }, c7gn: { arm: true }, c8g: { arm: true }, c8gn: { arm: true },
  g4dn: { nvidia: true }, g5: { nvidia: true }, g6: { nvidia: true }, vt1: {},
};
const SIZE = /^(nano|micro|small|medium|large|xlarge|[1-9][0-9]?xlarge|metal(-\d+xl)?)$/;
/** The largest general size of the price table; what "chosen by capacity" can choose at most. */
const LARGEST = "c7g.8xlarge";
/** Encoding one megapixel a second with veryfast, in vCPU: hyperthreads, and Graviton's whole cores (sizing-and-cost 1). */
const VCPU_PER_MPX = { x86: 0.05, arm: 0.03 };
/** Decoding 1080p30 took 0.31 of a core: per megapixel a second. */
const DECODE_PER_MPX = 0.31 / 62.2;
const HEADROOM = 0.7;
/** CPU relative to veryfast (sizing-and-cost 1; presets between the measured ones take the cheaper neighbour's factor). */
const PRESET_FACTOR: Readonly<Record<string, number>> = { ultrafast: 0.69, superfast: 0.69, fast: 2, medium: 2.8, slow: 2.8, slower: 2.8, veryslow: 2.8 };

const family = (size: string): string => size.split(".")[0]!;
const isBurstable = (size: string): boolean => /^t\d/.test(size);

/** Hardware threads of a size, or null when its name does not tell. */
function vcpus(size: string): number | null {
  const [, suffix = ""] = size.split(".");
  const times = /^(\d+)xlarge$/.exec(suffix)?.[1];
  return times ? 4 * Number(times) : suffix === "xlarge" ? 4 : suffix === "large" ? 2 : null;
}

type Role = "multiplexers" | "transcoders" | "distributors";
const sized = (topology: Topology, roles: readonly Role[]): { role: Role; region: string; size: string; path: (string | number)[] }[] =>
  roles.flatMap((role) => Object.entries(topology[role]).flatMap(([region, { size }]) => (size === null ? [] : [{ role, region, size, path: [role, region, "size"] }])));
const ALL: readonly Role[] = ["multiplexers", "transcoders", "distributors"];

/** vCPUs that the streams of each transcoder need, headroom included. Streams on other encoders than x264 count decoding only. */
function needs({ topology, streams }: LintContext, arm: boolean): Map<string, number> {
  const perHost = new Map<string, number>();
  for (const plan of streams) {
    const { source } = topology.streams[plan.name]!;
    const mpx = plan.renditions.reduce((sum, r) => sum + (r.width * r.height * plan.fps) / 1e6, 0);
    const encode = plan.encoder.kind === "x264" ? mpx * VCPU_PER_MPX[arm ? "arm" : "x86"] * (PRESET_FACTOR[plan.encoder.preset] ?? 1) : 0;
    const need = (encode + ((source.width * source.height * source.fps) / 1e6) * DECODE_PER_MPX) / HEADROOM;
    for (const tx of plan.transcoders) perHost.set(tx, (perHost.get(tx) ?? 0) + need);
  }
  return perHost;
}

/** Rules about machine sizes; they concern the aws target. */
export const sizeRules: readonly Rule[] = [
  {
    id: "HE801", severity: "warning", title: "burstable size for transcoders",
    reason: "T instances earn CPU credits while idle; a transcoder never idles, and falls below real time when they are spent.",
    fix: "Use a c size, e.g. c7g.2xlarge.", source: "knowledge: aws 4 (never place transcoders on T instances)",
    check: ({ topology }) => sized(topology, ["transcoders"]).filter(({ size }) => isBurstable(size)).map(({ region, size, path }) => ({ path, message: `Transcoders in ${region} are ${size}, which is burstable.` })),
  },
  {
    id: "HE802", severity: "warning", title: "size that headend knows nothing about",
    reason: "Its bandwidth, cores and price are not in headend's tables: capacity and cost cannot be told, and it may be a typing mistake.",
    fix: `Use one of the families ${Object.keys(FAMILIES).join(", ")}.`, source: "knowledge: sizing-and-cost 2 and 3",
    check: ({ topology }) => sized(topology, ALL).filter(({ size }) => !FAMILIES[family(size)] || !SIZE.test(size.split(".")[1] ?? "")).map(({ role, region, size, path }) => ({ path, message: `${size} (${role} in ${region}) is not a known size.` })),
  },
  {
    id: "HE803", severity: "warning", title: "burstable size for distributors or multiplexers",
    reason: "What T instances promise is a burst; the bandwidth they keep is 256 to 2,048 Mbps.",
    fix: "Use a c size, e.g. c7gn.large.", source: "knowledge: sizing-and-cost 3 (t3.medium: 256 Mbps, 51 viewers at 4 Mbps), aws 6 (burst against baseline)",
    check: ({ topology }) => sized(topology, ["multiplexers", "distributors"]).filter(({ size }) => isBurstable(size)).map(({ role, region, size, path }) => ({ path, message: `${role} in ${region} are ${size}, whose bandwidth is a burst.` })),
  },
  {
    id: "HE804", severity: "warning", title: "more streams than the transcoders can encode",
    reason: "Below real time frames are dropped, on every stream of the host.",
    fix: "Add transcoders, use a larger size, or take rungs out.", source: "knowledge: sizing-and-cost 1 (0.05 vCPU per Mpx/s, 0.03 on Graviton; need / 0.7)",
    check: (context) => {
      const need = { arm: needs(context, true), x86: needs(context, false) };
      return Object.entries(context.topology.transcoders).flatMap(([region, group]): Found[] => {
        if (!context.topology.regions[region]?.aws) return [];
        const size = group.size ?? LARGEST;
        const has = vcpus(size);
        const arm = FAMILIES[family(size)]?.arm === true;
        const worst = context.hosts.filter((host) => host.role === "transcoder" && host.region === region)
          .map((host) => ({ host: host.name, vcpu: need[arm ? "arm" : "x86"].get(host.name) ?? 0 })).sort((a, b) => b.vcpu - a.vcpu)[0];
        return has === null || !worst || worst.vcpu <= has * 1.05 ? [] : [{
          path: ["transcoders", region], message: `${worst.host} needs ${worst.vcpu.toFixed(1)} vCPU for its streams; ${size}${group.size === null ? ", the largest size," : ""} has ${has}.`,
        }];
      });
    },
  },
  {
    id: "HE805", severity: "info", title: "size for a region that is not on AWS",
    reason: "Sizes are EC2 instance types; elsewhere they mean nothing.",
    fix: "Say `aws` for the region, or leave `size` out.", source: "topology schema (`size`)",
    check: ({ topology }) => sized(topology, ALL).filter(({ region }) => !topology.regions[region]?.aws).map(({ role, region, size, path }) => ({ path, message: `${size} (${role} in ${region}): the region is not on AWS.` })),
  },
  {
    id: "HE806", severity: "warning", title: "hardware encoder on a size without it",
    reason: "NVENC needs an NVIDIA card; no EC2 size has the Intel graphics of QSV, and none headend knows offers VA-API.",
    fix: "Use encoder: x264, or for nvenc a size of g4dn, g5 or g6.", source: "knowledge: sizing-and-cost 1 (GPU choice), media 4.5",
    check: ({ topology, streams, hosts }) => {
      const sizeOf = new Map(hosts.map((host) => [host.name, host.size]));
      return streams.flatMap((plan): Found[] => {
        if (plan.encoder.kind === "x264") return [];
        const size = plan.transcoders.map((tx) => sizeOf.get(tx)).find((s) => s && FAMILIES[family(s)] && !(plan.encoder.kind === "nvenc" && FAMILIES[family(s)]!.nvidia));
        return size && topology.streams[plan.name] ? [{ path: ["streams", plan.name, "encoder"], message: `${plan.name}: ${plan.encoder.kind} cannot run on ${size}.` }] : [];
      });
    },
  },
  {
    id: "HE807", severity: "warning", title: "VT1 for transcoders",
    reason: "Its cards need a patched FFmpeg that headend does not have; the instance would encode on its few cores.",
    fix: "Use a c size, or a g size with encoder: nvenc.", source: "knowledge: sizing-and-cost 1 (VT1: Xilinx-patched ffmpeg, ageing)",
    check: ({ topology }) => sized(topology, ["transcoders"]).filter(({ size }) => family(size) === "vt1").map(({ region, size, path }) => ({ path, message: `Transcoders in ${region} are ${size}.` })),
  },
  {
    id: "HE808", severity: "warning", title: "transcoder with less than two cores",
    reason: "Two cores and 4 GB are the least for transcoding anything.",
    fix: "Use at least a large size, e.g. c7g.large.", source: "requirements 12 (s2: at least 2 cores and 4 GB)",
    check: ({ topology }) => sized(topology, ["transcoders"]).filter(({ size }) => /\.(nano|micro|small|medium)$/.test(size)).map(({ region, size, path }) => ({ path, message: `Transcoders in ${region} are ${size}.` })),
  },
];
