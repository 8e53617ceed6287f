import { describe, expect, test } from "vitest";
import { hostPolicy, INSTANCE_TRUST, logDelivery, tlsOnly, topicPolicy, type PolicyDocument } from "../../../../infra/targets/aws/policies.ts";

const ARGS = {
  stack: "festival", account: "123456789012", region: "eu-central-1", key: "mux-eu-a", role: "multiplexer" as const, storeArn: "arn:aws:s3:::store",
  recordingsArn: "arn:aws:s3:::recordings", group: "headend-festival-dist-eu", acme: { directory: "https://ca.example", email: null, names: ["ingest-a.live.example.org", "*.live.example.org"], zoneId: "Z1" },
};
const FULL = hostPolicy(ARGS);
const LEAST = hostPolicy({ ...ARGS, role: "transcoder", key: "tx-eu-1", recordingsArn: null, group: null, acme: null });
const allows = (doc: PolicyDocument) => doc.Statement.filter((s) => s.Effect === "Allow");

describe("what hosts may do", () => {
  test("no action has a wildcard", () => {
    for (const doc of [FULL, LEAST, INSTANCE_TRUST, tlsOnly("arn:aws:s3:::b", logDelivery("arn:aws:s3:::b", "1")), topicPolicy("arn:aws:sns:x", "1")]) {
      for (const statement of allows(doc)) for (const action of statement.Action) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z]+$/);
    }
  });

  test("every statement names its resources, never all of them", () => {
    for (const doc of [FULL, LEAST]) for (const { Resource, Sid } of doc.Statement) {
      expect(Resource?.length, Sid).toBeGreaterThan(0);
      for (const resource of Resource ?? []) expect(resource, Sid).toMatch(/^arn:aws:(s3|ssm|logs|autoscaling|route53):/);
    }
  });

  test("a host reads only its own configuration and secrets", () => {
    const read = FULL.Statement.find((s) => s.Sid === "ReadOwnConfiguration");
    expect(read?.Resource).toEqual(["arn:aws:s3:::store/hosts/mux-eu-a/*", "arn:aws:s3:::store/programs/*", "arn:aws:s3:::store/bootstrap/*"]);
    expect(FULL.Statement.find((s) => s.Sid === "ReadOwnSecrets")?.Resource).toEqual(["arn:aws:ssm:eu-central-1:123456789012:parameter/headend/festival/mux-eu-a/*"]);
    expect(FULL.Statement.find((s) => s.Sid === "WriteOwnReports")?.Resource).toEqual(["arn:aws:s3:::store/reports/mux-eu-a/*.json", "arn:aws:s3:::store/live/mux-eu-a/*.json"]);
    expect(FULL.Statement.find((s) => s.Sid === "UploadOwnRecordings")?.Resource).toEqual(["arn:aws:s3:::recordings/*/mux-eu-a/*"]);
  });

  test("only what a host's role needs", () => {
    expect(LEAST.Statement.map((s) => s.Sid)).toEqual(["ReadOwnConfiguration", "KnowWhatIsThere", "WriteOwnReports", "ReadOwnSecrets", "WriteOwnLogs"]);
  });

  test("certificates: only the challenges of its own names", () => {
    expect(FULL.Statement.find((s) => s.Sid === "AnswerChallenges")?.Condition).toEqual({ "ForAllValues:StringEquals": {
      "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["_acme-challenge.ingest-a.live.example.org", "_acme-challenge.live.example.org"],
      "route53:ChangeResourceRecordSetsRecordTypes": ["TXT"], "route53:ChangeResourceRecordSetsActions": ["UPSERT", "DELETE"],
    } });
  });

  test("fits an inline policy (10,240 characters)", () => {
    expect(JSON.stringify(FULL).length).toBeLessThan(10_240);
  });
});
