/** What `headend kit` hands out really publishes: its own commands, run word for word but for the input, and its WHIP settings. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Kit, Way } from "../../scripts/cli/kit/kit.ts";
import { docker, type ExecResult, run, runArgs, testName } from "../../scripts/live/docker.ts";
import { publish } from "../../scripts/live/publish.ts";
import { type Outputs, TestStack } from "./lib/stack.ts";
import { onAir } from "./lib/status.ts";

const HEADEND = fileURLToPath(new URL("../../scripts/headend.mjs", import.meta.url));
const INPUT = "-re -f lavfi -i testsrc2=s=320x180:r=30 -re -f lavfi -i sine=r=48000";
const stack = new TestStack({
  name: "e2e-kit",
  topology: "streams:\n  main:\n    source: { resolution: 320x180, fps: 30, bitrate: 400 kbps }\n    ladder: [180p]\n    encoder: { preset: ultrafast }\n    publishers: { desk: { via: [srt, rtmps, rtmp, whip] } }\n",
});
const out = mkdtempSync(join(tmpdir(), "headend-test-kit-"));
let kit: Kit, outputs: Outputs;

beforeAll(async () => {
  await stack.init();
  await stack.up();
  outputs = await stack.outputs();
  const { code, stdout, stderr } = await headend("kit", "--stack", "e2e-kit", "--json", "--show-secrets");
  expect(code, stderr).toBe(0);
  kit = JSON.parse(stdout) as Kit;
}, 300_000);
afterAll(async () => {
  rmSync(out, { recursive: true, force: true });
  await stack.destroy();
}, 120_000);

/** The command as a person runs it, on the test's own state. */
function headend(...args: string[]): Promise<ExecResult> {
  return run("env", [`PULUMI_BACKEND_URL=file://${join(stack.dir, "state")}`, "PULUMI_CONFIG_PASSPHRASE=test", process.execPath, HEADEND, ...args]);
}

function way(protocol: Way["protocol"]): Way {
  return kit.publishers[0]!.ways.find((one) => one.protocol === protocol)!;
}

/** Runs a command of the kit in a shell of a container with FFmpeg, until the stream is on air. */
async function publishes(command: string): Promise<void> {
  const name = testName("kit");
  const child = spawn("docker", [...runArgs(name, {}, ["--init", "--entrypoint", "sh"]), "-c", `exec ${command.replace("-re -i INPUT", INPUT)}`], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (b: Buffer) => { log = (log + b.toString()).slice(-4000); });
  try {
    await onAir(stack, "main", "desk").catch((error: Error) => { throw new Error(`${error.message}\n${log}`); });
  } finally {
    await docker(["rm", "-f", name]).catch(() => undefined);
  }
  await onAir(stack, "main", null);
}

describe("the kit's own commands", () => {
  test.each(["srt", "rtmps", "rtmp"] as const)("ffmpeg by %s is on air", async (protocol) => {
    await publishes(way(protocol).ffmpeg);
  });

  // FFmpeg publishes WHIP from version 8 on, which Debian does not have: a browser stands in, with the kit's address and token.
  test("WHIP with the kit's address and bearer token is on air", async () => {
    const { obs } = way("whip");
    const publisher = await publish({ via: "whip", url: obs.server, token: obs.fields["Bearer Token"] ?? "", ca: outputs.ca ?? "", width: 320, height: 180 });
    try { await onAir(stack, "main", "desk"); } finally { await publisher.stop(); }
  });

  test("folders hold the same keys, for their owner's eyes only", async () => {
    const { code, stderr } = await headend("kit", "--stack", "e2e-kit", "--show-secrets", "--out", join(out, "kit"));
    expect(code, stderr).toBe(0);
    const folder = join(out, "kit", "main.desk");
    expect(stderr).not.toContain(stack.key("main", "desk"));
    for (const file of ["sheet.html", "kit.json"]) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    const rtmp = readdirSync(join(folder, "obs")).find((name) => name.includes("-rtmp-"))!;
    const { settings } = JSON.parse(readFileSync(join(folder, "obs", rtmp, "service.json"), "utf8")) as { settings: { server: string; key: string } };
    expect(`${settings.server}/${settings.key}`).toBe(way("rtmp").url);
    expect(way("rtmp").ffmpeg).toContain(`'${way("rtmp").url}'`);
    expect(readFileSync(join(folder, "sheet.html"), "utf8")).toContain(stack.key("main", "desk"));
  });
});
