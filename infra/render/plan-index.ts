import type { Host, Plan, StreamPlan } from "../plan/model.ts";
import type { Bundle, RenderedFile } from "./bundle.ts";
import { secretsIn } from "./markers.ts";

/** Look-ups over a plan, made once for rendering all hosts: each by itself would be hosts × streams. */
export class PlanIndex {
  readonly regionOf: ReadonlyMap<string, string>;
  readonly roleOf: ReadonlyMap<string, Host["role"]>;
  private readonly byTranscoder: ReadonlyMap<string, readonly StreamPlan[]>;
  private readonly byMultiplexer: ReadonlyMap<string, readonly StreamPlan[]>;
  private readonly byDistributor: ReadonlyMap<string, readonly StreamPlan[]>;
  private readonly mentioned = new Map<RenderedFile, readonly string[]>();
  private readonly peers = new Map<readonly string[], Bundle["peers"]>();
  private readonly made = new Map<object, Map<string, unknown>>();

  constructor(private readonly plan: Plan) {
    this.regionOf = new Map(plan.hosts.map((h) => [h.name, h.region]));
    this.roleOf = new Map(plan.hosts.map((h) => [h.name, h.role]));
    this.byTranscoder = group(plan.streams, (s) => s.transcoders);
    this.byMultiplexer = groupByList(plan.streams, (s) => [...new Set(s.publish.map((p) => p.multiplexers))]);
    this.byDistributor = groupByList(plan.streams, (s) => [s.distributors]);
  }

  /** Secrets that a file mentions; files shared by hosts are read once. */
  secretsOf(file: RenderedFile): readonly string[] {
    const names = this.mentioned.get(file) ?? secretsIn(file.content);
    this.mentioned.set(file, names);
    return names;
  }

  /** Tells what a file mentions, where its maker knows it without reading megabytes. */
  mentions(file: RenderedFile, names: readonly string[]): RenderedFile {
    this.mentioned.set(file, names);
    return file;
  }

  /** Names and addresses of a host's peers; hosts with equal neighbours share them. */
  peersOf(host: Host): Bundle["peers"] {
    const peers = this.peers.get(host.peers) ?? host.peers.map((peer) => ({ host: peer, address: `${peer}.${this.plan.internalDomain}` }));
    this.peers.set(host.peers, peers);
    return peers;
  }

  /** Streams a transcoder carries. */
  carriedBy(transcoder: string): readonly StreamPlan[] { return this.byTranscoder.get(transcoder) ?? []; }
  /** Streams whose publishers may come to a multiplexer. Multiplexers of the same streams share the array. */
  ingestedBy(multiplexer: string): readonly StreamPlan[] { return this.byMultiplexer.get(multiplexer) ?? []; }
  /** Streams a distributor serves. Distributors of the same streams share the array. */
  servedBy(distributor: string): readonly StreamPlan[] { return this.byDistributor.get(distributor) ?? []; }

  /** What `make` gives for an object of the plan and a name, made once: text that many hosts carry. */
  shared<T>(object: object, name: string, make: () => T): T {
    const known = this.made.get(object) ?? new Map<string, unknown>();
    this.made.set(object, known);
    if (!known.has(name)) known.set(name, make());
    return known.get(name) as T;
  }
}

function group(streams: readonly StreamPlan[], hostsOf: (stream: StreamPlan) => readonly string[]): Map<string, StreamPlan[]> {
  const groups = new Map<string, StreamPlan[]>();
  for (const stream of streams) {
    for (const host of hostsOf(stream)) {
      const list = groups.get(host);
      if (list) list.push(stream);
      else groups.set(host, [stream]);
    }
  }
  return groups;
}

/** As `group`, where nearly all streams have the very same list of hosts: then those hosts get the very same list of streams. */
function groupByList(streams: readonly StreamPlan[], listsOf: (stream: StreamPlan) => readonly (readonly string[])[]): Map<string, readonly StreamPlan[]> {
  const lists = new Set(streams.flatMap(listsOf));
  if (lists.size > 1) return group(streams, (stream) => [...new Set(listsOf(stream).flat())]);
  return new Map([...lists].flatMap((hosts) => hosts.map((host) => [host, streams])));
}
