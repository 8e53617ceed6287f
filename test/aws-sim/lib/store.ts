/** The stack's store as its operator sees it: pointers, reports, and a bundle that no rendering would make. */
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { STORE } from "../../../infra/targets/aws/contract.ts";
import type { Expectations, HostPointer, Report } from "../../../infra/targets/aws/contract.ts";
import type { Bundle } from "../../../infra/render/bundle.ts";
import { waitCommand } from "../../../infra/targets/aws/host-side.ts";
import type { World } from "../world/world.ts";

const ROOT = resolve(fileURLToPath(new URL("../../..", import.meta.url)));

export class StoreView {
  readonly bucket: string;
  private readonly region: string;
  constructor(private readonly world: World) {
    const bootstrap = world.all("s3/BucketObjectv2").find((o) => String(o.inputs["key"]).startsWith("bootstrap/"));
    const found = world.all("s3/Bucket").find((b) => b.id === bootstrap?.inputs["bucket"]);
    if (found === undefined) throw new Error("the stack has no store");
    this.bucket = found.id;
    this.region = found.region;
  }

  async text(Key: string): Promise<string> { return await (await this.s3.send(new GetObjectCommand({ Bucket: this.bucket, Key }))).Body?.transformToString() ?? ""; }
  async put(Key: string, Body: string): Promise<void> { await this.s3.send(new PutObjectCommand({ Bucket: this.bucket, Key, Body })); }
  async pointer(key: string): Promise<HostPointer> { return JSON.parse(await this.text(STORE.pointer(key))) as HostPointer; }
  async bundle(key: string): Promise<Bundle> { return JSON.parse(await this.text(STORE.bundle(key, (await this.pointer(key)).bundle))) as Bundle; }
  async report(key: string, instance: string): Promise<Report | null> {
    try { return JSON.parse(await this.text(STORE.report(key, instance))) as Report; } catch { return null; }
  }

  /** Puts a bundle in place of a host's present one, as `up` does. @returns the pointer before, and the present one */
  async point(key: string, change: (bundle: Bundle) => Bundle): Promise<{ readonly before: HostPointer; readonly now: HostPointer }> {
    const before = await this.pointer(key), text = JSON.stringify(change(await this.bundle(key))), bundle = createHash("sha256").update(text).digest("hex");
    await this.put(STORE.bundle(key, bundle), text);
    const now = { ...before, bundle };
    await this.put(STORE.pointer(key), JSON.stringify(now));
    return { before, now };
  }
  async restore(key: string, pointer: HostPointer): Promise<void> { await this.put(STORE.pointer(key), JSON.stringify(pointer)); }

  /** The program that `up` waits with, asked about one instance. */
  wait(stack: string, pointer: HostPointer, instance: string, env: NodeJS.ProcessEnv): Promise<{ readonly code: number; readonly said: string }> {
    const wish: Expectations = {
      stack, bucket: this.bucket, bucketRegion: this.region, timeoutSeconds: 90,
      hosts: [{ key: pointer.host, region: this.region, bundle: pointer.bundle, secretsVersion: pointer.secrets.version, programs: pointer.programs, who: { instance } }],
    };
    return new Promise((done) => {
      const child = spawn("sh", ["-c", waitCommand(ROOT)], { cwd: ROOT, env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
      let said = "";
      for (const s of [child.stdout, child.stderr]) s.on("data", (b: Buffer) => { said += b.toString(); });
      child.on("close", (code) => done({ code: code ?? 137, said }));
      child.stdin.end(JSON.stringify(wish));
    });
  }

  private get s3() { return this.world.clients(this.region).s3; }
}
