import type { Topology } from "../spec/topology.ts";
import { capacity, type Capacity } from "./capacity/capacity.ts";
import { estimate, type CostEstimate, type CostOptions } from "./cost/estimate.ts";
import { PRICES, type PriceList } from "./cost/prices.ts";
import type { Plan } from "./model.ts";

/** Capacity and costs of a plan, each worked out when first asked for: figures, findings and explanations read the very same numbers. */
export class Readings {
  private held: Capacity | undefined;
  private costs: CostEstimate | undefined;

  /** @param known prices and measurements of the user's own */
  constructor(readonly topology: Topology, readonly plan: Pick<Plan, "hosts" | "streams">, readonly known: CostOptions = {}) {}

  get capacity(): Capacity { return this.held ??= capacity(this.topology, this.plan, { calibration: this.known.calibration }); }
  get cost(): CostEstimate { return this.costs ??= estimate(this.topology, this.plan, this.known); }
  get prices(): PriceList { return this.known.prices ?? PRICES; }
}
