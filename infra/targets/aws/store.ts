import { BucketObjectv2 } from "@pulumi/aws/s3/bucketObjectv2.js";
import * as pulumi from "@pulumi/pulumi";
import { shortHash } from "../../plan/names.ts";
import type { Architecture } from "../../plan/capacity/sizes.ts";
import { canonicalJson, sha256 } from "./canonical.ts";
import type { AwsContext } from "./context.ts";
import { type ProgramsPointer, STORE } from "./contract.ts";
import type { ProgramsArchive } from "./host-side.ts";
import { awsName, NAME_LIMITS } from "./names.ts";
import { ABORT_UPLOADS, PrivateBucket } from "./private-bucket.ts";

/** What a preview shows for programs that are not built. */
const UNBUILT = "0".repeat(64);

export interface StoreArgs {
  readonly context: AwsContext;
  /** Text that no other stack has: bucket names are known to the whole world, and must be known before the first `up`. */
  readonly seed: string;
  readonly bootstrap: string;
  /** Archives for the architectures in use; null where one is not built. */
  readonly programs: ReadonlyMap<Architecture, ProgramsArchive | null>;
}

/** Name of the store: known at preview, since it stands in every host's user data. */
export function storeName(stack: string, seed: string): string {
  return awsName(NAME_LIMITS.bucket - 13, "headend", stack).toLowerCase() + `-${shortHash(seed, 12)}`;
}

/** The stack's bucket: bundles, pointers, programs, bootstrap, reports, orders. Some cents a month, and what hosts ask (contract.ts). */
export class Store extends pulumi.ComponentResource {
  readonly bucket: string;
  readonly region: string;
  readonly arn: pulumi.Output<string>;
  readonly bootstrapSha256: string;
  /** What instances need when they boot. */
  readonly bootable: readonly pulumi.Resource[];
  private readonly inner: PrivateBucket;
  private readonly programs: StoreArgs["programs"];

  constructor(name: string, { context, seed, bootstrap, programs }: StoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headend:aws:Store", name, {}, opts);
    this.bucket = storeName(context.stack, seed);
    this.region = context.home.aws;
    this.programs = programs;
    this.inner = new PrivateBucket(name, {
      region: this.region, name: { bucket: this.bucket }, versioned: true, keeps: "stack",
      lifecycle: [ABORT_UPLOADS, { id: "old-versions", status: "Enabled", filter: { prefix: "" }, noncurrentVersionExpiration: { noncurrentDays: 30 } }],
    }, { parent: this });
    this.arn = this.inner.arn;
    this.bootstrapSha256 = sha256(bootstrap);
    const script = this.object("bootstrap", STORE.bootstrap(this.bootstrapSha256), bootstrap, "text/x-shellscript", this, { retainOnDelete: true });
    this.bootable = [script, ...[...programs].flatMap(([architecture, archive]) => this.publishPrograms(architecture, archive))];
    this.registerOutputs({});
  }

  /** SHA-256 of the programs for an architecture. */
  programsSha256(architecture: Architecture): string {
    return this.programs.get(architecture)?.sha256 ?? UNBUILT;
  }

  /** An object of text. Objects named by their hash outlive their turn (`retainOnDelete`): a host may still want the last one; the bucket takes them along when it goes. */
  object(name: string, key: string, content: pulumi.Input<string>, contentType: string, parent: pulumi.Resource, opts: pulumi.CustomResourceOptions = {}): BucketObjectv2 {
    return new BucketObjectv2(name, { bucket: this.inner.id, region: this.region, key, content, contentType }, { parent, dependsOn: this.inner.ready, ...opts });
  }

  private publishPrograms(architecture: Architecture, archive: ProgramsArchive | null): pulumi.Resource[] {
    const sha = this.programsSha256(architecture);
    const source = archive === null ? new pulumi.asset.StringAsset("not built") : new pulumi.asset.FileAsset(archive.path);
    const object = new BucketObjectv2(`programs-${architecture}`, {
      bucket: this.inner.id, region: this.region, key: STORE.programs(sha), source, contentType: "application/gzip",
    }, { parent: this, dependsOn: this.inner.ready, retainOnDelete: true });
    const pointer: ProgramsPointer = { format: 1, programs: sha };
    return [this.object(`programs-${architecture}-current`, STORE.programsPointer(architecture), canonicalJson(pointer), "application/json", this, { dependsOn: object })];
  }
}
