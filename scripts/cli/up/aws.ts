import type { Architecture } from "../../../infra/plan/capacity/sizes.ts";
import type { Plan } from "../../../infra/plan/model.ts";
import type { LoadedTopology } from "../../../infra/spec/topology.ts";
import { hostSizes } from "../../../infra/targets/aws/sizes.ts";
import { ensureAwsPrograms } from "../../setup/index.ts";
import { ROOT } from "../lib/places.ts";

/** CloudFront's edges learn of a new distribution in minutes; a certificate waits for names to spread. */
export const AWS_PLAYABLE_WITHIN_MS = 20 * 60_000;

/** Processors that a topology's hosts have on AWS. */
export function awsArchitectures({ topology }: Pick<LoadedTopology, "topology">, plan: Plan): Architecture[] {
  return [...new Set([...hostSizes(topology, plan).values()].map((size) => size.architecture))].sort();
}

/** Builds what hosts install at boot, where it is not there yet: some minutes the first time. */
export async function prepareAwsPrograms(loaded: Pick<LoadedTopology, "topology">, plan: Plan): Promise<void> {
  await ensureAwsPrograms({ root: ROOT, architectures: awsArchitectures(loaded, plan) });
}
