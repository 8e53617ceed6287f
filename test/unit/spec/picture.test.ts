import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { planTopology } from "../../../infra/plan/plan.ts";
import { renderPlan } from "../../../infra/render/render.ts";
import { loadTopology, TopologyError } from "../../../infra/spec/load.ts";

const dir = mkdtempSync(join(tmpdir(), "headend-picture-"));
afterAll(() => rmSync(dir, { recursive: true }));

/** A PNG's header is all that is read of it. */
function png(width: number, height: number, more = ""): Buffer {
  const header = Buffer.alloc(33);
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]).copy(header);
  header.write("IHDR", 12);
  header.writeUInt32BE(width, 16);
  header.writeUInt32BE(height, 20);
  return Buffer.concat([header, Buffer.from(more)]);
}

const file = join(dir, "topology.yaml");
function load(image: string, streams = ["main"]) {
  writeFileSync(file, `headend: 1\nname: studio\nstreams:\n${streams.map((name) => `  ${name}:\n    slate: { image: ${image} }\n`).join("")}`);
  return loadTopology(file);
}
function problem(image: string): string {
  try { load(image); } catch (error) {
    if (error instanceof TopologyError) return error.problems.map(({ position, message, allowed }) => `${position?.line}:${position?.column} ${message}; ${allowed}`).join("\n");
  }
  return "none";
}

describe("slate.image", () => {
  test("is read beside the topology file, goes to a transcoder once, and is printed as its facts", () => {
    writeFileSync(join(dir, "pause.png"), png(1280, 720));
    const plan = planTopology(load("pause.png", ["main", "second"]).topology);
    expect(JSON.parse(JSON.stringify(plan.streams[0]?.slate))).toMatchObject({ picture: { path: "pause.png", format: "png", width: 1280, height: 720, bytes: 33 } });
    const files = renderPlan(plan).find((b) => b.host === "tx-home-1")?.files.filter((f) => f.path.startsWith("slates/")) ?? [];
    expect(files.map((f) => Buffer.from(f.content, "base64").equals(png(1280, 720)))).toEqual([true]);
  });

  test("another picture of the same name is another slate", () => {
    const paths = ["", "x"].map((more) => {
      writeFileSync(join(dir, "pause.png"), png(1280, 720, more));
      return /\/[^ "\n]*slates\/main-[^ "\n]*/.exec(JSON.stringify(renderPlan(planTopology(load("pause.png").topology))))?.[0];
    });
    expect(new Set(paths).size).toBe(2);
  });

  test("what cannot be one is told with its place", () => {
    mkdirSync(join(dir, "folder.png"));
    writeFileSync(join(dir, "text.png"), "hello");
    writeFileSync(join(dir, "gif.png"), Buffer.concat([Buffer.from("GIF89a"), Buffer.alloc(20, 1)]));
    writeFileSync(join(dir, "large.png"), png(1280, 720, "x".repeat(1_000_000)));
    writeFileSync(join(dir, "tiny.png"), png(1, 1));
    const wanted = "a .png or .jpg file of up to 1 MB, relative to this file";
    expect(problem("missing.png")).toBe(`5:21 there is no such file; ${wanted}`);
    expect(problem("folder.png")).toBe(`5:21 is not a file; ${wanted}`);
    expect(problem("text.png")).toBe(`5:21 is not a picture that can be read; ${wanted}`);
    expect(problem("gif.png")).toBe(`5:21 is a picture of another kind (gif); ${wanted}`);
    expect(problem("large.png")).toBe(`5:21 is too large (1.0 MB); ${wanted}`);
    expect(problem("tiny.png")).toBe("5:21 is a picture of 1x1; 16 to 8192 pixels each way");
  });
});
