import type { OnAir } from "../../plan/impact/on-air.ts";
import type { Deployed } from "../target.ts";
import { isSilent, STORE, type Live } from "./contract.ts";

/** Who publishes now, as multiplexers tell within seconds in the stack's store. Only reads. Rejects when the store cannot be read. */
export async function awsOnAir(multiplexers: readonly string[], store: Deployed["store"], now = Date.now()): Promise<OnAir[]> {
  if (store === undefined) return [];
  // Only here, where an apply would cut somebody off: the client takes a third of a second to load.
  const { GetObjectCommand, ListObjectsV2Command, S3Client } = await import("@aws-sdk/client-s3");
  const s3 = new S3Client({ region: store.region, maxAttempts: 2, ...(process.env["AWS_ENDPOINT_URL"] ? { forcePathStyle: true } : {}) });
  const lives = await Promise.all(multiplexers.map(async (host) => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: store.bucket, Prefix: STORE.lives(host) }));
    // Its predecessors' objects stay in the store.
    const newest = [...Contents].sort((a, b) => (b.LastModified?.getTime() ?? 0) - (a.LastModified?.getTime() ?? 0))[0];
    if (newest?.Key === undefined) return null;
    return JSON.parse(await (await s3.send(new GetObjectCommand({ Bucket: store.bucket, Key: newest.Key }))).Body?.transformToString() ?? "null") as Live | null;
  }));
  // At one that does not run nobody publishes whom an apply could cut off.
  return lives.flatMap((live) => (live === null || isSilent(live, now) ? [] : (live.publishers ?? []).map((path) => {
    const [stream = "", publisher = ""] = path.split("/");
    return { multiplexer: live.host, stream, publisher };
  })));
}
