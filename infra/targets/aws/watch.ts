import { Budget } from "@pulumi/aws/budgets/budget.js";
import { Dashboard } from "@pulumi/aws/cloudwatch/dashboard.js";
import { LogDelivery } from "@pulumi/aws/cloudwatch/logDelivery.js";
import { LogDeliveryDestination } from "@pulumi/aws/cloudwatch/logDeliveryDestination.js";
import { LogDeliverySource } from "@pulumi/aws/cloudwatch/logDeliverySource.js";
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { MetricAlarm } from "@pulumi/aws/cloudwatch/metricAlarm.js";
import { Topic } from "@pulumi/aws/sns/topic.js";
import { TopicPolicy } from "@pulumi/aws/sns/topicPolicy.js";
import { TopicSubscription } from "@pulumi/aws/sns/topicSubscription.js";
import * as pulumi from "@pulumi/pulumi";
import { type AlarmPlan } from "./alarms.ts";
import { type AwsContext, nameOf } from "./context.ts";
import { logGroupName } from "./contract.ts";
import { dashboardBody } from "./dashboard.ts";
import { ROLES } from "./network-plan.ts";
import { logDelivery, topicPolicy } from "./policies.ts";
import { ABORT_UPLOADS, PrivateBucket } from "./private-bucket.ts";
import { GLOBAL_REGION } from "./regions.ts";

/** Long enough to look into what went wrong on event day. */
const LOG_DAYS = 30;

/** Log groups: one for each role of a region. $0.50 to $0.63 a GB written. */
export class Logs extends pulumi.ComponentResource {
  readonly groups: readonly pulumi.Resource[];

  constructor(context: AwsContext, opts?: pulumi.ComponentResourceOptions) {
    super("headend:aws:Logs", "logs", {}, opts);
    this.groups = context.network.regions.flatMap((region) => ROLES
      .filter((role) => context.plan.hosts.some((h) => h.region === region.key && h.role === role))
      // Two regions of the topology may be one on AWS.
      .filter((role) => context.network.regions.find((r) => r.aws === region.aws && context.plan.hosts.some((h) => h.region === r.key && h.role === role)) === region)
      .map((role) => new LogGroup(`${region.key}-${role}`, { name: logGroupName(context.stack, role), retentionInDays: LOG_DAYS, region: region.aws }, { parent: this })));
    this.registerOutputs({});
  }
}

/** Who hears of alarms: a topic in each region, since alarms know only their own. */
export class Topics extends pulumi.ComponentResource {
  private readonly topics = new Map<string, Topic>();

  constructor(context: AwsContext, regions: readonly string[], opts?: pulumi.ComponentResourceOptions) {
    super("headend:aws:Topics", "topics", {}, opts);
    const at = { parent: this };
    const { email } = context.topology.observe.alerts;
    for (const region of new Set(regions)) {
      const topic = new Topic(region, { name: nameOf(context, "topic", "alarms"), displayName: `headend ${context.plan.name}`, region }, at);
      new TopicPolicy(region, { arn: topic.arn, region, policy: pulumi.all([topic.arn, context.account]).apply(([arn, account]) => JSON.stringify(topicPolicy(arn, account))) }, at);
      if (email !== null) new TopicSubscription(region, { topic: topic.arn, protocol: "email", endpoint: email, region }, at);
      this.topics.set(region, topic);
    }
    this.registerOutputs({});
  }

  arn(region: string): pulumi.Output<string> {
    const topic = this.topics.get(region);
    if (!topic) throw new Error(`no topic in ${region}`);
    return topic.arn;
  }
}

/** An alarm as planned. $0.10 a month for each metric. */
export function alarm(context: AwsContext, topics: Topics, plan: AlarmPlan, parent: pulumi.Resource): MetricAlarm {
  const actions = [topics.arn(plan.region)];
  const [single] = plan.metrics;
  const queries = plan.expression === null ? {} : {
    metricQueries: [
      { id: "e1", expression: plan.expression, label: plan.name, returnData: true },
      ...plan.metrics.map((m, i) => ({ id: `m${i + 1}`, metric: { namespace: m.namespace, metricName: m.metric, dimensions: { ...m.dimensions }, stat: m.stat, period: plan.periodSeconds }, returnData: false })),
    ],
  };
  const direct = plan.expression !== null || !single ? {} : { namespace: single.namespace, metricName: single.metric, dimensions: { ...single.dimensions }, statistic: single.stat, period: plan.periodSeconds };
  return new MetricAlarm(plan.name, {
    name: nameOf(context, "alarm", plan.name), alarmDescription: plan.description, region: plan.region, ...direct, ...queries,
    comparisonOperator: plan.above ? "GreaterThanOrEqualToThreshold" : "LessThanThreshold", threshold: plan.threshold, evaluationPeriods: plan.of, datapointsToAlarm: plan.times,
    treatMissingData: plan.missing, alarmActions: actions, okActions: actions,
  }, { parent });
}

/** Alarms, a dashboard that shows the same metrics, and a budget. $3 a month for the dashboard. */
export class Watch extends pulumi.ComponentResource {
  constructor(context: AwsContext, topics: Topics, alarms: readonly AlarmPlan[], opts?: pulumi.ComponentResourceOptions) {
    super("headend:aws:Watch", "watch", {}, opts);
    for (const plan of alarms) alarm(context, topics, plan, this);
    new Dashboard("dashboard", {
      dashboardName: nameOf(context, "dashboard"), region: context.home.aws,
      dashboardBody: pulumi.output(alarms.map((a) => ({ ...a, metrics: a.metrics.map((m) => ({ ...m })) }))).apply((plans) => JSON.stringify(dashboardBody(plans))),
    }, { parent: this });
    this.budget(context);
    this.registerOutputs({});
  }

  private budget(context: AwsContext): void {
    const { budgetUsd, alerts } = context.topology.observe;
    if (budgetUsd === null) return;
    const subscriberEmailAddresses = alerts.email === null ? {} : { subscriberEmailAddresses: [alerts.email] };
    new Budget("budget", {
      name: nameOf(context, "budget", "month"), budgetType: "COST", timeUnit: "MONTHLY", limitAmount: budgetUsd.toFixed(2), limitUnit: "USD",
      costFilters: [{ name: "TagKeyValue", values: [`user:headend-stack$${context.stack}`] }],
      notifications: alerts.email === null ? [] : ([["ACTUAL", 80], ["FORECASTED", 100]] as const).map(([notificationType, threshold]) => ({
        notificationType, threshold, thresholdType: "PERCENTAGE", comparisonOperator: "GREATER_THAN", ...subscriberEmailAddresses,
      })),
    }, { parent: this });
  }
}

/** CloudFront's log of every request, for 30 days. */
export class AccessLogs extends pulumi.ComponentResource {
  constructor(context: AwsContext, distributionArn: pulumi.Input<string>, opts?: pulumi.ComponentResourceOptions) {
    super("headend:aws:AccessLogs", "access-logs", {}, opts);
    const at = { parent: this };
    const region = GLOBAL_REGION;
    const bucket = new PrivateBucket("access-logs", {
      region: context.home.aws, name: { bucketPrefix: `${nameOf(context, "bucketPrefix").toLowerCase().slice(0, 30)}-logs-` }, versioned: false, keeps: "stack",
      lifecycle: [ABORT_UPLOADS, { id: "old", status: "Enabled", filter: { prefix: "" }, expiration: { days: LOG_DAYS } }],
      account: context.account, statements: logDelivery,
    }, at);
    const source = new LogDeliverySource("access-logs", { name: nameOf(context, "logDelivery", "viewers"), logType: "ACCESS_LOGS", resourceArn: distributionArn, region }, at);
    const destination = new LogDeliveryDestination("access-logs", {
      name: nameOf(context, "logDelivery", "bucket"), outputFormat: "json", deliveryDestinationConfiguration: { destinationResourceArn: bucket.arn }, region,
    }, { ...at, dependsOn: bucket });
    new LogDelivery("access-logs", { deliverySourceName: source.name, deliveryDestinationArn: destination.arn, region }, at);
    this.registerOutputs({});
  }
}
