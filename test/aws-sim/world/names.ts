/** Route 53 and certificates: put to moto for their shape, answered by the simulated name server. */
import { RequestCertificateCommand } from "@aws-sdk/client-acm";
import { ChangeResourceRecordSetsCommand, CreateHealthCheckCommand, CreateHostedZoneCommand } from "@aws-sdk/client-route-53";
import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import type { Properties } from "../../../scripts/plugins/wire/values.ts";
import { bool, number, objects, optional, some, text, texts } from "./resource.ts";
import type { Handler, Wish } from "./resource.ts";

const route53 = (w: Wish) => w.world.clients("us-east-1").route53;

const zone: Handler = {
  async create(w) {
    const vpc = objects(w.inputs, "vpcs")[0];
    const made = await route53(w).send(new CreateHostedZoneCommand(some({ Name: text(w.inputs, "name"), CallerReference: w.world.newId("c"), HostedZoneConfig: { Comment: text(w.inputs, "comment"), PrivateZone: vpc !== undefined }, VPC: vpc === undefined ? undefined : { VPCId: text(vpc, "vpcId"), VPCRegion: (optional(vpc, "vpcRegion") ?? w.region) as "eu-central-1" } })));
    const id = (made.HostedZone?.Id ?? w.world.newId("Z")).replace("/hostedzone/", "");
    return { id, outputs: { zoneId: id, arn: `arn:aws:route53:::hostedzone/${id}`, nameServers: ["ns-1.sim.example", "ns-2.sim.example"], primaryNameServer: "ns-1.sim.example" } };
  },
};

/** A record as Route 53's API takes it. */
export function recordSet(i: Properties, fqdn: string): ResourceRecordSet {
  const alias = objects(i, "aliases")[0], failover = objects(i, "failoverRoutingPolicies")[0], latency = objects(i, "latencyRoutingPolicies")[0], weighted = objects(i, "weightedRoutingPolicies")[0];
  return some({
    Name: fqdn, Type: text(i, "type") as "A", TTL: i["ttl"] === undefined ? undefined : number(i, "ttl"), SetIdentifier: optional(i, "setIdentifier"), HealthCheckId: optional(i, "healthCheckId"),
    ResourceRecords: i["records"] === undefined ? undefined : texts(i, "records").map((Value) => ({ Value: text(i, "type") === "TXT" && !Value.startsWith("\"") ? `"${Value}"` : Value })),
    AliasTarget: alias === undefined ? undefined : { DNSName: text(alias, "name"), HostedZoneId: text(alias, "zoneId"), EvaluateTargetHealth: bool(alias, "evaluateTargetHealth") },
    Failover: failover === undefined ? undefined : text(failover, "type") as "PRIMARY", Region: latency === undefined ? undefined : text(latency, "region") as "eu-central-1", Weight: weighted === undefined ? undefined : number(weighted, "weight"),
    MultiValueAnswer: i["multivalueAnswerRoutingPolicy"] === true ? true : undefined,
  }) as ResourceRecordSet;
}

/** Full name of a record in its zone. */
export function fullName(name: string, zoneName: string): string {
  const n = name.replace(/\.$/, "").toLowerCase(), z = zoneName.replace(/\.$/, "").toLowerCase();
  return n === "" ? z : n === z || n.endsWith(`.${z}`) ? n : `${n}.${z}`;
}

const change = async (w: Wish, i: Properties, Action: "CREATE" | "UPSERT" | "DELETE"): Promise<string> => {
  const owner = w.world.all("route53/Zone").find((z) => z.id === i["zoneId"]), name = fullName(text(i, "name"), owner === undefined ? "" : text(owner.inputs, "name"));
  await route53(w).send(new ChangeResourceRecordSetsCommand({ HostedZoneId: text(i, "zoneId"), ChangeBatch: { Changes: [{ Action, ResourceRecordSet: recordSet(i, name) }] } }));
  return name;
};

const record: Handler = {
  async create(w) {
    const fqdn = await change(w, w.inputs, bool(w.inputs, "allowOverwrite") ? "UPSERT" : "CREATE");
    return { id: [text(w.inputs, "zoneId"), fqdn, text(w.inputs, "type"), optional(w.inputs, "setIdentifier")].filter(Boolean).join("_"), outputs: { fqdn, name: text(w.inputs, "name") } };
  },
  async update(w) { return { fqdn: await change(w, w.inputs, "UPSERT") }; },
  async remove(world, r) { await change({ world, name: r.name, region: r.region, inputs: r.inputs }, r.inputs, "DELETE"); },
};

const healthCheck: Handler = {
  async create(w) {
    const i = w.inputs, alarm = optional(i, "cloudwatchAlarmName");
    const made = await route53(w).send(new CreateHealthCheckCommand({ CallerReference: w.world.newId("c"), HealthCheckConfig: some({
      Type: text(i, "type") as "TCP", IPAddress: optional(i, "ipAddress"), FullyQualifiedDomainName: optional(i, "fqdn"), Port: i["port"] === undefined ? undefined : number(i, "port"), ResourcePath: optional(i, "resourcePath"), SearchString: optional(i, "searchString"),
      RequestInterval: i["requestInterval"] === undefined ? undefined : number(i, "requestInterval"), FailureThreshold: i["failureThreshold"] === undefined ? undefined : number(i, "failureThreshold"), MeasureLatency: i["measureLatency"] === undefined ? undefined : bool(i, "measureLatency"), Inverted: i["invertHealthcheck"] === undefined ? undefined : bool(i, "invertHealthcheck"),
      ChildHealthChecks: i["childHealthchecks"] === undefined ? undefined : texts(i, "childHealthchecks"), HealthThreshold: i["childHealthThreshold"] === undefined ? undefined : number(i, "childHealthThreshold"),
      AlarmIdentifier: alarm === undefined ? undefined : { Name: alarm, Region: text(i, "cloudwatchAlarmRegion") as "us-east-1" }, InsufficientDataHealthStatus: optional(i, "insufficientDataHealthStatus") as "Healthy" | undefined,
    }) }));
    const id = made.HealthCheck?.Id ?? w.world.newId("hc");
    return { id, outputs: { arn: `arn:aws:route53:::healthcheck/${id}` } };
  },
};

const certificate: Handler = {
  async create(w) {
    const domain = text(w.inputs, "domainName"), names = [domain, ...texts(w.inputs, "subjectAlternativeNames")];
    const made = await w.world.clients(w.region).acm.send(new RequestCertificateCommand(some({ DomainName: domain, ValidationMethod: optional(w.inputs, "validationMethod") as "DNS" | undefined, SubjectAlternativeNames: w.inputs["subjectAlternativeNames"] === undefined ? undefined : texts(w.inputs, "subjectAlternativeNames"), KeyAlgorithm: optional(w.inputs, "keyAlgorithm") as "RSA_2048" | undefined })));
    const arn = made.CertificateArn ?? "", validation = [...new Set(names)].map((n) => ({ domainName: n, resourceRecordName: `_sim.${n.replace(/^\*\./, "")}.`, resourceRecordType: "CNAME", resourceRecordValue: `_sim.${n.replace(/^\*\./, "")}.acm-validations.aws.` }));
    return { id: arn, outputs: { arn, domainValidationOptions: validation, status: "PENDING_VALIDATION", notAfter: "", notBefore: "", type: "AMAZON_ISSUED", validationEmails: [], renewalEligibility: "INELIGIBLE", renewalSummaries: [], pendingRenewal: false } };
  },
};

/** Issued only when every name's validation record can be found. */
const validation: Handler = {
  async create(w) {
    const arn = text(w.inputs, "certificateArn"), cert = w.world.get("acm/Certificate", arn);
    const missing = objects(cert.outputs, "domainValidationOptions").map((o) => text(o, "resourceRecordName").replace(/\.$/, "")).filter((n) => !w.world.all("route53/Record").some((r) => text(r.outputs, "fqdn") === n && r.inputs["type"] === "CNAME"));
    if (missing.length > 0) throw new Error(`the certificate is not issued: no validation record ${missing.join(", ")}`);
    return { id: w.world.newId("v") };
  },
};

export const NAMES: Readonly<Record<string, Handler>> = {
  "route53/Zone": zone, "route53/Record": record, "route53/HealthCheck": healthCheck, "acm/Certificate": certificate, "acm/CertificateValidation": validation,
};

