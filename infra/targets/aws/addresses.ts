import type { Plan } from "../../plan/model.ts";
import { portOf, ROLE_PORTS } from "../../plan/ports.ts";
import { behindCdn } from "../../plan/capacity/demand.ts";
import { probeOf } from "../../render/pathways.ts";
import type { Topology } from "../../spec/topology.ts";
import type { Deployed } from "../target.ts";
import { grouped } from "./grouped.ts";
import { hasCdn, type PublicNames } from "./public-names.ts";
import { cdnOnly } from "./rules.ts";

/** Where people publish and watch: names, known at preview. */
export function publicAddresses(topology: Topology, plan: Plan, names: PublicNames): Pick<Deployed, "viewer" | "streams" | "publish"> {
  const direct = `https://${names.edge ?? names.viewer}`;
  return {
    viewer: `https://${names.viewer}`,
    streams: Object.fromEntries(plan.streams.map((s) => {
      const base = behindCdn(topology, s) ? `https://${names.viewer}` : direct;
      return [s.name, {
        watch: `${base}/watch/${s.name}`,
        playlist: s.latency === "ultra" ? null : `${base}/live/${s.name}/index.m3u8`,
        whep: s.latency === "ultra" ? `${base}/live/${s.name}/whep` : null,
        dash: s.dash ? `${base}/live/${s.name}/manifest.mpd` : null,
      }];
    })),
    publish: plan.streams.flatMap((s) => s.publish).flatMap((p) => p.multiplexers.flatMap((mux) => p.via.map((protocol) => ({
      stream: p.stream, publisher: p.publisher, multiplexer: mux, protocol, host: names.ingestOf.get(mux) ?? "", port: ingestPort(plan, mux, protocol),
    })))),
  };
}

function ingestPort(plan: Plan, mux: string, protocol: string): number {
  const fact = ROLE_PORTS.multiplexer.find((f) => f.name === protocol);
  return fact ? portOf(fact, plan.hosts.find((h) => h.name === mux)?.ordinal ?? 0) : 0;
}

/**
 * Base addresses for the markers of bundles: the CDN, and distributors by their region's name. None where the CDN is the only way: players
 * then have nothing to choose, and distributors need not ask it every 400 ms whether it is well (AWS takes money for each request).
 */
export function bundleAddresses(topology: Topology, plan: Plan, names: PublicNames): Record<string, string> {
  if (cdnOnly(topology, plan)) return {};
  const both = (way: string, name: string): Record<string, string> => ({ [way]: `https://${name}`, [probeOf(way)]: `https://${name}` });
  // Members of a group have no names of their own: a region is asked as a whole, as its viewers ask it.
  return Object.assign({}, hasCdn(topology, plan) ? both("cdn", names.viewer) : {}, ...grouped(plan).hosts.filter((h) => h.role === "distributor").map((h) => both(h.name, names.originOf.get(h.region) ?? ""))) as Record<string, string>;
}
