import { capacity } from "../../plan/capacity/capacity.ts";
import { type Architecture, internetMbps, isBurstable, sizeFacts } from "../../plan/capacity/sizes.ts";
import type { Plan, Role } from "../../plan/model.ts";
import type { Topology } from "../../spec/topology.ts";

export interface ChosenSize {
  readonly name: string;
  readonly architecture: Architecture;
  /** Rate held for hours towards the internet, in Mbps; null for a size that headend's table lacks. */
  readonly internetMbps: number | null;
  readonly gpu: "nvidia" | null;
  /** The topology leaves it out; a host that runs keeps the one it began with. */
  readonly chosen: boolean;
}

/** Smallest size with an NVIDIA card whose encoder FFmpeg can use; a T4 carries about one ladder of nine (knowledge: sizing-and-cost 1). */
const GPU_SIZE = "g4dn.xlarge";

/**
 * Instance type of every host: the topology's, else the one that capacity chooses.
 * @throws Error for a transcoder on a burstable size, or an encoder that the size does not have
 */
export function hostSizes(topology: Topology, plan: Plan): ReadonlyMap<string, ChosenSize> {
  const estimated = new Map(capacity(topology, plan, { choose: true }).hosts.map((host) => [host.host, host.size]));
  const encoders = new Map<string, Set<string>>();
  for (const { encoder, transcoders } of plan.streams) {
    for (const tx of transcoders) encoders.set(tx, (encoders.get(tx) ?? new Set()).add(encoder.kind));
  }
  return new Map(plan.hosts.map((host) => {
    const kinds = [...encoders.get(host.name) ?? []].filter((kind) => kind !== "x264");
    const name = host.size ?? (kinds.includes("nvenc") ? GPU_SIZE : estimated.get(host.name));
    if (!name) throw new Error(`headend cannot choose a size for ${host.name}. Say one, e.g. ${GROUP[host.role]}: { ${host.region}: { size: c7g.large } }`);
    const facts = sizeFacts(name);
    if (host.role === "transcoder") refuse(host.name, name, host.region, kinds, facts?.nvidia ?? false);
    return [host.name, {
      name, architecture: architectureOf(name), internetMbps: facts === null ? null : internetMbps(facts), gpu: kinds.includes("nvenc") ? "nvidia" as const : null,
      // A host that gets a GPU changes its size for it.
      chosen: host.size === null && !kinds.includes("nvenc"),
    }];
  }));
}

const GROUP: Readonly<Record<Role, string>> = { multiplexer: "multiplexers", transcoder: "transcoders", distributor: "distributors" };

function refuse(host: string, size: string, region: string, kinds: readonly string[], nvidia: boolean): void {
  if (isBurstable(size)) throw new Error(`${host} is ${size}, which encodes on CPU credits and falls below real time when they are spent.\nUse another size, e.g. transcoders: { ${region}: { size: c7g.2xlarge } }`);
  for (const kind of kinds) {
    if (kind !== "nvenc") throw new Error(`${host} should encode with ${kind}, which no EC2 size offers. Use encoder: x264, or nvenc.`);
    if (!nvidia) throw new Error(`${host} should encode with nvenc, but ${size} has no NVIDIA card. Use a size of g4dn, g5 or g6, or encoder: x264.`);
  }
}

/** From the table, else from the name: Graviton families have a `g` after their number (c7g, m8gn). */
export function architectureOf(size: string): Architecture {
  return sizeFacts(size)?.architecture ?? (/^[a-z]+\d+g/.test(size) ? "arm" : "x86");
}
