import type { Stream, Topology } from "../../spec/topology.ts";
import type { Capacity } from "../capacity/capacity.ts";
import type { CostEstimate } from "../cost/estimate.ts";
import type { PriceList } from "../cost/prices.ts";
import type { Finding, Host, StreamPlan } from "../model.ts";

/** The certificate that a stack was given for the topology's domain. */
export interface CertificateFacts {
  /** DNS names it is for; "*.example.org" stands for one label. */
  readonly names: readonly string[];
  /** Epoch milliseconds of its end. */
  readonly endsMs: number;
}

/** What a rule may read. Never the clock: `nowMs` is null where there is none, and rules that need it find nothing then. */
export interface LintContext {
  readonly topology: Topology;
  readonly hosts: readonly Host[];
  /** In the order of their names; every stream of the topology has one. */
  readonly streams: readonly StreamPlan[];
  /** Epoch milliseconds. */
  readonly nowMs: number | null;
  /** Topologies that are checked along with this one. */
  readonly others: readonly Topology[];
  /** Null where no certificate is known. */
  readonly certificate: CertificateFacts | null;
  /** Demand of every host against its size; computed when a rule first asks. */
  readonly capacity: () => Capacity;
  /** What costs are estimated with. */
  readonly prices: PriceList;
  /** Computed when a rule first asks. Null where no region is on AWS: what an own machine costs is not known. */
  readonly cost: () => CostEstimate | null;
}

/** One thing a rule found: where in the topology, and what about it. */
export interface Found {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** Instead of the rule's own, where the numbers at hand allow a better one. */
  readonly fix?: string;
}

/** One row of the table. `source` says where the rule's numbers come from; a rule without one does not get in. */
export interface Rule {
  /** "HE" and three digits; never given to another rule. */
  readonly id: string;
  readonly severity: Finding["severity"];
  /** One line, without names of the topology at hand. */
  readonly title: string;
  readonly reason: string;
  readonly fix: string;
  readonly source: string;
  /** The line it points at may hold a key, so it is never quoted. */
  readonly hidesLine?: true;
  readonly check: (context: LintContext) => readonly Found[];
}

/** What a rule sees of one stream. */
export interface StreamView {
  readonly name: string;
  readonly spec: Stream;
  readonly plan: StreamPlan;
  /** Path of a part of the stream. */
  readonly at: (...steps: (string | number)[]) => (string | number)[];
}

type StreamFound = Found | null | false | readonly Found[];

/** Views of a context's streams, made once for all rules: thirty rules look at 5,000 streams within a plan's one second. */
const views = new WeakMap<LintContext, readonly StreamView[]>();

function viewsOf(context: LintContext): readonly StreamView[] {
  const known = views.get(context);
  if (known) return known;
  const made = context.streams.flatMap((plan): StreamView[] => {
    const spec = context.topology.streams[plan.name];
    return spec ? [{ name: plan.name, spec, plan, at: (...steps) => ["streams", plan.name, ...steps] }] : [];
  });
  views.set(context, made);
  return made;
}

/** A check that looks at one stream at a time. */
export function eachStream(check: (stream: StreamView, context: LintContext) => StreamFound): Rule["check"] {
  return (context) => {
    const all: Found[] = [];
    for (const view of viewsOf(context)) {
      const found = check(view, context);
      if (found === null || found === false) continue;
      if ("path" in found) all.push(found);
      else all.push(...found);
    }
    return all;
  };
}
