import { DescribeImagesCommand, EC2Client } from "@aws-sdk/client-ec2";
import type { Architecture } from "../../infra/plan/capacity/sizes.ts";
import { hostSizes } from "../../infra/targets/aws/sizes.ts";
import { CliError } from "./lib/errors.ts";
import { note, print } from "./lib/output.ts";
import { openStack, type Stack } from "./lib/stack.ts";
import { loadAndPlan } from "./lib/topology.ts";

/** Debian's own account, which publishes the official images (wiki.debian.org/Cloud/AmazonEC2Image). */
const DEBIAN = "136693071363";
const ARCHITECTURE: Readonly<Record<Architecture, { readonly name: string; readonly ec2: string }>> = { arm: { name: "arm64", ec2: "arm64" }, x86: { name: "amd64", ec2: "x86_64" } };

export interface AmiOptions { readonly stack: string; readonly write?: boolean; readonly json?: boolean }
export interface Proposal { readonly place: string; readonly pinned: string | null; readonly newest: string; readonly name: string }

/** Newest image of a list by its creation date; null for an empty one. */
export function newestImage(images: readonly { readonly ImageId?: string | undefined; readonly Name?: string | undefined; readonly CreationDate?: string | undefined }[]): { readonly id: string; readonly name: string } | null {
  const [first] = images.filter((i) => i.ImageId).sort((a, b) => ((a.CreationDate ?? "") < (b.CreationDate ?? "") ? 1 : -1));
  return first?.ImageId ? { id: first.ImageId, name: first.Name ?? "" } : null;
}

/** `headend ami`: the newest Debian 13 image for each region and processor of a stack, beside the pinned one. @returns 0; 1 when there is a newer one and it was not written */
export async function ami(options: AmiOptions): Promise<number> {
  const stack = await openStack(options.stack);
  const config = await stack.config();
  const { loaded: { topology }, plan } = loadAndPlan(stack.topologyFile(config), stack.scale(config));
  const sizes = hostSizes(topology, plan);
  const places = new Map(plan.hosts.map((host) => {
    const region = topology.regions[host.region]?.aws;
    if (!region) throw new CliError(`The region ${host.region} does not say which AWS region it is.`, `Add it to the topology, e.g. regions: { ${host.region}: { aws: eu-central-1 } }`);
    const architecture = sizes.get(host.name)?.architecture ?? "arm";
    return [`${region}/${architecture}`, { region, architecture }] as const;
  }));
  const pinned = JSON.parse(config["images"] ?? "{}") as Record<string, string>;
  const proposals: Proposal[] = [];
  for (const [place, { region, architecture }] of [...places].sort()) {
    const found = await newest(region, architecture);
    proposals.push({ place, pinned: pinned[place] ?? null, newest: found.id, name: found.name });
  }
  const news = proposals.filter((p) => p.pinned !== p.newest);
  if (options.json) print(JSON.stringify(proposals, null, 2));
  else for (const p of proposals) print(`${p.place}  ${p.newest}  ${p.name}  ${p.pinned === null ? "none is pinned yet" : p.pinned === p.newest ? "pinned" : `pinned: ${p.pinned}`}`);
  if (options.write) return write(stack, news);
  if (news.length === 0) return 0;
  note(`Pin them: npx headend ami --stack ${stack.name} --write\nThe next \`up\` then replaces the hosts concerned: distributors one after the other, a multiplexer or transcoder once its new host serves.`);
  return 1;
}

async function newest(region: string, architecture: Architecture): Promise<{ readonly id: string; readonly name: string }> {
  const { name, ec2 } = ARCHITECTURE[architecture];
  let images;
  try {
    ({ Images: images } = await new EC2Client({ region }).send(new DescribeImagesCommand({
      Owners: [DEBIAN], Filters: [{ Name: "name", Values: [`debian-13-${name}-*`] }, { Name: "architecture", Values: [ec2] }, { Name: "state", Values: ["available"] }],
    })));
  } catch (error) {
    throw new CliError(`AWS could not be asked for images in ${region}: ${error instanceof Error ? error.message : String(error)}`, "Give credentials as for the aws command, e.g. AWS_PROFILE=… or `aws configure`.");
  }
  const found = newestImage(images ?? []);
  if (found === null) throw new CliError(`Debian publishes no image for ${architecture} in ${region}.`, `Pin one of your own: pulumi config set --path 'headend:images["${region}/${architecture}"]' ami-…`);
  return found;
}

async function write(stack: Stack, news: readonly Proposal[]): Promise<number> {
  for (const { place, newest: image } of news) await stack.setConfig(`headend:images["${place}"]`, image, { path: true });
  note(news.length === 0 ? "Nothing to write: all are the newest." : `Pinned ${news.map((p) => p.place).join(", ")} in stack ${stack.name}. See what that replaces: npx headend preview --stack ${stack.name}`);
  return 0;
}

