/** What AWS refuses of buckets, parameters, permissions, alarms. */
import { isUnknown } from "../../wire/values.ts";
import { atMostOne, custom, exactlyOne, oneOf, range, text } from "./rule.ts";
import type { Rule } from "./rule.ts";

const RETENTION = [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653] as const;
/** Largest value of a parameter in the standard tier, bytes. */
const STANDARD_PARAMETER = 4096;
/** Largest inline policies of a role together, characters without white space. */
const INLINE_POLICY = 10_240;

const jsonText = (property: string, limit: number): Rule => custom(property, (inputs) => {
  const value = inputs[property];
  if (typeof value !== "string" || isUnknown(value)) return undefined;
  try { JSON.parse(value); } catch { return `"${property}" must be JSON`; }
  const size = value.replace(/\s/g, "").length;
  return size > limit ? `"${property}" has ${size} characters; AWS takes ${limit} at most` : undefined;
});

/** By type. */
export const STORAGE_RULES: Readonly<Record<string, readonly Rule[]>> = {
  "s3/Bucket": [atMostOne("bucket", "bucketPrefix"), text("bucket", (v) => /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(v) && !v.includes("..") && !/^\d+\.\d+\.\d+\.\d+$/.test(v), "3 to 63 lower-case letters, digits, dots and hyphens")],
  "s3/BucketObjectv2": [atMostOne("content", "source", "contentBase64"), oneOf("serverSideEncryption", "AES256", "aws:kms", "aws:kms:dsse", "aws:fsx"), text("key", (v) => Buffer.byteLength(v) <= 1024 && v !== "", "1 to 1024 bytes")],
  "s3/BucketPolicy": [jsonText("policy", 20_480)],
  "s3/BucketVersioning": [oneOf("versioningConfiguration.status", "Enabled", "Suspended", "Disabled")],
  "ssm/Parameter": [
    oneOf("type", "String", "StringList", "SecureString"), exactlyOne("value", "insecureValue", "valueWo"), oneOf("tier", "Standard", "Advanced", "Intelligent-Tiering"),
    text("name", (v) => /^[a-zA-Z0-9_.\-/]{1,1011}$/.test(v) && (!v.includes("/") || v.startsWith("/")) && !/^\/?(aws|ssm)/i.test(v) && v.split("/").length <= 16, "letters, digits and ._-/, beginning with / when it has levels, not with aws or ssm"),
    custom("insecureValue", (i) => i["insecureValue"] !== undefined && i["type"] === "SecureString" ? "a SecureString takes \"value\", which is kept secret, not \"insecureValue\"" : undefined),
    custom("value", (i) => (i["tier"] ?? "Standard") === "Standard" && typeof i["value"] === "string" && Buffer.byteLength(i["value"]) > STANDARD_PARAMETER ? `the value has ${Buffer.byteLength(i["value"])} bytes; the standard tier takes ${STANDARD_PARAMETER} at most` : undefined),
  ],
  "iam/Role": [atMostOne("name", "namePrefix"), text("name", /^[\w+=,.@-]{1,64}$/, "at most 64 of letters, digits and +=,.@-_"), jsonText("assumeRolePolicy", 2048), range("maxSessionDuration", 3600, 43_200)],
  "iam/RolePolicy": [atMostOne("name", "namePrefix"), text("name", /^[\w+=,.@-]{1,128}$/, "at most 128 of letters, digits and +=,.@-_"), jsonText("policy", INLINE_POLICY)],
  "iam/Policy": [atMostOne("name", "namePrefix"), text("name", /^[\w+=,.@-]{1,128}$/, "at most 128 of letters, digits and +=,.@-_"), jsonText("policy", 6144)],
  "iam/InstanceProfile": [atMostOne("name", "namePrefix"), text("name", /^[\w+=,.@-]{1,128}$/, "at most 128 of letters, digits and +=,.@-_")],
  "cloudwatch/LogGroup": [atMostOne("name", "namePrefix"), oneOf("retentionInDays", ...RETENTION), text("name", /^[a-zA-Z0-9_./#-]{1,512}$/, "at most 512 of letters, digits and _./#-")],
  "cloudwatch/Dashboard": [text("dashboardName", /^[A-Za-z0-9_-]{1,255}$/, "at most 255 letters, digits, - and _"), jsonText("dashboardBody", 1_000_000)],
  "cloudwatch/MetricAlarm": [
    text("name", /^.{1,255}$/s, "at most 255 characters"), atMostOne("statistic", "extendedStatistic"), exactlyOne("metricName", "metricQueries"),
    custom("period", (i) => typeof i["period"] === "number" && ![10, 20, 30].includes(i["period"]) && i["period"] % 60 !== 0 ? `"period" is ${i["period"]}: use 10, 20, 30 or a multiple of 60 seconds` : undefined),
    custom("threshold", (i) => i["threshold"] === undefined && i["thresholdMetricId"] === undefined ? "one of \"threshold\", \"thresholdMetricId\" is required" : undefined),
    custom("statistic", (i) => i["metricName"] !== undefined && i["statistic"] === undefined && i["extendedStatistic"] === undefined ? "one of \"statistic\", \"extendedStatistic\" is required with \"metricName\"" : undefined),
    oneOf("treatMissingData", "missing", "ignore", "breaching", "notBreaching"), oneOf("statistic", "SampleCount", "Average", "Sum", "Minimum", "Maximum"),
    oneOf("comparisonOperator", "GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold", "LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"),
  ],
  "sns/Topic": [atMostOne("name", "namePrefix"), text("name", /^[A-Za-z0-9_-]{1,256}(\.fifo)?$/, "at most 256 letters, digits, - and _")],
  "sns/TopicSubscription": [oneOf("protocol", "application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs")],
  "budgets/Budget": [oneOf("timeUnit", "DAILY", "MONTHLY", "QUARTERLY", "ANNUALLY", "CUSTOM"), oneOf("budgetType", "COST", "USAGE", "RI_COVERAGE", "RI_UTILIZATION", "SAVINGS_PLANS_COVERAGE", "SAVINGS_PLANS_UTILIZATION"), text("name", /^[^:\\]{1,100}$/, "at most 100 characters without : and \\")],
};
