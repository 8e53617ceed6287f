/** One AWS host for real: user data on an empty Debian 13 under systemd, until it serves; then edits, refusals, outages, a reboot. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planTopology } from "../../infra/plan/plan.ts";
import type { Bundle } from "../../infra/render/bundle.ts";
import { renderPlan } from "../../infra/render/render.ts";
import { loadTopology } from "../../infra/spec/load.ts";
import { docker } from "../../scripts/live/docker.ts";
import { ensureAwsPrograms, silentReporter } from "../../scripts/setup/index.ts";
import { fileURLToPath } from "node:url";
import { BUCKET, INSTANCE, LoneHost, sha256, until } from "../aws-sim/lib/lone-host.ts";
import { ensureAmi } from "../aws-sim/world/ami.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SECRET = "a-stack-secret-of-forty-characters-00000";
let host: LoneHost;
let bundle: Bundle;
let bootMs = 0;
let programsPath = "";

function edited(change: (yaml: string) => string): Bundle {
  return { ...bundle, files: bundle.files.map((f) => f.path === "mediamtx/mediamtx.yml" ? { ...f, content: change(f.content) } : f) };
}

function certificate(): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "headend-lone-"));
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", join(folder, "key"), "-out", join(folder, "crt"), "-subj", "/CN=localhost", "-days", "3"], { stdio: "ignore" });
  const found = { "tls/server.crt": readFileSync(join(folder, "crt"), "utf8"), "tls/server.key": readFileSync(join(folder, "key"), "utf8") };
  rmSync(folder, { recursive: true });
  return found;
}

const pid = async (): Promise<string> => (await host.sh("pidof mediamtx")).stdout.trim();
const readTimeout = async (): Promise<string> => (await host.sh("curl -s http://127.0.0.1:9997/v3/config/global/get | grep -o '\"readTimeout\":\"[^\"]*\"'")).stdout.trim();

beforeAll(async () => {
  await ensureAmi(() => undefined);
  const programs = (await ensureAwsPrograms({ root: ROOT, architectures: ["x86"], reporter: silentReporter })).x86;
  if (!programs) throw new Error("no programs archive");
  programsPath = programs.path;
  const plan = planTopology(loadTopology(join(ROOT, "stacks/studio.yaml")).topology, { scale: 1 });
  const rendered = renderPlan(plan, SECRET).find((b) => b.host.startsWith("mux-"));
  if (!rendered) throw new Error("no multiplexer in the plan");
  bundle = { ...rendered, firewall: null };
  host = new LoneHost(bundle.host, "multiplexer", programs);
  const secrets = { ...Object.fromEntries(bundle.secrets.map((name) => [name, sha256(`value of ${name}`).slice(0, 40)])), ...certificate() };
  await host.prepare(bundle, secrets, { recordings: { bucket: "lone-recordings", region: "eu-central-1", keepLocalSeconds: 5, streams: plan.streams.map((s) => s.name) } });
  const began = Date.now();
  await host.start();
  await host.reported(240_000);
  bootMs = Date.now() - began;
}, 600_000);

afterAll(async () => { await host?.end(); });

describe("a host boots from user data of less than 1 KB", () => {
  test("and reports that its configuration is in force", async () => {
    const report = host.report();
    expect(report).toMatchObject({ ok: true, host: host.host, instance: INSTANCE, bundle: host.pointer.bundle, programs: host.pointer.programs });
    expect(report?.changedFiles).toContain("mediamtx/mediamtx.yml");
    expect((await host.sh("curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:9997/v3/paths/list")).stdout).toBe("200");
    expect(Buffer.byteLength(host.cloud.userData ?? "")).toBeLessThan(1024);
    process.stdout.write(`from start to serving: ${(bootMs / 1000).toFixed(1)} s\n`);
  });

  test("services have users of their own, no role and a sandbox", async () => {
    expect((await host.sh("stat -c %U /proc/$(pidof mediamtx)")).stdout.trim()).toBe("mediamtx");
    expect((await host.sh("systemctl show headend-pull -p User --value")).stdout.trim()).toBe("headend-pull");
    expect((await host.sh("grep CapEff /proc/$(pidof mediamtx)/status")).stdout).toMatch(/:\s+0{16}$/m);
    const scores = (await host.sh("systemd-analyze security --no-pager headend-hostd headend-pull headend-watch headend-recordings | grep -o 'level for .*: [0-9.]*'")).stdout;
    for (const [, unit, score] of scores.matchAll(/level for (\S+): ([\d.]+)/g)) expect(Number(score), unit).toBeLessThan(4);
    expect((await host.sh("systemd-analyze verify --man=no headend.target headend-install.path headend-install.service run-headend.mount 2>&1")).stdout).toBe("");
    expect((await host.sh("systemctl --failed --no-legend --plain")).stdout).toBe("");
  });

  test("secrets are in memory only, and in no log", async () => {
    const value = sha256(`value of ${bundle.secrets.find((n) => n.startsWith("link/"))}`).slice(0, 40);
    expect((await host.sh(`grep -rlI ${value} /etc /var /root /usr/local 2>/dev/null; journalctl --no-pager | grep -c ${value}`)).stdout.trim()).toBe("0");
    expect((await host.sh("findmnt -no FSTYPE -T /run/headend/secrets.json; stat -c '%a %U' /run/headend/secrets.json")).stdout).toBe("tmpfs\n600 root\n");
    expect(host.cloud.leaks).toEqual([]);
  });

  test("user data can be run again: nothing is installed twice, nothing restarts", async () => {
    const before = await pid();
    const again = await host.sh("headend-bootstrap", 120_000);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain("installed already");
    expect(await pid()).toBe(before);
  });
});

describe("edits", () => {
  test("reach the process in under 10 s, without a restart", async () => {
    const before = await pid();
    const began = Date.now();
    host.deploy(edited((yaml) => yaml.replace(/^readTimeout: .*$/m, "readTimeout: 5s")));
    await until("the new value in MediaMTX", 10_000, async () => await readTimeout() === '"readTimeout":"5s"');
    const took = Date.now() - began;
    expect(await host.reported()).toMatchObject({ ok: true, changedFiles: ["mediamtx/mediamtx.yml"] });
    expect(await pid()).toBe(before);
    process.stdout.write(`from pointer to process: ${(took / 1000).toFixed(1)} s\n`);
  });

  test("that are broken are refused, with the program's own words and the old configuration in force", async () => {
    const before = await pid();
    host.deploy(edited((yaml) => `${yaml}\nnoSuchKey: 1\n`));
    const report = await host.reported();
    expect(report.ok).toBe(false);
    expect(report.message).toContain("noSuchKey");
    expect(await readTimeout()).toBe('"readTimeout":"5s"');
    expect(await pid()).toBe(before);
  });

  test("whose bundle is not what its hash says are refused", async () => {
    const wrong = sha256("another");
    host.cloud.put(`${BUCKET}/hosts/${host.host}/bundles/${wrong}.json`, JSON.stringify(bundle));
    host.point({ bundle: wrong });
    expect(await host.reported()).toMatchObject({ ok: false, message: expect.stringContaining("not what its name says") as string });
    host.deploy(bundle);
    expect(await host.reported()).toMatchObject({ ok: true });
  });

  test("wait for the store to come back; what is in force stays", async () => {
    const before = await pid();
    host.cloud.outage = 503;
    host.deploy(edited((yaml) => yaml.replace(/^readTimeout: .*$/m, "readTimeout: 6s")));
    await new Promise((resolve) => { setTimeout(resolve, 8_000); });
    expect(await pid()).toBe(before);
    host.cloud.outage = null;
    expect(await host.reported(40_000)).toMatchObject({ ok: true });
    expect(await readTimeout()).toBe('"readTimeout":"6s"');
  });

  test("for programs that cannot be had are refused, and nothing is touched", async () => {
    const before = await pid();
    const missing = sha256("no such programs");
    host.point({ programs: missing });
    const report = await host.reported(60_000);
    expect(report).toMatchObject({ ok: false, message: expect.stringContaining("could not be fetched") as string });
    expect(await pid()).toBe(before);
    host.point({ programs: (host.report() as { programs: string }).programs });
    await host.reported(30_000);
  });
});

describe("programs", () => {
  test("that the pointer asks for are installed by themselves; what has not changed goes on", async () => {
    const before = await pid();
    const folder = mkdtempSync(join(tmpdir(), "headend-lone-"));
    // The same but for aws.js, and without packages: they are installed already.
    execFileSync("tar", ["-xzf", programsPath, "-C", folder, "--exclude=./packages/*", "--exclude=./packages.sha256"]);
    execFileSync("sh", ["-c", "echo '// newer' >>root/usr/lib/headend/aws.js; sed -i '/^install_packages$/d' install.sh; tar -czf ../$(basename $PWD).tar.gz ."], { cwd: folder });
    const newer = readFileSync(`${folder}.tar.gz`);
    rmSync(folder, { recursive: true });
    rmSync(`${folder}.tar.gz`);
    host.cloud.put(`${BUCKET}/programs/${sha256(newer)}.tar.gz`, newer);
    host.point({ programs: sha256(newer) });
    expect(await host.reported(60_000)).toMatchObject({ ok: true, programs: sha256(newer) });
    expect((await host.sh("tail -n 1 /usr/lib/headend/aws.js")).stdout).toBe("// newer\n");
    expect(await pid()).toBe(before);
  });

  test("that cannot be had for a first installation are told to those who wait", async () => {
    const known = host.cloud.objects.get(`${BUCKET}/programs/current-x86.json`);
    host.cloud.put(`${BUCKET}/programs/current-x86.json`, JSON.stringify({ format: 1, programs: sha256("nowhere") }));
    const run = await host.sh("mv /etc/headend/programs /root/programs; rm -f /run/headend-pull/programs; headend-bootstrap");
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("headend: FAILED: programs/");
    expect(host.report()).toMatchObject({ ok: false, bundle: "", instance: INSTANCE, message: expect.stringMatching(/^The bootstrap failed: programs\/\w{64}\.tar\.gz could not be fetched from bucket/) as string });
    await host.sh("mv /root/programs /etc/headend/programs; rm -f /run/headend-install/failure");
    host.cloud.put(`${BUCKET}/programs/current-x86.json`, known?.body ?? "");
    host.point({});
    expect(await host.reported(30_000)).toMatchObject({ ok: true });
  });
});

describe("beside", () => {
  test("finished recordings go to the bucket, then from the disk", async () => {
    await host.sh("runuser -u mediamtx -- bash -c 'cd /var/lib/headend/recordings && mkdir -p main/studio && head -c 3000000 /dev/urandom >main/studio/2026-01-01_10-00-00-000000.mp4 && touch -d \"1 minute ago\" main/studio/2026-01-01_10-00-00-000000.mp4'");
    const key = `lone-recordings/main/${host.host}/studio/2026-01-01_10-00-00-000000.mp4`;
    const found = await until("the recording in the bucket", 20_000, () => host.cloud.objects.get(key));
    expect(found.body.length).toBeGreaterThanOrEqual(3_000_000);
    await until("an empty folder", 20_000, async () => (await host.sh("ls /var/lib/headend/recordings/main/studio")).stdout.trim() === "");
  });

  test("the journal and metrics are in CloudWatch Logs, without secrets", async () => {
    await until("lines of hostd", 20_000, () => host.cloud.logs.some((l) => l.message.includes("hostd | applied")));
    await until("a metric", 80_000, () => host.cloud.logs.some((l) => l.message.includes('"Publishers":0') && l.message.includes("CloudWatchMetrics")));
    expect(new Set(host.cloud.logs.map((l) => `${l.group} ${l.stream}`))).toEqual(new Set([`/headend/lone/multiplexer ${host.host}/${INSTANCE}`]));
    for (const name of bundle.secrets.filter((n) => !n.startsWith("tls/"))) expect(host.cloud.logs.some((l) => l.message.includes(sha256(`value of ${name}`).slice(0, 40)))).toBe(false);
  });

  test("a killed hostd and a reboot bring it back by themselves", async () => {
    await host.sh("systemctl kill -s KILL headend-hostd");
    await until("MediaMTX again", 20_000, async () => (await host.sh("headend-host health")).stdout.trim() === "ready");
    await host.sh("sync; systemctl stop headend-hostd headend-pull");
    host.point({});
    await docker(["restart", "--time", "10", host.container], { timeoutMs: 60_000 });
    await host.reachMetadata();
    expect(await host.reported(60_000)).toMatchObject({ ok: true });
  });
});
