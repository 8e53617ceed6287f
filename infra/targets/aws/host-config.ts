import { createHmac } from "node:crypto";
import type { BucketObjectv2 } from "@pulumi/aws/s3/bucketObjectv2.js";
import { Parameter } from "@pulumi/aws/ssm/parameter.js";
import * as pulumi from "@pulumi/pulumi";
import { shownInputs } from "../shown.ts";
import { canonicalJson } from "./canonical.ts";
import { type AwsContext, regionOf } from "./context.ts";
import { type AcmeOrder, acmeParameters, type HostPointer, logGroupName, metricNamespace, NOT_YET, parameterName, type RecordingsPlace, secretsPath, STORE } from "./contract.ts";
import type { Member } from "./members.ts";
import type { Store } from "./store.ts";

export interface HostConfigArgs {
  readonly context: AwsContext;
  readonly member: Member;
  readonly store: Store;
  readonly programs: string;
  /** Values of the bundle's secrets, but for a certificate that the host gets itself. */
  readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
  /** Key of the digest over secret values. */
  readonly digestKey: string;
  readonly publicAddress: pulumi.Input<string> | null;
  readonly recordings: pulumi.Input<RecordingsPlace> | null;
  readonly group: HostPointer["group"];
  readonly acme: pulumi.Input<AcmeOrder> | null;
  /** What must be in force on other hosts before this one is told. */
  readonly after: readonly pulumi.Resource[];
}

/**
 * A host's configuration in the store and its secrets in SSM. The host finds the pointer by itself, so an edit touches no instance.
 * The rendered files are inputs of this component: `pulumi preview --diff` shows their changed lines.
 */
export class HostConfig extends pulumi.ComponentResource {
  readonly pointer: BucketObjectv2;
  readonly secretsVersion: pulumi.Output<string>;

  constructor(args: HostConfigArgs, opts?: pulumi.ComponentResourceOptions) {
    const { context, member, store } = args;
    const { key } = member;
    super("headend:aws:HostConfig", `${key}-config`, shownInputs(member.bundle), opts);
    const region = regionOf(context, member.region).aws;
    const path = secretsPath(context.stack, key);
    const parameters = Object.entries(args.secrets).map(([name, value]) => new Parameter(`${key}/${name}`, {
      // A certificate chain is often longer than the 4 KB of a standard parameter.
      name: parameterName(path, name), type: "SecureString", tier: "Intelligent-Tiering", value: pulumi.secret(value), region, description: `headend ${context.stack}: ${name}`,
    }, { parent: this }));
    if (args.acme !== null) parameters.push(...this.certificatePlaces(path, region));
    const bundle = store.object(`${key}-bundle`, STORE.bundle(key, member.bundleSha256), member.bundleJson, "application/json", this, { retainOnDelete: true });
    this.secretsVersion = digest(args.secrets, args.digestKey);
    const content = pulumi.all([this.secretsVersion, args.publicAddress, args.recordings, args.acme]).apply(([version, publicAddress, recordings, acme]) => canonicalJson({
      format: 1, host: key, bundle: member.bundleSha256, programs: args.programs, secrets: { path, version }, publicAddress, recordings,
      watch: { logGroup: logGroupName(context.stack, member.role), namespace: metricNamespace(context.stack) }, group: args.group, acme,
    } satisfies HostPointer));
    this.pointer = store.object(`${key}-pointer`, STORE.pointer(key), content, "application/json", this, { dependsOn: [bundle, ...parameters, ...args.after, ...store.bootable] });
    this.registerOutputs({});
  }

  /** What the host writes is its own; that the parameters exist is the stack's, so that they go with it. */
  private certificatePlaces(path: string, region: string): Parameter[] {
    return Object.values(acmeParameters(path)).map((name) => new Parameter(name.slice(path.lastIndexOf("/") + 1), {
      name, type: "SecureString", tier: "Intelligent-Tiering", value: pulumi.secret(NOT_YET), region, description: "headend: written by the host",
    }, { parent: this, ignoreChanges: ["value"] }));
  }
}

/** Changes with any value and tells none: keyed, because not every value is random. */
function digest(secrets: Readonly<Record<string, pulumi.Input<string>>>, key: string): pulumi.Output<string> {
  return pulumi.unsecret(pulumi.all(secrets).apply((values) => createHmac("sha256", key).update(canonicalJson(values)).digest("hex").slice(0, 16)));
}
