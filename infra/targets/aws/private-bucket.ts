import { Bucket } from "@pulumi/aws/s3/bucket.js";
import { BucketLifecycleConfiguration, type BucketLifecycleConfigurationArgs } from "@pulumi/aws/s3/bucketLifecycleConfiguration.js";
import { BucketOwnershipControls } from "@pulumi/aws/s3/bucketOwnershipControls.js";
import { BucketPolicy } from "@pulumi/aws/s3/bucketPolicy.js";
import { BucketPublicAccessBlock } from "@pulumi/aws/s3/bucketPublicAccessBlock.js";
import { BucketServerSideEncryptionConfiguration } from "@pulumi/aws/s3/bucketServerSideEncryptionConfiguration.js";
import { BucketVersioning } from "@pulumi/aws/s3/bucketVersioning.js";
import * as pulumi from "@pulumi/pulumi";
import { type Statement, tlsOnly } from "./policies.ts";

export interface PrivateBucketArgs {
  readonly region: string;
  /** Full name; or a beginning that AWS completes, for buckets that may outlive their stack. */
  readonly name: { readonly bucket: string } | { readonly bucketPrefix: string };
  readonly versioned: boolean;
  /** `data`: destroy leaves the bucket and what is in it; `stack`: destroy empties it. */
  readonly keeps: "data" | "stack";
  readonly lifecycle: Exclude<BucketLifecycleConfigurationArgs["rules"], undefined>;
  /** Statements besides the one that refuses plain HTTP, and the account they are about. */
  readonly statements?: (arn: string, account: string) => readonly Statement[];
  readonly account?: pulumi.Output<string>;
}

/** A bucket that nobody outside the account can read: no public access, no ACLs, encrypted, TLS only. */
export class PrivateBucket extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;
  /** Done when objects may be put. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: PrivateBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headend:aws:PrivateBucket", name, { keeps: args.keeps }, opts);
    const { region } = args;
    const at = { parent: this, retainOnDelete: args.keeps === "data" };
    const bucket = new Bucket(name, { ...args.name, region, forceDestroy: args.keeps === "stack" }, at);
    const of = { bucket: bucket.id, region };
    new BucketOwnershipControls(name, { ...of, rule: { objectOwnership: "BucketOwnerEnforced" } }, at);
    const block = new BucketPublicAccessBlock(name, { ...of, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true }, at);
    new BucketServerSideEncryptionConfiguration(name, { ...of, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" }, bucketKeyEnabled: false }] }, at);
    const versioning = args.versioned ? new BucketVersioning(name, { ...of, versioningConfiguration: { status: "Enabled" } }, at) : bucket;
    // A rule about old versions is refused while versions are off.
    new BucketLifecycleConfiguration(name, { ...of, rules: args.lifecycle }, { ...at, dependsOn: versioning });
    // Two changes of a bucket's access at once collide.
    new BucketPolicy(name, { ...of, policy: pulumi.all([bucket.arn, args.account ?? ""]).apply(([arn, account]) => JSON.stringify(tlsOnly(arn, args.statements?.(arn, account)))) }, { ...at, dependsOn: block });
    this.id = bucket.id;
    this.arn = bucket.arn;
    this.ready = versioning;
    this.registerOutputs({});
  }
}

/** Parts of uploads that never ended cost money and are in no listing. */
export const ABORT_UPLOADS = { id: "abort-uploads", status: "Enabled", filter: { prefix: "" }, abortIncompleteMultipartUpload: { daysAfterInitiation: 2 } } as const;
