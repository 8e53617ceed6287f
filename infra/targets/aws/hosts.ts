import type { Instance } from "@pulumi/aws/ec2/instance.js";
import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Role } from "../../plan/model.ts";
import { internetMbps, LINK_USE, sizeFacts } from "../../plan/capacity/sizes.ts";
import { directViewers } from "../../plan/capacity/demand.ts";
import { applied, architecture } from "./applied.ts";
import type { Balancer } from "./balancer.ts";
import { DRAIN_SECONDS } from "./balancer.ts";
import type { AwsContext } from "./context.ts";
import type { AcmeOrder, Expectation, HostPointer } from "./contract.ts";
import { DistributorGroup, groupName } from "./distributor-group.ts";
import type { InternalNames, PublicZone } from "./dns.ts";
import { HostConfig } from "./host-config.ts";
import { Identity } from "./identity.ts";
import type { HostInstanceArgs } from "./instance.ts";
import type { Member } from "./members.ts";
import { IngestAddress, Multiplexer, Transcoder } from "./multiplexer.ts";
import type { Network } from "./network.ts";
import { certificateNames, type PublicNames } from "./public-names.ts";
import { multiplexerDiskGb, recordedDays, type Recordings, SYSTEM_GB } from "./recordings.ts";
import type { SecurityGroups } from "./security-groups.ts";
import type { Store } from "./store.ts";

export interface HostsArgs {
  readonly context: AwsContext;
  readonly root: string;
  readonly members: readonly Member[];
  readonly store: Store;
  readonly recordings: Recordings | null;
  readonly logs: readonly pulumi.Resource[];
  readonly networks: ReadonlyMap<string, Network>;
  readonly groups: ReadonlyMap<string, SecurityGroups>;
  readonly balancers: ReadonlyMap<string, Balancer>;
  readonly internal: InternalNames;
  readonly zone: PublicZone;
  readonly names: PublicNames;
  /** Value of a secret of a bundle. */
  readonly secretOf: (name: string) => pulumi.Input<string>;
  readonly digestKey: string;
}

/** A multiplexer must find its transcoders ready, a distributor too: so an edit passes through the roles in this order. */
const ORDER: readonly Role[] = ["transcoder", "multiplexer", "distributor"];

/** Every host with its identity, configuration and machine, and what waits for their reports. */
export class Hosts {
  readonly instances = new Map<string, Instance>();
  readonly distributors = new Map<string, DistributorGroup>();
  readonly addresses = new Map<string, IngestAddress>();
  /** Known when every host has reported. */
  readonly settled: pulumi.Output<unknown>;

  constructor(private readonly args: HostsArgs, private readonly opts: pulumi.ComponentResourceOptions) {
    const { context, members, store, root } = args;
    const done: pulumi.Resource[] = [];
    for (const role of ORDER) {
      const own = members.filter((m) => m.role === role);
      if (own.length === 0) continue;
      const hosts = own.map((member) => this.host(member, [...done]));
      const waited = applied(`${role}s-applied`, context, store, root, hosts, { ...providers(opts) });
      done.push(waited, ...hosts.flatMap(({ member }) => this.takeOver(member, waited)));
    }
    this.settled = pulumi.all(done.map((resource) => resource.urn));
  }

  private host(member: Member, after: readonly pulumi.Resource[]): { member: Member; config: HostConfig; who: pulumi.Input<Expectation["who"]> } {
    const { context, store, recordings, names } = this.args;
    const group = member.group === null ? null : groupName(context, member);
    const certified = certificateNames(names, member.host);
    const acme: pulumi.Output<AcmeOrder> | null = context.settings.certificates === "acme" && certified.length > 0
      ? this.args.zone.zoneId.apply((zoneId) => ({ ...context.settings.acme, names: certified, zoneId })) : null;
    const records = member.role === "multiplexer" && recordings !== null && this.records(member);
    const identity = new Identity({ context, member, storeArn: store.arn, recordingsArn: records ? recordings.arn : null, group, acme }, this.opts);
    const address = member.role === "multiplexer" ? new IngestAddress(context, member, this.opts) : null;
    if (address) this.addresses.set(member.key, address);
    const wanted = member.bundle.secrets.filter((name) => acme === null || !name.startsWith("tls/"));
    const config = new HostConfig({
      context, member, store, programs: store.programsSha256(architecture(context, member)), digestKey: this.args.digestKey,
      secrets: Object.fromEntries(wanted.map((name) => [name, this.args.secretOf(name)])), publicAddress: address?.publicIp ?? null,
      recordings: records ? recordings.place : null, group: group === null ? null : { name: group, drainSeconds: DRAIN_SECONDS } satisfies HostPointer["group"], acme, after,
    }, this.opts);
    return { member, config, who: this.machine(member, identity) };
  }

  private records(member: Member): boolean {
    const recorded = recordedDays(this.args.context);
    return this.args.context.plan.streams.some((s) => recorded.has(s.name) && s.publish.some((p) => p.multiplexers.includes(member.host.name)));
  }

  private machine(member: Member, identity: Identity): pulumi.Input<Expectation["who"]> {
    const { context, store, logs } = this.args;
    const network = this.network(member.region);
    const after = [...store.bootable, identity.ready, ...logs];
    const groupId = this.groupsOf(member.region).id(member.role);
    const base = { context, member, store, profile: identity.profile, groupId, after };
    if (member.role === "distributor") {
      const balancer = this.args.balancers.get(member.region);
      if (!balancer) throw new Error(`no load balancer in ${member.region}`);
      const made = new DistributorGroup({ ...base, diskGb: SYSTEM_GB, subnetIds: network.subnetsOf("distributor"), targetGroupArn: balancer.targetGroupArn, needed: neededDistributors(context, member) }, this.opts);
      this.distributors.set(member.key, made);
      return made.group.name.apply((name) => ({ group: name }));
    }
    const single: HostInstanceArgs = { ...base, subnetId: network.subnet(member.role, member.host.zone), ...(member.role === "multiplexer"
      ? { diskGb: multiplexerDiskGb(context, member.region), diskWritten: (context.topology.multiplexers[member.region]?.diskGb ?? null) !== null } : { diskGb: SYSTEM_GB, diskWritten: false }) };
    const { instance } = member.role === "multiplexer" ? new Multiplexer(single, this.opts) : new Transcoder(single, this.opts);
    this.instances.set(member.key, instance);
    return instance.id.apply((id) => ({ instance: id }));
  }

  /** Leads names and addresses to an instance that serves. */
  private takeOver(member: Member, serves: command.local.Command): pulumi.Resource[] {
    const instance = this.instances.get(member.key);
    if (!instance) return [];
    return [this.args.internal.name(member.host, instance, [serves]), ...[this.addresses.get(member.key)].flatMap((address) => (address ? [address.leadTo(instance, serves)] : []))];
  }

  private network(region: string): Network {
    const found = this.args.networks.get(region);
    if (!found) throw new Error(`no network in ${region}`);
    return found;
  }

  private groupsOf(region: string): SecurityGroups {
    const found = this.args.groups.get(region);
    if (!found) throw new Error(`no security groups in ${region}`);
    return found;
  }
}

/** Distributors that the expected viewers of a region need by their link; the CDN's own requests need no more than the least number. */
export function neededDistributors(context: Pick<AwsContext, "topology" | "plan" | "sizes">, member: Member): number {
  const mbps = directViewers(context.topology, context.plan).get(member.region)?.mbps ?? 0;
  const facts = sizeFacts(context.sizes.get(member.host.name)?.name ?? "");
  const each = facts === null ? null : internetMbps(facts);
  return each === null ? member.group?.max ?? 1 : Math.ceil(mbps / (each * LINK_USE));
}

function providers(opts: pulumi.ComponentResourceOptions): pulumi.CustomResourceOptions {
  return opts.parent ? { parent: opts.parent } : {};
}
