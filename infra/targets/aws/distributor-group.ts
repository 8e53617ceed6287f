import { Group } from "@pulumi/aws/autoscaling/group.js";
import { LifecycleHook } from "@pulumi/aws/autoscaling/lifecycleHook.js";
import { Policy } from "@pulumi/aws/autoscaling/policy.js";
import { Schedule } from "@pulumi/aws/autoscaling/schedule.js";
import { LaunchTemplate } from "@pulumi/aws/ec2/launchTemplate.js";
import * as pulumi from "@pulumi/pulumi";
import { type AwsContext, nameOf } from "./context.ts";
import { HOOKS } from "./contract.ts";
import { DRAIN_SECONDS } from "./balancer.ts";
import { machine, type MachineArgs, METADATA } from "./instance.ts";
import type { Member } from "./members.ts";
import { awsTime, scheduledSizes, warmPoolSize } from "./schedule.ts";

/** Share of what a host may send for hours at which the group grows; CPU says nothing about a cache (knowledge: aws 4). */
const TARGET_USE = 0.65;
/** A boot from nothing: packages from S3, services, first objects. */
const BOOT_SECONDS = 600;

/** Name of a region's group: known at preview, since roles and pointers name it. */
export function groupName(context: Pick<AwsContext, "stack">, member: Pick<Member, "key">): string {
  return nameOf(context, "autoScalingGroup", member.key);
}

export interface DistributorGroupArgs extends MachineArgs {
  readonly subnetIds: readonly pulumi.Input<string>[];
  readonly groupId: pulumi.Input<string>;
  readonly profile: pulumi.Input<string>;
  readonly targetGroupArn: pulumi.Input<string>;
  /** Hosts that the expected viewers need. */
  readonly needed: number;
  readonly after: readonly pulumi.Resource[];
}

/** A region's distributors: an Auto Scaling group that follows the bytes they send and the event's dates. */
export class DistributorGroup extends pulumi.ComponentResource {
  readonly group: Group;

  constructor(args: DistributorGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    const { context, member, needed } = args;
    const size = member.group;
    if (size === null) throw new Error(`${member.key} is not a group`);
    super("headend:aws:DistributorGroup", member.key, { min: size.min, max: size.max }, opts);
    const at = { parent: this };
    const { region, ...host } = machine(args);
    const template = new LaunchTemplate(member.key, {
      name: nameOf(context, "launchTemplate", member.key), region, imageId: host.image, instanceType: host.size.name, userData: pulumi.output(host.userData).apply(base64),
      iamInstanceProfile: { name: args.profile }, metadataOptions: METADATA, monitoring: { enabled: true }, updateDefaultVersion: true,
      networkInterfaces: [{ deviceIndex: 0, associatePublicIpAddress: "true", ipv6AddressCount: 1, securityGroups: [args.groupId], deleteOnTermination: "true" }],
      blockDeviceMappings: [{ deviceName: "/dev/xvda", ebs: { volumeType: "gp3", volumeSize: args.diskGb, encrypted: "true", deleteOnTermination: "true" } }],
      tagSpecifications: ["instance", "volume", "network-interface"].map((resourceType) => ({ resourceType, tags: { ...host.tags, "headend-stack": context.stack } })),
      tags: { ...host.tags },
    }, at);
    const warm = warmPoolSize(context.topology.event, size, context.now);
    const name = groupName(context, member);
    const hooks = [
      // Out of service until its services are ready; also keeps a host of the warm pool from being stopped in the middle of its installation.
      { name: HOOKS.ready, lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING", defaultResult: "ABANDON", heartbeatTimeout: BOOT_SECONDS },
      { name: HOOKS.drain, lifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING", defaultResult: "CONTINUE", heartbeatTimeout: DRAIN_SECONDS + 60 },
    ];
    this.group = new Group(member.key, {
      name, region, minSize: size.min, maxSize: size.max, desiredCapacity: size.min, vpcZoneIdentifiers: [...args.subnetIds],
      launchTemplate: { id: template.id, version: template.latestVersion.apply(String) },
      targetGroupArns: [args.targetGroupArn], healthCheckType: "ELB", healthCheckGracePeriod: 60, defaultInstanceWarmup: 60, capacityRebalance: false,
      // Reports say when members serve, with their own words; AWS would only say that they do not.
      waitForCapacityTimeout: "0", forceDelete: true, forceDeleteWarmPool: true, metricsGranularity: "1Minute", enabledMetrics: ["GroupInServiceInstances", "GroupDesiredCapacity"],
      initialLifecycleHooks: hooks, terminationPolicies: ["OldestLaunchTemplate", "Default"],
      // New image or size: newcomers serve before anybody goes.
      instanceRefresh: { strategy: "Rolling", preferences: { minHealthyPercentage: 100, maxHealthyPercentage: 150, instanceWarmup: "60", skipMatching: true, autoRollback: true } },
      ...(warm === 0 ? {} : { warmPool: { poolState: "Stopped", minSize: warm, maxGroupPreparedCapacity: size.max, instanceReusePolicy: { reuseOnScaleIn: false } } }),
      tags: Object.entries({ ...host.tags, "headend-stack": context.stack }).map(([key, value]) => ({ key, value, propagateAtLaunch: true })),
    }, { ...at, dependsOn: [...args.after], ignoreChanges: ["desiredCapacity"] });
    for (const { name: hook, ...rest } of hooks) {
      new LifecycleHook(`${member.key}-${hook}`, { name: hook, autoscalingGroupName: this.group.name, region, ...rest }, at);
    }
    if (size.max > size.min) this.follow(member, host.size.internetMbps, region);
    for (const { name: when, atMs, min, max, desired } of scheduledSizes(context.topology.event, size, needed, context.now)) {
      new Schedule(`${member.key}-${when}`, {
        scheduledActionName: when, autoscalingGroupName: this.group.name, region, startTime: awsTime(atMs), minSize: min, maxSize: max, desiredCapacity: desired,
      }, at);
    }
    this.registerOutputs({});
  }

  /** Grows and shrinks with the bytes each member sends, against what its size may send for hours. */
  private follow(member: Member, mbps: number | null, region: string): void {
    if (mbps === null) throw new Error(`headend does not know what ${member.host.size} may send for hours, so its group cannot follow the viewers.\nUse a known size, or the same min and max: distributors: { ${member.region}: { count: ${member.group?.max ?? 1} } }`);
    new Policy(`${member.key}-bytes`, {
      name: "bytes", autoscalingGroupName: this.group.name, region, policyType: "TargetTrackingScaling", estimatedInstanceWarmup: 60,
      targetTrackingConfiguration: { predefinedMetricSpecification: { predefinedMetricType: "ASGAverageNetworkOut" }, targetValue: bytesAMinute(mbps * TARGET_USE) },
    }, { parent: this });
  }
}

/** The unit of the predefined metric with detailed monitoring. */
export function bytesAMinute(mbps: number): number {
  return Math.round((mbps * 1e6 * 60) / 8);
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
