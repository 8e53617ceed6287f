import type { Host, Plan, StreamPlan } from "../plan/model.ts";
import type { RenderedFile } from "./bundle.ts";
import { secretsIn } from "./markers.ts";

/** Text that several distributors share. */
export interface SharedText { readonly nginx: readonly RenderedFile[]; readonly list: RenderedFile }

/** Look-ups over a plan, made once for rendering all hosts: each by itself would be hosts × streams. */
export class PlanIndex {
  readonly regionOf: ReadonlyMap<string, string>;
  readonly roleOf: ReadonlyMap<string, Host["role"]>;
  private readonly byTranscoder: ReadonlyMap<string, readonly StreamPlan[]>;
  private readonly byMultiplexer: ReadonlyMap<string, readonly StreamPlan[]>;
  private readonly byDistributor: ReadonlyMap<string, readonly StreamPlan[]>;
  private readonly mentioned = new WeakMap<RenderedFile, readonly string[]>();
  private readonly texts = new Map<string, SharedText>();

  constructor(private readonly plan: Plan) {
    this.regionOf = new Map(plan.hosts.map((h) => [h.name, h.region]));
    this.roleOf = new Map(plan.hosts.map((h) => [h.name, h.role]));
    this.byTranscoder = group(plan.streams, (s) => s.transcoders);
    this.byMultiplexer = group(plan.streams, (s) => [...new Set(s.publish.flatMap((p) => p.multiplexers))]);
    this.byDistributor = group(plan.streams, (s) => s.distributors);
  }

  /** Secrets that a file mentions; files shared by hosts are read once. */
  secretsOf(file: RenderedFile): readonly string[] {
    const names = this.mentioned.get(file) ?? secretsIn(file.content);
    this.mentioned.set(file, names);
    return names;
  }

  /** Streams a transcoder carries. */
  carriedBy(transcoder: string): readonly StreamPlan[] { return this.byTranscoder.get(transcoder) ?? []; }
  /** Streams whose publishers may come to a multiplexer. */
  ingestedBy(multiplexer: string): readonly StreamPlan[] { return this.byMultiplexer.get(multiplexer) ?? []; }
  /** Streams a distributor serves. */
  servedBy(distributor: string): readonly StreamPlan[] { return this.byDistributor.get(distributor) ?? []; }

  /** One text for all distributors of a region that serve every stream; others get their own. */
  shared(served: readonly StreamPlan[], region: string, make: () => SharedText): SharedText {
    if (served.length !== this.plan.streams.length) return make();
    const text = this.texts.get(region) ?? make();
    this.texts.set(region, text);
    return text;
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
