import type { Topology } from "../../spec/topology.ts";
import { FAMILY_NAMES, isBurstable, sizeFacts } from "../capacity/sizes.ts";
import { linkMessage, overloads, sizeName } from "./overload.ts";
import type { Found, Rule } from "./rule.ts";

type Role = "multiplexers" | "transcoders" | "distributors";
const ALL: readonly Role[] = ["multiplexers", "transcoders", "distributors"];
const sized = (topology: Topology, roles: readonly Role[]): { role: Role; region: string; size: string; path: (string | number)[] }[] =>
  roles.flatMap((role) => Object.entries(topology[role]).flatMap(([region, { size }]) => (size === null ? [] : [{ role, region, size, path: [role, region, "size"] }])));
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
    fix: `Use a size of the families ${FAMILY_NAMES.join(", ")}.`, source: "knowledge: sizing-and-cost 2 and 3",
    check: ({ topology }) => sized(topology, ALL).filter(({ size }) => sizeFacts(size) === null).map(({ role, region, size, path }) => ({ path, message: `${size} (${role} in ${region}) is not a known size.` })),
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
    fix: "Add transcoders, use a larger size, or take rungs out.", source: "knowledge: sizing-and-cost 1 (host rule: cores / 0.7), or this machine's calibration; infra/plan/capacity/cpu.ts",
    check: (context) => overloads(context, "transcoder", "cpu", (host, { vcpus }) => `${host.host} keeps ${(host.demand.cores ?? 0).toFixed(1)} cores busy; ${sizeName(host)} has ${vcpus}, of which 70 % are planned with.`),
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
      const lacks = (size: string, kind: string): boolean => { const facts = sizeFacts(size); return facts !== null && !(kind === "nvenc" && facts.nvidia); };
      return streams.flatMap((plan): Found[] => {
        if (plan.encoder.kind === "x264") return [];
        const size = plan.transcoders.map((tx) => sizeOf.get(tx)).find((s) => s && lacks(s, plan.encoder.kind));
        return size && topology.streams[plan.name] ? [{ path: ["streams", plan.name, "encoder"], message: `${plan.name}: ${plan.encoder.kind} cannot run on ${size}.` }] : [];
      });
    },
  },
  {
    id: "HE807", severity: "warning", title: "VT1 for transcoders",
    reason: "Its cards need a patched FFmpeg that headend does not have; the instance would encode on its few cores.",
    fix: "Use a c size, or a g size with encoder: nvenc.", source: "knowledge: sizing-and-cost 1 (VT1: Xilinx-patched ffmpeg, ageing)",
    check: ({ topology }) => sized(topology, ["transcoders"]).filter(({ size }) => size.startsWith("vt1.")).map(({ region, size, path }) => ({ path, message: `Transcoders in ${region} are ${size}.` })),
  },
  {
    id: "HE808", severity: "warning", title: "transcoder with less than two cores",
    reason: "Two cores and 4 GB are the least for transcoding anything.",
    fix: "Use at least a large size, e.g. c7g.large.", source: "requirements 12 (s2: at least 2 cores and 4 GB)",
    check: ({ topology }) => sized(topology, ["transcoders"]).filter(({ size }) => /\.(nano|micro|small|medium)$/.test(size)).map(({ region, size, path }) => ({ path, message: `Transcoders in ${region} are ${size}.` })),
  },
  {
    id: "HE809", severity: "warning", title: "transcoder's link overloaded",
    reason: "Every distributor fetches every rendition from it; when its link is full, segments arrive late everywhere at once.",
    fix: "Use a larger size, more transcoders, or fewer distributors for these streams.", source: "knowledge: sizing-and-cost 3 (baselines, held for hours); infra/plan/capacity/demand.ts",
    check: (context) => overloads(context, "transcoder", "bandwidth", linkMessage),
  },
  {
    id: "HE810", severity: "warning", title: "multiplexer's link overloaded",
    reason: "It takes every publisher in and sends each to its transcoders and to other platforms; when its link is full, all of them break up.",
    fix: "Use a larger size, or lower source.bitrate.", source: "knowledge: sizing-and-cost 3 (baselines, held for hours); infra/plan/capacity/demand.ts",
    check: (context) => overloads(context, "multiplexer", "bandwidth", linkMessage),
  },
  {
    id: "HE811", severity: "warning", title: "transcoder without the memory for its segments",
    reason: "Segments are kept in memory; when it is full, the system ends programs, and with them streams.",
    fix: "Use a larger size, shorter segments, or more transcoders.", source: "requirements 12 (s2: 4 GB at least); infra/render/ffmpeg.ts (20 segments of each rendition)",
    check: (context) => overloads(context, "transcoder", "memory", (host, { memoryMb }) => `${host.host} needs ${((host.demand.memoryMb ?? 0) / 1000).toFixed(1)} GB; ${sizeName(host)} has ${(memoryMb / 1000).toFixed(1)} GB.`),
  },
];
