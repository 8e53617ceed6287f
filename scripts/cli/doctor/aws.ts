import { awsArchitectures } from "../up/aws.ts";
import { findPrograms } from "../../../infra/targets/aws/host-side.ts";
import { pinnedImage } from "../../../infra/targets/aws/settings.ts";
import { hostSizes } from "../../../infra/targets/aws/sizes.ts";
import { ROOT } from "../lib/places.ts";
import type { Stack, StackConfig, StackOutputs } from "../lib/stack.ts";
import { loadAndPlan } from "../lib/topology.ts";
import { playStreams } from "../status/aws.ts";
import { CREDENTIALS, readAwsHosts } from "../status/aws-store.ts";
import { bad, type Finding, good, STALE_SECONDS, warning } from "./finding.ts";

/** What a stack on AWS needs of this machine, and how its hosts and streams are. Docker is not asked for. */
export async function awsFindings(stack: Stack, config: StackConfig, outputs: StackOutputs | null): Promise<Finding[]> {
  const ahead = [...images(stack, config), ...programs(stack, config)];
  if (outputs === null) return [...ahead, warning("stack", `${stack.name} is not deployed`, `npx headend preview --stack ${stack.name}, then npx headend up --stack ${stack.name}`)];
  const [read, streams] = await Promise.all([readAwsHosts(outputs), playStreams(outputs)]);
  const hosts = "problem" in read ? [warning("hosts", read.problem, CREDENTIALS)] : read.hosts.map((h): Finding => {
    const name = h.instance === null ? h.host : `${h.host} (${h.instance})`;
    const console = `See what it says: aws ec2 get-console-output --latest --output text --instance-id ${h.instance ?? "ID"}`;
    if (h.state === "in force") return good(name, `its configuration is in force since ${h.reported}`);
    if (h.state === "refused") return bad(name, `refused its configuration and runs the one before: ${h.message}`, `Mend the topology, then: npx headend up --stack ${stack.name}`);
    return warning(name, h.state === "behind" ? "has not answered to its newest configuration yet" : h.message, `Give it a minute, then: npx headend up --stack ${stack.name}\n${console}`);
  });
  return [...ahead, ...hosts, ...streams.map(({ name, played }): Finding => {
    if (played === null) return good(name, "not tried: WHEP, or a viewer's cookie is needed");
    if (!played.ok) return bad(name, `does not play from here: ${played.reason}`, "Right after the first `up`, names and the CDN need some minutes to spread. Else the hosts' lines above say more.");
    if (played.ageSeconds !== null && played.ageSeconds > STALE_SECONDS) return bad(name, `its newest segment is ${played.ageSeconds.toFixed(0)} s old`, `The encoder has stopped: log group /headend/${stack.name}/transcoder says why.`);
    return good(name, "plays");
  })];
}

function images(stack: Stack, config: StackConfig): Finding[] {
  const { loaded: { topology }, plan } = loadAndPlan(stack.topologyFile(config), stack.scale(config));
  const pinned = JSON.parse(config["images"] ?? "{}") as Record<string, string>, sizes = hostSizes(topology, plan);
  const missing = [...new Set(plan.hosts.flatMap((host) => {
    const region = topology.regions[host.region]?.aws ?? "", architecture = sizes.get(host.name)?.architecture ?? "arm";
    return pinnedImage({ images: pinned }, region, architecture) === null ? [`${region}/${architecture}`] : [];
  }))].sort();
  return [missing.length === 0 ? good("machine images", "pinned") : warning("machine images", `none is pinned for ${missing.join(", ")}, so that nothing can be deployed`, `npx headend ami --stack ${stack.name} --write`)];
}

function programs(stack: Stack, config: StackConfig): Finding[] {
  const { loaded, plan } = loadAndPlan(stack.topologyFile(config), stack.scale(config));
  return awsArchitectures(loaded, plan).map((architecture) => (findPrograms(ROOT, architecture) === null
    ? warning(`programs for ${architecture} hosts`, "not built yet", `npx headend up builds them; ahead of it: npx headend setup --aws ${architecture}`) : good(`programs for ${architecture} hosts`, "built")));
}
