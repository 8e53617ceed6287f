import type { Topology } from "../spec/topology.ts";
import type { Finding, StreamPlan } from "./model.ts";

/** What the plan decided that the reader of the topology should know. The full rule table comes with `headend check` (foresight). */
export function findings(topology: Topology, streams: readonly StreamPlan[]): Finding[] {
  return streams.flatMap((stream): Finding[] => {
    const at = (...path: (string | number)[]) => ({ path: ["streams", stream.name, ...path], rule: "plan", why: "decided by the plan" });
    const found: Finding[] = [];
    if (stream.sourceMode === "encoded") {
      found.push({ id: "HE001", severity: "info", provenance: at("ladder"), fix: "Leave `source` out of the ladder if its rate is not wanted.",
        message: `${stream.name}: \`source\` is encoded at the publisher's size and bitrate, because a copy of the publisher's own pictures cannot follow the slate or switch without a stall.` });
    }
    const primaries = stream.publish.filter((p) => !p.backup);
    if (stream.restream.length > 0 && primaries.length > 1) {
      found.push({ id: "HE002", severity: "warning", provenance: at("restream"), fix: "Mark all but one publisher `backup: true`.",
        message: `${stream.name}: two primary publishers would both be forwarded to ${stream.restream.map((r) => r.name).join(", ")}.` });
    }
    if (topology.streams[stream.name]?.access.token) {
      found.push({ id: "HE003", severity: "warning", provenance: at("access", "token"), fix: "Use `access.origins`, or the CDN of the aws target.",
        message: `${stream.name}: \`access.token\` is not enforced by distributors; anybody who knows the address can watch.` });
    }
    return found;
  });
}
