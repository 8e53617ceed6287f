import { mkdtempSync, mkdirSync, writeFileSync, existsSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Uploader } from "../../../infra/host/recordings/uploader.ts";
import { parseEntry } from "../../../infra/host/watch/journal.ts";
import { embedded, ingestMetrics, speedMetrics } from "../../../infra/host/watch/metrics.ts";
import { requestsIn } from "../../../infra/host/watch/nginx.ts";
import { Shipper, type LogEvent } from "../../../infra/host/watch/shipper.ts";

describe("metrics", () => {
  const path = (name: string, online: boolean, inboundBytes: number): { name: string; online: boolean; inboundBytes: number } => ({ name, online, inboundBytes });

  test("a stream is there while one of its publishers is; its rate is that of the best", () => {
    const before = [path("main/truck", true, 1_000_000), path("main/laptop", true, 0), path("side/a", false, 0)];
    const now = [path("main/truck", true, 46_000_000), path("main/laptop", true, 1_000_000), path("side/a", false, 0)];
    expect(ingestMetrics(now, before, 60)).toEqual([
      { metric: "publishers", stream: "main", value: 1 }, { metric: "ingest", stream: "main", value: 6000 }, { metric: "publishers", stream: "side", value: 0 },
    ]);
    expect(ingestMetrics([path("main/truck", true, 500)], before, 60)).toEqual([{ metric: "publishers", stream: "main", value: 1 }]);   // it came back: unknown, not negative
  });

  test("the lowest speed of the minute counts", () => {
    expect(speedMetrics([[{ name: "main", speed: 1 }], [{ name: "main", speed: 0.7 }], [{ name: "main", speed: null }]])).toEqual([{ metric: "speed", stream: "main", value: 0.7 }]);
  });

  test("lines are in the embedded metric format", () => {
    expect(embedded([{ metric: "disk", value: 42.12345 }], { namespace: "headend/s", host: "mux-eu-a" }, 1000)).toEqual([
      '{"_aws":{"Timestamp":1000,"CloudWatchMetrics":[{"Namespace":"headend/s","Dimensions":[["Host"]],"Metrics":[{"Name":"DiskUsed","Unit":"Percent"}]}]},"Host":"mux-eu-a","DiskUsed":42.123}',
    ]);
  });

  test("nginx's status page", () => {
    expect(requestsIn("Active connections: 3 \nserver accepts handled requests\n 10 10 4711 \nReading: 0 Writing: 1 Waiting: 2 \n")).toBe(4711);
    expect(requestsIn("no")).toBeNull();
  });
});

describe("journal lines", () => {
  test("carry their unit, hostd's carry the service already", () => {
    const line = (unit: string, message: unknown): string => JSON.stringify({ MESSAGE: message, __CURSOR: "c", __REALTIME_TIMESTAMP: "1700000000123456", _SYSTEMD_UNIT: unit });
    expect(parseEntry(line("headend-hostd.service", "nginx | started"))).toEqual({ at: 1_700_000_000_123, text: "nginx | started", cursor: "c" });
    expect(parseEntry(line("headend-pull.service", "in force"))?.text).toBe("headend-pull | in force");
    expect(parseEntry(line("headend-pull.service", [104, 105]))?.text).toBe("headend-pull | hi");
    expect(parseEntry("{")).toBeNull();
  });

  test("are sent in order, in batches within the limits, and kept while nothing can be sent", async () => {
    const sent: (readonly LogEvent[])[] = [];
    let down = true;
    const arrived: string[] = [];
    const shipper = new Shipper({ send: (events) => { if (down) return Promise.reject(new Error("503")); sent.push(events); return Promise.resolve(); }, arrived: (c) => { arrived.push(c); } });
    for (let i = 0; i < 12_000; i++) shipper.add(i, `line ${i}`, `c${i}`);
    shipper.add(5, "late");
    await expect(shipper.flush()).rejects.toThrow("503");
    down = false;
    await shipper.flush();
    expect(sent.map((b) => b.length)).toEqual([10_000, 2_001]);
    expect(arrived).toEqual(["c9999", "c11999"]);
    expect(sent[1]?.map((e) => e.timestamp)).toEqual([...(sent[1] ?? []).map((e) => e.timestamp)].sort((a, b) => a - b));
    shipper.add(20_000, "x".repeat(900_000));
    await shipper.flush();
    expect(Buffer.byteLength(sent[2]?.[0]?.message ?? "")).toBeLessThan(256_000);
  });
});

describe("recordings", () => {
  function world(): { folder: string; uploads: string[]; down: boolean; free: number; now: number; make: () => Uploader; file: (name: string, ageSeconds: number) => string } {
    const folder = mkdtempSync(join(tmpdir(), "headend-rec-"));
    const w = {
      folder, uploads: [] as string[], down: false, free: 0.5, now: Date.now(),
      make: () => new Uploader({
        folder, memory: join(folder, "..", `${folder}.json`), host: "mux-eu-a", free: () => w.free, now: () => w.now, log: () => undefined,
        upload: (place, key) => { if (w.down) return Promise.reject(new Error("no")); w.uploads.push(`${place.bucket}/${key}`); return Promise.resolve(); },
      }),
      file: (name: string, ageSeconds: number) => {
        const path = join(folder, "main/truck", name);
        mkdirSync(join(folder, "main/truck"), { recursive: true });
        writeFileSync(path, name);
        utimesSync(path, (w.now - ageSeconds * 1000) / 1000, (w.now - ageSeconds * 1000) / 1000);
        return path;
      },
    };
    return w;
  }
  const PLACE = { bucket: "rec", region: "eu-central-1", keepLocalSeconds: 600, streams: ["main"] };

  test("finished files are uploaded once, also after a restart, and removed after their time", async () => {
    const w = world();
    const old = w.file("2026-01-01_10-00-00-000000.mp4", 60);
    const open = w.file("2026-01-01_10-10-00-000000.mp4", 1);
    await w.make().pass(PLACE);
    await w.make().pass(PLACE);
    expect(w.uploads).toEqual(["rec/main/mux-eu-a/truck/2026-01-01_10-00-00-000000.mp4"]);
    expect([existsSync(old), existsSync(open)]).toEqual([true, true]);
    w.now += 600_000;
    await w.make().pass(PLACE);
    expect([existsSync(old), existsSync(open)]).toEqual([false, false]);
    expect(w.uploads).toHaveLength(2);
  });

  test("what could not be uploaded stays; a full disk is emptied of what is safe only", async () => {
    const w = world();
    const first = w.file("a.mp4", 700);
    w.down = true;
    w.free = 0.01;
    expect(await w.make().pass(PLACE)).toBe(1);
    expect(existsSync(first)).toBe(true);
    w.down = false;
    await w.make().pass(PLACE);
    expect(existsSync(first)).toBe(false);
  });
});
