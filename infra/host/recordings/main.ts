/** `aws.js recordings`: runs on every host, works on those whose pointer names a place for recordings. */
import { S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { createReadStream, statfsSync } from "node:fs";
import { join } from "node:path";
import { RECORDINGS } from "../../render/paths.ts";
import type { RecordingsPlace } from "../../targets/aws/contract.ts";
import { realClock, sleep } from "../clock.ts";
import { clientSettings } from "../pull/aws-store.ts";
import { readPointerFile } from "../pull/pointer-file.ts";
import { readSettings } from "../pull/settings.ts";
import { Uploader } from "./uploader.ts";

const EVERY_MS = 5_000;
const PART_BYTES = 16 * 1024 * 1024;
const TYPES: Readonly<Record<string, string>> = { mp4: "video/mp4", ts: "video/mp2t" };

/** Runs until it is told to stop. */
export async function recordings(): Promise<number> {
  const log = (line: string): void => { process.stdout.write(`${line}\n`); };
  const settings = readSettings();
  const clients = new Map<string, S3Client>();
  const uploader = new Uploader({
    folder: RECORDINGS, memory: join(process.env["STATE_DIRECTORY"] ?? "/var/lib/headend-recordings", "uploaded.json"), host: settings.host,
    async upload({ bucket, region }: RecordingsPlace, Key: string, file: string) {
      const client = clients.get(region) ?? new S3Client({ ...clientSettings(region), maxAttempts: 5, requestHandler: { connectionTimeout: 5_000, requestTimeout: 120_000 } });
      clients.set(region, client);
      // Every part carries a checksum that S3 compares: an answer without error means that all bytes are there.
      await new Upload({
        client, partSize: PART_BYTES, queueSize: 2, leavePartsOnError: false,
        params: { Bucket: bucket, Key, Body: createReadStream(file), ContentType: TYPES[file.split(".").pop() ?? ""] ?? "application/octet-stream", ChecksumAlgorithm: "CRC32" },
      }).done();
    },
    free: () => { const { bavail, blocks } = statfsSync(RECORDINGS); return bavail / blocks; },
    now: () => Date.now(), log,
  });
  for (;;) {
    const place = readPointerFile()?.recordings ?? null;
    if (place !== null) await uploader.pass(place);
    await sleep(realClock, EVERY_MS);
  }
}
