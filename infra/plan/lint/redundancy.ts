import { hostCount, important, isImportant, some } from "./facts.ts";
import { eachStream, type Rule } from "./rule.ts";

/** Rules about what one failure takes down. */
export const redundancyRules: readonly Rule[] = [
  {
    id: "HE402", severity: "warning", title: "single multiplexer for a paid or large event",
    reason: "Every publisher goes through it; when it is lost, all streams show the slate until it is back.",
    fix: "Use two, e.g. multiplexers: { eu: 2 }.", source: "requirements 1 (s3: critical, can be duplicated); knowledge: continuity 2 (mux-a killed: immediate switch to mux-b)",
    check: ({ topology }) => (hostCount(topology.multiplexers) === 1 && important(topology).length > 0 ? [{
      path: ["multiplexers"], message: `One multiplexer carries ${some(important(topology))}.`,
    }] : []),
  },
  {
    id: "HE403", severity: "warning", title: "single zone for a paid or large event",
    reason: "An availability zone is what fails as one; with all multiplexers in one zone the event goes with it.",
    fix: "Say zones: 2 for the region.", source: "knowledge: aws 1 (two zones), aws 6 (single-AZ role placement)",
    check: ({ topology, hosts }) => {
      const zones = new Set(hosts.filter((host) => host.role === "multiplexer").map((host) => `${host.region} ${host.zone}`));
      const single = Object.keys(topology.multiplexers);
      return zones.size === 1 && hostCount(topology.multiplexers) > 1 && topology.regions[single[0]!]?.aws && important(topology).length > 0
        ? [{ path: ["regions", single[0]!, "zones"], message: `All multiplexers of ${some(important(topology))} are in one zone of ${single[0]}.` }] : [];
    },
  },
  {
    id: "HE404", severity: "info", title: "single transcoder for a paid or large stream",
    reason: "A killed encoder is back within a segment, but a lost transcoder host is not; a second one takes over without a stall.",
    fix: "Say redundancy: 2; it doubles the stream's transcoding cost.", source: "knowledge: continuity 1, 3 and 4 (measured)",
    check: eachStream(({ name, spec, at }) => isImportant(spec) && spec.redundancy === 1 && { path: at("redundancy"), message: `${name}: one transcoder carries it.` }),
  },
  {
    id: "HE405", severity: "warning", title: "both transcoders of a stream in one zone",
    reason: "The second copy is paid for and falls with the first when the zone does.",
    fix: "Say zones: 2 for the region and have two transcoders in it.", source: "knowledge: aws 6 (single-AZ role placement)",
    check: (context) => {
      const seats = new Map(context.hosts.map((host) => [host.name, host]));
      return eachStream(({ name, spec, plan, at }, { topology }) => {
        const places = plan.transcoders.map((tx) => seats.get(tx)).filter((host) => host !== undefined);
        const zones = new Set(places.map((host) => `${host.region} ${host.zone}`));
        return spec.redundancy === 2 && places.length > 1 && zones.size === 1 && Boolean(topology.regions[places[0]!.region]?.aws)
          && { path: at("redundancy"), message: `${name}: ${some(plan.transcoders)} are in one zone of ${places[0]!.region}.` };
      })(context);
    },
  },
  {
    id: "HE406", severity: "warning", title: "single distributor for a paid or large event",
    reason: "Players do not come back by themselves when the only address refuses connections; with two addresses behind the name they do.",
    fix: "Use two, e.g. distributors: { eu: 2 }.", source: "knowledge: continuity 0.13 and 4 (hls.js 1.7.0, measured)",
    check: ({ topology }) => {
      const count = Object.values(topology.distributors).reduce((sum, { min }) => sum + min, 0);
      return count === 1 && important(topology).length > 0 ? [{ path: ["distributors"], message: `One distributor serves ${some(important(topology))}.` }] : [];
    },
  },
  {
    id: "HE407", severity: "info", title: "redundant stream with one transcoder in a region",
    reason: "In that region the second copy comes from another one: a failure there moves every rendition over the distance between regions.",
    fix: "Use two transcoders in the region, or accept it.", source: "knowledge: sizing-and-cost 4 (cross-region traffic is charged), continuity 3",
    check: (context) => {
      const regionOf = new Map(context.hosts.map((host) => [host.name, host.region]));
      return eachStream(({ name, spec, plan, at }) => {
        if (spec.redundancy === 1) return null;
        const counts = new Map<string, number>();
        for (const tx of plan.transcoders) counts.set(regionOf.get(tx) ?? "", (counts.get(regionOf.get(tx) ?? "") ?? 0) + 1);
        const lone = [...counts].filter(([, count]) => count === 1).map(([region]) => region);
        return counts.size > 1 && lone.length > 0 && { path: at("redundancy"), message: `${name}: ${some(lone)} has one transcoder of it; the other copy is in another region.` };
      })(context);
    },
  },
  {
    id: "HE409", severity: "warning", title: "redundant transcoders that are not aligned",
    reason: "Only standard latency is cut on the wall-clock grid. LL-HLS and WebRTC come from the first transcoder alone; the second costs as much and its pictures fit no player that watches the first.",
    fix: "Use redundancy: 1 for this stream, or latency: standard.", source: "knowledge: media 4.6 (MSN differ per muxer), aws 6 (misaligned redundant transcoders); README, Limits known today",
    check: eachStream(({ name, spec, at }) => spec.redundancy === 2 && spec.latency !== "standard" && { path: at("redundancy"), message: `${name}: two transcoders make it, but latency ${spec.latency} is served by the first alone.` }),
  },
  {
    id: "HE408", severity: "warning", title: "two regions in the same AWS region",
    reason: "They share what fails there, and cost traffic rules of one; spreading over them protects less than it seems to.",
    fix: "Use one region with zones: 2, or another AWS region.", source: "knowledge: aws 1 (origin group of two regions); AWS fault isolation: a region is the unit",
    check: ({ topology }) => {
      const first = new Map<string, string>();
      return Object.entries(topology.regions).flatMap(([name, { aws }]) => {
        const twin = aws === null ? undefined : first.get(aws);
        if (aws !== null && twin === undefined) first.set(aws, name);
        return twin === undefined ? [] : [{ path: ["regions", name, "aws"], message: `${twin} and ${name} are both ${aws}.` }];
      });
    },
  },
];
