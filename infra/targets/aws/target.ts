import { getCallerIdentityOutput } from "@pulumi/aws/getCallerIdentity.js";
import { Provider } from "@pulumi/aws/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { nowMs } from "../../clock.ts";
import type { Architecture } from "../../plan/capacity/sizes.ts";
import { EDGE_LOCK_SECRET } from "../../plan/secrets.ts";
import type { Deployed, Deploying, Deployment, Target } from "../target.ts";
import { bundleAddresses, publicAddresses } from "./addresses.ts";
import { alarmPlans, goneAlarm } from "./alarms.ts";
import { Balancer } from "./balancer.ts";
import { Cdn } from "./cdn.ts";
import { cdnPlan } from "./cdn-plan.ts";
import { hostCertificates } from "./certificates.ts";
import { type AwsContext, regionOf } from "./context.ts";
import { IngestNames, InternalNames, PublicZone } from "./dns.ts";
import { bootstrapScript, findPrograms } from "./host-side.ts";
import { Hosts } from "./hosts.ts";
import { requireImages } from "./instance.ts";
import { type Member, members } from "./members.ts";
import { Network, Peering } from "./network.ts";
import { networkPlan } from "./network-plan.ts";
import { awsOnAir } from "./on-air.ts";
import { publicNames, type PublicNames } from "./public-names.ts";
import { recordedDays, Recordings } from "./recordings.ts";
import { GLOBAL_REGION } from "./regions.ts";
import { SecurityGroups } from "./security-groups.ts";
import { awsSettings } from "./settings.ts";
import { hostSizes } from "./sizes.ts";
import { awsFacts } from "./facts.ts";
import { Store } from "./store.ts";
import { AccessLogs, alarm, Logs, Topics, Watch } from "./watch.ts";

/** EC2, S3, Route 53 and CloudFront: a network in each region, instances that follow the store, a CDN in front. */
export const awsTarget: Target = {
  kind: "aws",
  locksEdge: true,
  onAir: (_stack, multiplexers, outputs) => awsOnAir(multiplexers, outputs["store"] as Deployed["store"]),
  deploy(deployment: Deployment): Deploying {
    const provider = new Provider("aws", { region: homeRegion(deployment), defaultTags: { tags: tags(deployment) } });
    const opts = { providers: { aws: provider } };
    const context = awsContext(deployment, getCallerIdentityOutput({}, { provider }).accountId);
    const { plan, topology, network } = context;
    const names = publicNames(topology, plan, context.domain);
    const own = members(topology, plan, deployment.bundles, bundleAddresses(topology, plan, names));
    requireImages(context, own);

    const networks = new Map(network.regions.map((region) => [region.key, new Network(region, context, opts)]));
    for (const [a, b] of network.peerings) new Peering(known(networks, a.key), known(networks, b.key), context, opts);
    const groups = new Map([...networks].map(([key, made]) => [key, new SecurityGroups(made, context, opts)]));
    const store = new Store("store", {
      context, seed: deployment.secretValue("aws/store"), bootstrap: bootstrapScript(), programs: programs(context, own, deployment.settings.root),
    }, opts);
    const recordings = recordedDays(context).size === 0 ? null : new Recordings("recordings", context, opts);
    const logs = new Logs(context, opts);
    const internal = new InternalNames(context, [...networks.values()], opts);
    const zone = new PublicZone(context, opts);
    const certificates = hostCertificates(plan, names, context.settings, deployment.settings.certificate);
    const balancers = new Map(own.filter((m) => m.group !== null).map(({ region }) => [region, new Balancer(region, context, known(networks, region), known(groups, region).id("edge"), opts)]));
    const hosts = new Hosts({
      context, root: deployment.settings.root, members: own, store, recordings, logs: logs.groups, networks, groups, balancers, internal, zone, names,
      digestKey: deployment.secretValue("aws/digest"), secretOf: (name) => secret(deployment, certificates.pair, name),
    }, opts);
    const cdn = viewerNames(context, deployment, zone, names, balancers, opts);
    const topics = new Topics(context, [...network.regions.map((r) => r.aws), GLOBAL_REGION], opts);
    const ingest = ingestNames(context, own, hosts, zone, names, topics, opts);
    if (cdn) new AccessLogs(context, cdn.distribution.arn, opts);
    new Watch(context, topics, alarmPlans(context, own, {
      instances: mapped(hosts.instances, (instance) => instance.id), groups: mapped(hosts.distributors, ({ group }) => group.name),
      distribution: cdn?.distribution.id ?? null, healthChecks: mapped(ingest.checks, (check) => check.id),
    }, (member) => regionOf(context, member.region).aws), opts);

    const outputs: Deployed = {
      ...publicAddresses(topology, plan, names),
      hosts: Object.fromEntries(own.map((m) => [m.key, { role: m.role, region: regionOf(context, m.region).aws, ports: Object.fromEntries(m.host.listeners.map((l) => [l.name, l.port])) }])),
      ca: certificates.ca,
      store: { bucket: store.bucket, region: store.region },
      ...(cdn?.signing ? { signing: { keyPairId: cdn.signing.keyPairId, privateKey: pulumi.secret(cdn.signing.privateKey) } } : {}),
      ...(zone.nameServers ? { nameServers: zone.nameServers } : {}),
    };
    return { outputs, settled: hosts.settled };
  },

  made(deployment: Deployment) {
    return awsFacts(awsContext(deployment, pulumi.output("")), deployment);
  },
};

function awsContext({ stack, topology, plan, config }: Deployment, account: pulumi.Output<string>): AwsContext {
  const { domain } = topology;
  if (domain === null) throw new Error("The aws target needs a name for publishers and viewers, and this topology has none.\nAdd it to the topology, e.g. domain: live.example.org");
  const settings = awsSettings(config, process.env);
  const network = networkPlan(topology, plan, settings.availabilityZones);
  const [home] = network.regions;
  if (!home) throw new Error("The topology has no hosts.");
  return { stack, topology, plan, domain, network, sizes: hostSizes(topology, plan), settings, account, home, now: nowMs() };
}

function homeRegion({ topology, plan }: Deployment): string {
  const used = new Set(plan.hosts.map((h) => h.region));
  const region = Object.entries(topology.regions).find(([key, { aws }]) => used.has(key) && aws !== null)?.[1].aws;
  if (!region) throw new Error("No region of the topology says which AWS region it is. Add it, e.g. regions: { eu: { aws: eu-central-1, zones: 2 } }");
  return region;
}

/** On everything: what bills, budgets and people look for. */
function tags({ stack, plan }: Deployment): Record<string, string> {
  return { "headend-stack": stack, "headend-topology": plan.name };
}

function programs(context: AwsContext, own: readonly Member[], root: string): Map<Architecture, ReturnType<typeof findPrograms>> {
  const architectures = new Set(own.map((m) => context.sizes.get(m.host.name)?.architecture ?? "arm"));
  return new Map([...architectures].sort().map((architecture) => {
    const archive = findPrograms(root, architecture);
    if (archive === null && !pulumi.runtime.isDryRun()) throw new Error(`The programs for ${architecture} hosts are not built on this machine, so nothing was changed.\nBuild them: npx headend setup --aws ${architecture}`);
    return [architecture, archive];
  }));
}

function secret(deployment: Deployment, pair: { readonly chain: pulumi.Input<string>; readonly key: pulumi.Input<string> } | null, name: string): pulumi.Input<string> {
  if (pair && name === "tls/server.crt") return pair.chain;
  if (pair && name === "tls/server.key") return pair.key;
  return deployment.secretValue(name);
}

/** Names that viewers use: the CDN's, and the regions' own. */
function viewerNames(context: AwsContext, deployment: Deployment, zone: PublicZone, names: PublicNames, balancers: ReadonlyMap<string, Balancer>, opts: pulumi.ComponentResourceOptions): Cdn | null {
  const plan = cdnPlan(context.topology, context.plan);
  for (const [region, balancer] of balancers) {
    zone.alias(names.originOf.get(region) ?? "", "A", { name: balancer.dnsName, zoneId: balancer.zoneId, health: true }, balancer);
    const direct = plan === null ? names.viewer : names.edge;
    if (direct !== null) zone.nearest(direct, region, balancer, balancer);
  }
  return plan === null ? null : new Cdn({ context, cdn: plan, zone, names, lock: deployment.secretValue(EDGE_LOCK_SECRET) }, opts);
}

function ingestNames(context: AwsContext, own: readonly Member[], hosts: Hosts, zone: PublicZone, names: PublicNames, topics: Topics, opts: pulumi.ComponentResourceOptions): IngestNames {
  const targets = own.flatMap((member) => {
    const instance = hosts.instances.get(member.key);
    const address = hosts.addresses.get(member.key);
    if (!instance || !address) return [];
    const gone = alarm(context, topics, goneAlarm(member, regionOf(context, member.region).aws, instance.id), address);
    return [{ member, instance, publicIp: address.publicIp, gone: gone.name }];
  });
  return new IngestNames(context, zone, names, targets, opts);
}

function known<T>(map: ReadonlyMap<string, T>, key: string): T {
  const found = map.get(key);
  if (found === undefined) throw new Error(`nothing was made for ${key}`);
  return found;
}

function mapped<A, B>(map: ReadonlyMap<string, A>, of: (value: A) => B): Map<string, B> {
  return new Map([...map].map(([key, value]) => [key, of(value)]));
}
