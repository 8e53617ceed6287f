/** What is watched, as data: alarms read their thresholds off the plan. */
import type * as pulumi from "@pulumi/pulumi";
import type { StreamPlan } from "../../plan/model.ts";
import type { AwsContext } from "./context.ts";
import { metricNamespace, METRICS } from "./contract.ts";
import type { Member } from "./members.ts";
import { GLOBAL_REGION } from "./regions.ts";

export interface MetricRef { readonly namespace: string; readonly metric: string; readonly dimensions: Readonly<Record<string, pulumi.Input<string>>>; readonly stat: string }

export interface AlarmPlan {
  /** Logical name, from spec keys. */
  readonly name: string;
  readonly region: string;
  readonly description: string;
  readonly metrics: readonly MetricRef[];
  /** Over m1, m2, …; null for the one metric itself. */
  readonly expression: string | null;
  readonly above: boolean;
  readonly threshold: number;
  readonly periodSeconds: number;
  /** Of the last `of` periods so many have to be over the threshold. */
  readonly times: number;
  readonly of: number;
  readonly missing: "breaching" | "notBreaching" | "ignore";
}

/** What alarms of AWS's own metrics are about; ids are known only when AWS has made them. */
export interface Watched {
  /** Instance ids of single hosts, by key. */
  readonly instances: ReadonlyMap<string, pulumi.Input<string>>;
  /** Names of Auto Scaling groups, by key. */
  readonly groups: ReadonlyMap<string, pulumi.Input<string>>;
  readonly distribution: pulumi.Input<string> | null;
  /** Health checks of multiplexers, by key. */
  readonly healthChecks: ReadonlyMap<string, pulumi.Input<string>>;
}

const MINUTE = 60;
const base = { expression: null, periodSeconds: MINUTE, times: 2, of: 3, missing: "notBreaching" as const };

/** The alarm that tells Route 53 when nobody outside can ask a multiplexer. */
export function goneAlarm(member: Member, region: string, instance: pulumi.Input<string>): AlarmPlan {
  return {
    ...base, name: `${member.key}-status`, region, description: `${member.key}: AWS says that the instance or its machine does not work`, above: true, threshold: 1, times: 2, of: 2, missing: "breaching",
    metrics: [{ namespace: "AWS/EC2", metric: "StatusCheckFailed", dimensions: { InstanceId: instance }, stat: "Maximum" }],
  };
}

export function alarmPlans(context: AwsContext, members: readonly Member[], watched: Watched, regionOf: (member: Member) => string): AlarmPlan[] {
  return [
    ...context.plan.streams.flatMap((stream) => streamAlarms(context, stream, members, regionOf)),
    ...members.flatMap((member) => hostAlarms(context, member, watched, regionOf(member))),
    ...[...watched.healthChecks].map(([key, id]): AlarmPlan => ({
      ...base, name: `${key}-unreachable`, region: GLOBAL_REGION, description: `${key}: Route 53 cannot reach it; publishers that use the common name go to the other one`, above: false, threshold: 1, times: 1, of: 1,
      metrics: [{ namespace: "AWS/Route53", metric: "HealthCheckStatus", dimensions: { HealthCheckId: id }, stat: "Minimum" }],
    })),
    ...(watched.distribution === null ? [] : cdnAlarms(watched.distribution)),
  ];
}

function streamAlarms(context: AwsContext, stream: StreamPlan, members: readonly Member[], regionOf: (member: Member) => string): AlarmPlan[] {
  const namespace = metricNamespace(context.stack);
  const used = (names: readonly string[]): Member[] => members.filter((m) => names.includes(m.host.name));
  const muxes = used(stream.publish.flatMap((p) => p.multiplexers));
  // Alarms see one region: that of the first multiplexer, where publishers are when nothing is wrong.
  const region = muxes[0] ? regionOf(muxes[0]) : null;
  const here = muxes.filter((m) => regionOf(m) === region);
  const all = here.map((_, i) => `FILL(m${i + 1}, 0)`);
  const { event } = context.topology;
  const live = event === null ? null : `(EPOCH(m1) >= ${Math.floor(event.startMs / 1000)}) * (EPOCH(m1) < ${Math.floor(event.endMs / 1000)})`;
  const of = (metric: { readonly name: string }, list: readonly Member[], stat: string): MetricRef[] =>
    list.map((m) => ({ namespace, metric: metric.name, dimensions: { Stream: stream.name, Host: m.key }, stat }));
  return [
    // Without dates nobody knows when silence is wrong.
    ...(region === null || live === null ? [] : [{
      ...base, name: `${stream.name}-publisher`, region, description: `${stream.name}: nobody publishes although the event is on; viewers see the slate`, above: false, threshold: 1,
      metrics: of(METRICS.publishers, here, "Maximum"), expression: `IF(${live}, ${all.join(" + ")}, 1)`, times: 1, of: 1, missing: "ignore" as const,
    }]),
    ...(region === null ? [] : [{
      ...base, name: `${stream.name}-bitrate`, region, description: `${stream.name}: less than 70 % of its ${stream.source.bitrateKbps} kbps come in`, above: false, threshold: Math.round(stream.source.bitrateKbps * 0.7),
      metrics: of(METRICS.ingest, here, "Average"), expression: here.length > 1 ? `MAX([${here.map((_, i) => `m${i + 1}`).join(", ")}])` : null,
    }]),
    ...used(stream.transcoders).map((tx): AlarmPlan => ({
      ...base, name: `${stream.name}-${tx.key}-speed`, region: regionOf(tx), description: `${stream.name} on ${tx.key}: encodes slower than real time`, above: false, threshold: 0.98,
      metrics: of(METRICS.speed, [tx], "Minimum"),
    })),
  ];
}

function hostAlarms(context: AwsContext, member: Member, watched: Watched, region: string): AlarmPlan[] {
  const namespace = metricNamespace(context.stack);
  const instance = watched.instances.get(member.key);
  const group = watched.groups.get(member.key);
  const mbps = context.sizes.get(member.host.name)?.internetMbps ?? null;
  const dimensions: Record<string, pulumi.Input<string>> | null = instance !== undefined ? { InstanceId: instance } : group !== undefined ? { AutoScalingGroupName: group } : null;
  const own = (metric: { readonly name: string }, stat: string): MetricRef[] => [{ namespace, metric: metric.name, dimensions: { Host: member.key }, stat }];
  return [
    { ...base, name: `${member.key}-disk`, region, description: `${member.key}: a disk is more than 85 % full`, above: true, threshold: 85, metrics: own(METRICS.disk, "Maximum") },
    ...(dimensions === null || mbps === null ? [] : [{
      ...base, name: `${member.key}-bandwidth`, region, description: `${member.key}: sends more than 80 % of the ${mbps} Mbps that its size holds for hours`, above: true,
      threshold: Math.round((mbps * 0.8 * 1e6 * MINUTE) / 8), metrics: [{ namespace: "AWS/EC2", metric: "NetworkOut", dimensions, stat: "Average" }],
    }]),
    ...(instance !== undefined && member.role === "transcoder" ? [goneAlarm(member, region, instance)] : []),
    ...(group === undefined ? [] : [
      { ...base, name: `${member.key}-errors`, region, description: `${member.key}: more than 50 answers a minute are errors`, above: true, threshold: 50, metrics: own(METRICS.errors, "Sum") },
      { ...base, name: `${member.key}-status`, region, description: `${member.key}: an instance of the group does not work`, above: true, threshold: 1, metrics: [{ namespace: "AWS/EC2", metric: "StatusCheckFailed", dimensions: { AutoScalingGroupName: group }, stat: "Maximum" }] },
    ]),
  ];
}

function cdnAlarms(id: pulumi.Input<string>): AlarmPlan[] {
  const cdn = { ...base, region: GLOBAL_REGION, periodSeconds: 5 * MINUTE, times: 1, of: 1 };
  const ref = (metric: string): MetricRef[] => [{ namespace: "AWS/CloudFront", metric, dimensions: { DistributionId: id, Region: "Global" }, stat: "Average" }];
  return [
    { ...cdn, name: "cdn-errors", description: "CloudFront: more than 1 % of the answers are errors of the servers", above: true, threshold: 1, metrics: ref("5xxErrorRate") },
    { ...cdn, name: "cdn-hits", description: "CloudFront: less than 90 % come from its cache; distributors carry the rest", above: false, threshold: 90, metrics: ref("CacheHitRate") },
  ];
}
