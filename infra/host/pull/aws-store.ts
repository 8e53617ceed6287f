/** The store on AWS: S3 for pointer, bundles and reports, SSM for secrets. Credentials are the instance's role. */
import { GetObjectCommand, PutObjectCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { createHash } from "node:crypto";
import { parameterName, STORE, type HostPointer, type Orders } from "../../targets/aws/contract.ts";
import { HostFailure } from "../failure.ts";
import type { StoreSettings } from "./settings.ts";
import type { ConfigStore } from "./store.ts";

/** GetParameters takes no more. */
const NAMES_PER_CALL = 10;

/** Short limits: what does not answer now is asked again in seconds. */
export const PATIENCE = { maxAttempts: 2, requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000 } } as const;

/** Settings of a client; an emulator's address (AWS_ENDPOINT_URL) has no names for buckets. */
export function clientSettings(region: string, env: Readonly<Record<string, string | undefined>> = process.env): S3ClientConfig {
  return { region, ...PATIENCE, ...(env["AWS_ENDPOINT_URL"] ? { forcePathStyle: true } : {}) };
}

/** @param region the host's own, where its secrets are */
export function awsStore(settings: StoreSettings, region: string, instance: string): ConfigStore {
  const s3 = new S3Client(clientSettings(settings.bucketRegion));
  const ssm = new SSMClient({ region, ...PATIENCE });
  const { bucket: Bucket, host } = settings;
  return {
    async pointer() {
      try {
        // Not conditional: If-None-Match would hide that the same text was written again, which asks for another try.
        const got = await s3.send(new GetObjectCommand({ Bucket, Key: STORE.pointer(host) }));
        const pointer = readPointer(await got.Body?.transformToString() ?? "", STORE.pointer(host));
        return { pointer, version: got.VersionId ?? `${got.ETag ?? ""} ${got.LastModified?.toISOString() ?? ""}` };
      } catch (error) {
        if (error instanceof Error && error.name === "NoSuchKey") return null;
        throw error;
      }
    },

    async bundle(sha256) {
      const Key = STORE.bundle(host, sha256);
      const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
      const text = await got.Body?.transformToString() ?? "";
      const actual = createHash("sha256").update(text).digest("hex");
      if (actual !== sha256) throw new HostFailure(`${Key} in bucket ${Bucket} is not what its name says: its SHA-256 is ${actual}. Nothing was changed. Run "up" again to write it anew.`);
      return text;
    },

    async secrets(path, names) {
      const values: Record<string, string> = {};
      for (let at = 0; at < names.length; at += NAMES_PER_CALL) {
        const wanted = names.slice(at, at + NAMES_PER_CALL);
        const got = await ssm.send(new GetParametersCommand({ Names: wanted.map((name) => parameterName(path, name)), WithDecryption: true }));
        const found = new Map((got.Parameters ?? []).map((p) => [p.Name, p.Value]));
        for (const name of wanted) {
          const value = found.get(parameterName(path, name));
          if (value === undefined) throw new HostFailure(`Parameter ${parameterName(path, name)} is not in SSM in ${region}, and this host needs it. Run "up" again.`);
          values[name] = value;
        }
      }
      return values;
    },

    async report(report) {
      await s3.send(new PutObjectCommand({
        Bucket, Key: STORE.report(host, instance), Body: JSON.stringify(report, null, 2), ContentType: "application/json",
      }));
    },

    async orders() {
      try {
        const got = await s3.send(new GetObjectCommand({ Bucket, Key: STORE.orders(host) }));
        return readOrders(await got.Body?.transformToString() ?? "");
      } catch (error) {
        if (error instanceof Error && error.name === "NoSuchKey") return null;
        throw error;
      }
    },

    async live(live) {
      await s3.send(new PutObjectCommand({ Bucket, Key: STORE.live(host, instance), Body: JSON.stringify(live), ContentType: "application/json" }));
    },
  };
}

function readPointer(text: string, key: string): HostPointer {
  let pointer: HostPointer;
  try { pointer = JSON.parse(text) as HostPointer; } catch { throw new HostFailure(`${key} is not JSON. Run "up" again to write it anew.`); }
  if (pointer.format !== 1) throw new HostFailure(`${key} has format ${String(pointer.format)}; this host understands 1. Its programs are older than the tool that wrote it: replace the host.`);
  return pointer;
}

function readOrders(text: string): Orders {
  const orders = JSON.parse(text) as Orders;
  if (orders.format !== 1) throw new HostFailure(`orders have format ${String(orders.format)}; this host understands 1`);
  return orders;
}
