import type { LoadedTopology } from "../../spec/topology.ts";
import type { CostOptions } from "../cost/estimate.ts";
import type { Plan } from "../model.ts";
import { Context, linkBetween } from "./context.ts";
import { explainCost } from "./cost.ts";
import { locate, type Answer, type Explanation } from "./explanation.ts";
import { explainFinding } from "./finding.ts";
import { explainCapacity, explainHost } from "./hosts.ts";
import { explainLink, explainPort, findListener } from "./ports.ts";
import { explainPublisher, explainRung, explainSecret, explainStream } from "./streams.ts";
import { namesOf, unknown, type Kind } from "./thing.ts";

/** Answers about one plan. */
export class Explainer {
  private readonly context: Context;
  /** @param known prices and measurements of the user's own */
  constructor(private readonly loaded: LoadedTopology, plan: Plan, private readonly nowMs: number | null = null, known: CostOptions = {}) {
    this.context = new Context(loaded.topology, plan, known);
  }

  /** Names that {@link explain} takes for a kind. */
  names(kind: Kind): Iterable<string> { return namesOf(kind, this.context); }

  /**
   * Which lines of the topology a thing comes from, which rule of the planner made it, and the calculations behind it. Several
   * answers where a name stands for several things (a cost item, a finding). Pure.
   * @throws UnknownThing
   */
  explain(kind: Kind, name: string): Explanation[] {
    return this.answers(kind, name).map((answer) => locate(answer, this.loaded));
  }

  private answers(kind: Kind, name: string): Answer[] {
    const { context } = this;
    const [left = "", right = ""] = name.split("@");
    const found = ((): Answer | Answer[] | null => {
      switch (kind) {
        case "port": case "rule": { const at = findListener(context, left, right); return at && explainPort(context, at.host, at.listener, kind); }
        case "host": { const host = context.host(name); return host ? explainHost(context, host) : null; }
        case "capacity": { const host = context.host(name); return host ? explainCapacity(context, host) : null; }
        case "link": { const [a = "", b = ""] = name.split(/\s*(?:→|->|\s|:)\s*/); const link = linkBetween(context, a, b); return link && explainLink(context, link); }
        case "stream": { const stream = context.stream(name); return stream ? explainStream(context, stream) : null; }
        case "publisher": { const stream = context.stream(right); const path = stream?.publish.find((p) => p.publisher === left); return stream && path ? explainPublisher(stream, path) : null; }
        case "rung": { const stream = context.stream(right); const rung = stream?.renditions.find((r) => r.name === left); return stream && rung ? explainRung(context, stream, rung) : null; }
        case "secret": { const secret = context.plan.secrets.find((s) => s.name === name); return secret ? explainSecret(secret) : null; }
        case "cost": return explainCost(context, name);
        case "finding": return explainFinding(this.loaded, context, name, this.nowMs);
      }
    })();
    if (found === null || (Array.isArray(found) && found.length === 0)) throw unknown(kind, name, context);
    return Array.isArray(found) ? found : [found];
  }
}
