/** Runs the aws target against mocks: no Pulumi engine, no AWS. */
import * as pulumi from "@pulumi/pulumi";
import { deriveKey } from "../../../../infra/plan/keys.ts";
import { planTopology } from "../../../../infra/plan/plan.ts";
import { renderPlan } from "../../../../infra/render/render.ts";
import { parseTopology } from "../../../../infra/spec/load.ts";
import { awsTarget } from "../../../../infra/targets/aws/target.ts";
import type { Deployed, Deployment } from "../../../../infra/targets/target.ts";

export interface Made {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly protect: boolean;
  readonly retain: boolean;
  readonly ignored: readonly string[];
  readonly custom: boolean;
}

export interface Ran { readonly made: readonly Made[]; readonly outputs: Deployed; of(type: string): readonly Made[]; one(type: string, name: string): Made }

const SECRET = "unit-test-secret-of-at-least-32-characters";
export const IMAGES = JSON.stringify(Object.fromEntries(["eu-central-1", "us-east-1", "eu-west-1"].flatMap((r) => ["arm", "x86"].map((a) => [`${r}/${a}`, `ami-${r.length}${a}0`]))));

export function deployment(text: string, config: Readonly<Record<string, string>> = {}, stack = "test"): Deployment {
  const { topology } = parseTopology(text, "test.yaml");
  const plan = planTopology(topology);
  const values: Record<string, string> = { images: IMAGES, zone: "Z0123456789ABC", ...config };
  return {
    stack, topology, plan, bundles: renderPlan(plan, SECRET), secretValue: (name) => (name.startsWith("config/") ? `value of ${name}` : deriveKey(SECRET, name)),
    settings: { expose: "127.0.0.1", portOffset: 0, certificate: null, recordingsDir: "/tmp/none", root: process.cwd() }, config: (key) => values[key],
  };
}

/** Registers everything that a topology makes. `preview`: nothing that AWS would tell is known. */
export async function run(text: string, config: Readonly<Record<string, string>> = {}, { preview = true, stack = "test" } = {}): Promise<Ran> {
  await pulumi.runtime.setMocks({ newResource: outputs, call: ({ token, inputs }) => answer(token, inputs) }, "headend", stack, preview);
  const seen: Request[] = [];
  const monitor = pulumi.runtime.getMonitor() as unknown as Record<string, (request: { toObject(): Request }, done: unknown) => unknown>;
  const register = monitor["registerResource"]?.bind(monitor);
  monitor["registerResource"] = (request, done) => { seen.push(request.toObject()); return register?.(request, done); };
  const made: Made[] = [];
  let result: Deployed | undefined;
  inputsSeen.clear();
  await pulumi.runtime.runInPulumiStack(async () => { const deployed = awsTarget.deploy(deployment(text, config, stack)); result = deployed.outputs; return {}; });
  await pulumi.runtime.disconnect();
  for (const request of seen) {
    if (request.type === "pulumi:pulumi:Stack") continue;
    made.push({
      type: request.type, name: request.name, custom: request.custom, inputs: inputsSeen.get(`${request.type} ${request.name}`) ?? {}, protect: request.protect ?? false,
      retain: request.retainondelete ?? false, ignored: request.ignorechangesList,
    });
  }
  if (!result) throw new Error("the program made nothing");
  const of = (type: string): Made[] => made.filter((m) => m.type === type);
  return {
    made, outputs: result, of,
    one: (type, name) => {
      const found = of(type).filter((m) => m.name === name);
      if (found.length !== 1) throw new Error(`${found.length} of ${type} ${name}; there are: ${of(type).map((m) => m.name).join(", ")}`);
      return found[0] as Made;
    },
  };
}

interface Request { readonly type: string; readonly name: string; readonly custom: boolean; readonly protect?: boolean; readonly retainondelete?: boolean; readonly ignorechangesList: string[] }

const inputsSeen = new Map<string, Record<string, unknown>>();

function outputs({ type, name, inputs, id }: pulumi.runtime.MockResourceArgs): { id: string; state: Record<string, unknown> } {
  inputsSeen.set(`${type} ${name}`, inputs as Record<string, unknown>);
  const short = type.split(":").at(-1) ?? "";
  const known: Record<string, unknown> = {
    arn: `arn:aws:mock:::${short}/${name}`, ...(short === "Vpc" ? { ipv6CidrBlock: "2a05:d014:abc:5500::/56" } : {}),
    ...(short === "Zone" ? { zoneId: "ZMADE", nameServers: ["ns-1.example"] } : {}),
    ...(short === "LaunchTemplate" ? { latestVersion: 1 } : {}),
    ...(short === "Certificate" && type.includes("acm") ? { domainValidationOptions: [{ domainName: "d", resourceRecordName: "_x.d", resourceRecordType: "CNAME", resourceRecordValue: "v" }] } : {}),
    ...(short === "Instance" ? { privateIp: "10.0.0.1", ipv6Addresses: ["2a05::1"] } : {}), ...(short === "Eip" ? { publicIp: "192.0.2.1" } : {}),
    ...(short === "LoadBalancer" ? { dnsName: `${name}.elb.amazonaws.com`, zoneId: "ZELB", arnSuffix: "net/x" } : {}),
    ...(short === "Distribution" ? { domainName: "d1.cloudfront.net", hostedZoneId: "ZCF" } : {}),
    ...(short === "PrivateKey" ? { publicKeyPem: "PUBLIC", privateKeyPem: "PRIVATE" } : {}),
  };
  return { id: id || `${short}-${name}`, state: { ...(inputs as Record<string, unknown>), ...known } };
}

function answer(token: string, inputs: Record<string, unknown>): Record<string, unknown> {
  if (token.endsWith("getCallerIdentity")) return { accountId: "123456789012", arn: "arn", id: "1", userId: "u" };
  if (token.endsWith("getManagedPrefixList")) return { ...inputs, id: "pl-cloudfront", arn: "arn" };
  throw new Error(`unexpected question: ${token}`);
}

/** True for what Pulumi keeps as a secret. */
export function isSecret(value: unknown): value is { readonly value: unknown } {
  return typeof value === "object" && value !== null && (value as Record<string, unknown>)["4dabf18193072939515e22adb298388d"] === "1b47061264138c4ac30d75fd1eb44270";
}

/** A value without its secret envelope; throws when it is none. */
export function secretValue(value: unknown): unknown {
  if (!isSecret(value)) throw new Error(`not a secret: ${JSON.stringify(value)}`);
  return value.value;
}
