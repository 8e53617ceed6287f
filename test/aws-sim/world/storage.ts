/** S3, SSM, IAM, logs: kept in moto, where hosts find them. */
import { CreateLogGroupCommand, DeleteLogGroupCommand, PutRetentionPolicyCommand } from "@aws-sdk/client-cloudwatch-logs";
import { AddRoleToInstanceProfileCommand, CreateInstanceProfileCommand, CreateRoleCommand, DeleteRolePolicyCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import {
  CreateBucketCommand, DeleteBucketCommand, DeleteBucketPolicyCommand, DeleteObjectCommand, DeleteObjectsCommand, ListObjectVersionsCommand, PutBucketEncryptionCommand, PutBucketLifecycleConfigurationCommand, PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand, PutBucketVersioningCommand, PutObjectCommand, PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import type { LifecycleRule } from "@aws-sdk/client-s3";
import { DeleteParameterCommand, PutParameterCommand } from "@aws-sdk/client-ssm";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Properties } from "../../../scripts/plugins/wire/values.ts";
import { ACCOUNT } from "./moto.ts";
import { bool, number, object, objects, optional, some, text } from "./resource.ts";
import type { Handler, Resource, Wish } from "./resource.ts";
import type { World } from "./world.ts";

const s3 = (w: { readonly world: World; readonly region: string }) => w.world.clients(w.region).s3;

const createBucket = (w: Wish, Bucket: string): Promise<unknown> =>
  s3(w).send(new CreateBucketCommand({ Bucket, ...(w.region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: w.region as "eu-central-1" } }) }));

const bucket: Handler = {
  async create(w) {
    const Bucket = optional(w.inputs, "bucket") ?? `${text(w.inputs, "bucketPrefix")}${w.world.newId("b").slice(2)}`;
    await createBucket(w, Bucket);
    return { id: Bucket, outputs: { bucket: Bucket, arn: `arn:aws:s3:::${Bucket}`, bucketDomainName: `${Bucket}.s3.amazonaws.com`, bucketRegionalDomainName: `${Bucket}.s3.${w.region}.amazonaws.com`, hostedZoneId: "Z21DNDUVLTQW6Q" } };
  },
  async remove(world, r) {
    if (bool(r.inputs, "forceDestroy")) await empty(world, r);
    await s3({ world, region: r.region }).send(new DeleteBucketCommand({ Bucket: r.id }));
  },
};

async function empty(world: World, r: Resource): Promise<void> {
  const client = s3({ world, region: r.region });
  for (;;) {
    const list = await client.send(new ListObjectVersionsCommand({ Bucket: r.id }));
    const Objects = [...list.Versions ?? [], ...list.DeleteMarkers ?? []].map((v) => some({ Key: v.Key ?? "", VersionId: v.VersionId }));
    if (Objects.length === 0) return;
    await client.send(new DeleteObjectsCommand({ Bucket: r.id, Delete: { Objects } }));
  }
}

/** A setting of a bucket: put at create and update, gone with the bucket. */
function setting(put: (w: Wish, Bucket: string) => Promise<unknown>): Handler {
  return {
    create: async (w) => { await put(w, text(w.inputs, "bucket")); return { id: text(w.inputs, "bucket") }; },
    update: async (w) => { await put(w, text(w.inputs, "bucket")); return {}; },
  };
}

const versioning = setting((w, Bucket) => s3(w).send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: text(object(w.inputs, "versioningConfiguration"), "status") as "Enabled" } })));
const publicAccess = setting((w, Bucket) => s3(w).send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { BlockPublicAcls: bool(w.inputs, "blockPublicAcls"), BlockPublicPolicy: bool(w.inputs, "blockPublicPolicy"), IgnorePublicAcls: bool(w.inputs, "ignorePublicAcls"), RestrictPublicBuckets: bool(w.inputs, "restrictPublicBuckets") } })));
const ownership = setting((w, Bucket) => s3(w).send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership: text(object(w.inputs, "rule"), "objectOwnership") as "BucketOwnerEnforced" }] } })));
const encryption = setting((w, Bucket) => s3(w).send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules: objects(w.inputs, "rules").map((r) => ({ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: text(object(r, "applyServerSideEncryptionByDefault"), "sseAlgorithm") as "AES256" }, BucketKeyEnabled: bool(r, "bucketKeyEnabled") })) } })));
/**
 * moto looks at no condition: a Deny of plain HTTP would refuse every object that is put at the same moment. So it
 * judges the text on a bucket that nobody else uses, which goes again at once.
 */
const bucketPolicy = setting(async (w, bucket) => {
  const Bucket = `judged-${createHash("sha256").update(bucket).digest("hex").slice(0, 32)}`, client = s3(w);
  await createBucket(w, Bucket);
  await client.send(new PutBucketPolicyCommand({ Bucket, Policy: text(w.inputs, "policy").replaceAll(bucket, Bucket) }));
  await client.send(new DeleteBucketPolicyCommand({ Bucket }));
  await client.send(new DeleteBucketCommand({ Bucket }));
});
const lifecycle = setting((w, Bucket) => s3(w).send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: objects(w.inputs, "rules").map(lifecycleRule) } })));

function lifecycleRule(r: Properties): LifecycleRule {
  const has = (name: string): boolean => r[name] !== undefined;
  return some({
    ID: text(r, "id"), Status: text(r, "status") as "Enabled", Filter: { Prefix: text(object(r, "filter"), "prefix") },
    Expiration: has("expiration") ? { Days: number(object(r, "expiration"), "days") } : undefined,
    NoncurrentVersionExpiration: has("noncurrentVersionExpiration") ? { NoncurrentDays: number(object(r, "noncurrentVersionExpiration"), "noncurrentDays") } : undefined,
    AbortIncompleteMultipartUpload: has("abortIncompleteMultipartUpload") ? { DaysAfterInitiation: number(object(r, "abortIncompleteMultipartUpload"), "daysAfterInitiation") } : undefined,
  }) as LifecycleRule;
}

/** Content of an object: text, base64, or an asset. */
export function contentOf(inputs: Properties): Buffer {
  const source = object(inputs, "source"), path = optional(source, "path");
  if (path !== undefined) return readFileSync(path);
  if (typeof source["text"] === "string") return Buffer.from(source["text"]);
  const encoded = optional(inputs, "contentBase64");
  return encoded === undefined ? Buffer.from(text(inputs, "content")) : Buffer.from(encoded, "base64");
}

const putObject = async (w: Wish): Promise<Properties> => {
  const Body = contentOf(w.inputs);
  await s3(w).send(new PutObjectCommand(some({ Bucket: text(w.inputs, "bucket"), Key: text(w.inputs, "key"), Body, ContentType: optional(w.inputs, "contentType"), CacheControl: optional(w.inputs, "cacheControl"), ServerSideEncryption: optional(w.inputs, "serverSideEncryption") as "AES256" | undefined })));
  return { etag: createHash("md5").update(Body).digest("hex"), arn: `arn:aws:s3:::${text(w.inputs, "bucket")}/${text(w.inputs, "key")}`, versionId: "sim" };
};

const bucketObject: Handler = {
  create: async (w) => ({ id: `${text(w.inputs, "bucket")}/${text(w.inputs, "key")}`, outputs: await putObject(w) }),
  update: putObject,
  async remove(world, r) { await s3({ world, region: r.region }).send(new DeleteObjectCommand({ Bucket: text(r.inputs, "bucket"), Key: text(r.inputs, "key") })); },
};

const putParameter = async (w: Wish, Overwrite: boolean): Promise<Properties> => {
  const i = w.inputs, Value = optional(i, "value") ?? optional(i, "insecureValue") ?? "";
  const put = await w.world.clients(w.region).ssm.send(new PutParameterCommand(some({ Name: text(i, "name"), Type: text(i, "type") as "String", Value, Overwrite, Tier: optional(i, "tier") as "Standard" | undefined, Description: optional(i, "description"), KeyId: optional(i, "keyId"), DataType: optional(i, "dataType") })));
  return { arn: `arn:aws:ssm:${w.region}:${ACCOUNT}:parameter${text(i, "name")}`, version: put.Version ?? 1 };
};

const parameter: Handler = {
  create: async (w) => ({ id: text(w.inputs, "name"), outputs: await putParameter(w, false) }),
  update: (w) => putParameter(w, true),
  async remove(world, r) { await world.clients(r.region).ssm.send(new DeleteParameterCommand({ Name: text(r.inputs, "name") })); },
};

const role: Handler = {
  async create(w) {
    const RoleName = text(w.inputs, "name");
    await w.world.clients(w.region).iam.send(new CreateRoleCommand(some({ RoleName, AssumeRolePolicyDocument: text(w.inputs, "assumeRolePolicy"), Description: optional(w.inputs, "description"), Path: optional(w.inputs, "path") })));
    return { id: RoleName, outputs: { arn: `arn:aws:iam::${ACCOUNT}:role/${RoleName}`, uniqueId: w.world.newId("AROA"), createDate: new Date().toISOString() } };
  },
};

const putPolicy = async (w: Wish): Promise<Properties> => {
  await w.world.clients(w.region).iam.send(new PutRolePolicyCommand({ RoleName: text(w.inputs, "role"), PolicyName: text(w.inputs, "name"), PolicyDocument: text(w.inputs, "policy") }));
  return {};
};

const rolePolicy: Handler = {
  create: async (w) => { await putPolicy(w); return { id: `${text(w.inputs, "role")}:${text(w.inputs, "name")}` }; },
  update: putPolicy,
  async remove(world, r) { await world.clients(r.region).iam.send(new DeleteRolePolicyCommand({ RoleName: text(r.inputs, "role"), PolicyName: text(r.inputs, "name") })); },
};

const profile: Handler = {
  async create(w) {
    const InstanceProfileName = text(w.inputs, "name"), RoleName = optional(w.inputs, "role"), iam = w.world.clients(w.region).iam;
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }));
    if (RoleName !== undefined) await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }));
    return { id: InstanceProfileName, outputs: { arn: `arn:aws:iam::${ACCOUNT}:instance-profile/${InstanceProfileName}`, uniqueId: w.world.newId("AIPA"), createDate: new Date().toISOString() } };
  },
};

const logGroup: Handler = {
  async create(w) {
    const logGroupName = text(w.inputs, "name"), logs = w.world.clients(w.region).logs;
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    if (number(w.inputs, "retentionInDays") > 0) await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: number(w.inputs, "retentionInDays") }));
    return { id: logGroupName, outputs: { arn: `arn:aws:logs:${w.region}:${ACCOUNT}:log-group:${logGroupName}` } };
  },
  async remove(world, r) { await world.clients(r.region).logs.send(new DeleteLogGroupCommand({ logGroupName: r.id })); },
};

export const STORAGE: Readonly<Record<string, Handler>> = {
  "s3/Bucket": bucket, "s3/BucketVersioning": versioning, "s3/BucketPublicAccessBlock": publicAccess, "s3/BucketOwnershipControls": ownership, "s3/BucketServerSideEncryptionConfiguration": encryption,
  "s3/BucketPolicy": bucketPolicy, "s3/BucketLifecycleConfiguration": lifecycle, "s3/BucketObjectv2": bucketObject, "s3/BucketObject": bucketObject, "ssm/Parameter": parameter,
  "iam/Role": role, "iam/RolePolicy": rolePolicy, "iam/InstanceProfile": profile, "cloudwatch/LogGroup": logGroup,
};
