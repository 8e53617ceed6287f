/** The aws target on a simulated account: boots from nothing, plays through the CDN, takes edits, loses hosts, leaves nothing. */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Host, Plan } from "../../infra/plan/model.ts";
import { planTopology } from "../../infra/plan/plan.ts";
import { loadTopology } from "../../infra/spec/load.ts";
import { STORE, groupKey } from "../../infra/targets/aws/contract.ts";
import { openViewer } from "../../scripts/live/browser.ts";
import { chromiumPath } from "../../scripts/live/chromium.ts";
import { docker, run } from "../../scripts/live/docker.ts";
import { httpRequest } from "../../scripts/live/http.ts";
import { HlsViewer } from "../../scripts/live/hls-viewer.ts";
import { waitFor } from "../../scripts/live/wait.ts";
import { ensureAwsPrograms } from "../../scripts/setup/index.ts";
import { BASE_IMAGE } from "../../scripts/setup/parts/base-image.ts";
import { decode } from "../e2e/lib/decode.ts";
import { awsStack, simulationEnv } from "./lib/aws-stack.ts";
import type { AwsStack } from "./lib/aws-stack.ts";
import { headend } from "./lib/operator.ts";
import { bystander, lookUp, publish } from "./lib/people.ts";
import type { SimPublisher } from "./lib/people.ts";
import { sources } from "./lib/page.ts";
import { allowedFromAnywhere, allowedFromHost, machineOf, portsOf, reached } from "./lib/reach.ts";
import { StoreView } from "./lib/store.ts";
import { cannotSimulate } from "./lib/able.ts";
import { DOMAIN, smallTopology } from "./topology.ts";
import { publicAddress } from "./world/state.ts";

const NAME = "e2e-aws", SCALE = "0.25", GROUP = groupKey("eu");
const ROOT = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const PLAYLIST = `https://${DOMAIN}/live/main/index.m3u8`;
/** What the task asks of an edit, from the moment that `up` has put the pointer until the host says that it is in force. */
const EDIT_LIMIT_S = 10;
/** hls.js keeps three segments of two seconds; a viewer must not notice less. */
const BUFFER_S = 6;
const PLAYED_S = 4;
/** Of a distributor that ends; more than the 30 s that a host drains at least. */
const DRAIN_S = 40;
const why = cannotSimulate();

describe("aws", () => {
  let aws: AwsStack, plan: Plan, publisher: SimPublisher, store: StoreView;
  let bootSeconds = 0, deployed: Promise<string> | undefined;
  const keyOf = (h: Host): string => (h.role === "distributor" ? GROUP : h.name);
  /** The names that a viewer may be led to, and whose certificates he trusts: CloudFront's, and the stack's own in place of a public one. */
  const internet = async (): Promise<{ ca: string; hosts: Record<string, string> }> => {
    const found = await Promise.all([DOMAIN, `origin-eu.${DOMAIN}`, `origin-us.${DOMAIN}`].map(async (name) => [name, (await lookUp(aws.world, name))[0]] as const));
    return { ca: [aws.world.ca.pem, ...aws.world.originAuthorities].join("\n"), hosts: Object.fromEntries(found.flatMap(([name, address]) => (address === undefined ? [] : [[name, address]]))) };
  };
  const viewer = async (): Promise<HlsViewer> => {
    const v = new HlsViewer({ url: PLAYLIST, ...await internet() }).start();
    await v.playing(60_000);
    return v;
  };

  /** A viewer's notes are needed most where they are not as wished. */
  const unstalled = (seen: Awaited<ReturnType<HlsViewer["stop"]>>): void => {
    if (seen.stalls > 0) process.stderr.write(`        ${seen.stalls} stalls, ${seen.stallSeconds.toFixed(1)} s; longest without news ${seen.longestQuiet.toFixed(1)} s\n${seen.log.map((l) => `          ${l}\n`).join("")}`);
    expect(seen.stalls).toBe(0);
  };

  beforeEach(async ({ skip }) => {
    if (why !== null) skip(why);
    // One cause is told once: what follows has nothing to look at.
    await deployed?.catch(() => skip("the first `pulumi up` failed"));
  });
  beforeAll(async () => {
    if (why !== null) return;
    await ensureAwsPrograms({ root: ROOT, architectures: ["x86"] });
    aws = await awsStack({ name: NAME, topology: smallTopology(), config: { scale: SCALE } });
    plan = planTopology(loadTopology(aws.stack.topologyFile).topology, { scale: Number(SCALE) });
  }, 590_000);
  afterAll(async () => { await publisher?.stop().catch(() => undefined); await aws?.close(); }, 120_000);

  it("boots every host from an empty Debian and serves", async () => {
    const began = Date.now();
    await (deployed = aws.stack.up());
    const { ca } = await aws.stack.outputs();
    // The stack's own authority stands in for a public one, which CloudFront would trust by itself.
    aws.world.originAuthorities.push(ca ?? "");
    await aws.world.tell();
    const v = await viewer();
    bootSeconds = (Date.now() - began) / 1000;
    await v.stop();
    store = new StoreView(aws.world);
    process.stderr.write(`        from nothing to playing through the CDN: ${bootSeconds.toFixed(0)} s\n`);
    expect(aws.world.events.filter((e) => e.kind === "denied" || e.kind === "unknown-call"), "calls that the hosts' roles do not allow").toEqual([]);
    for (const m of aws.world.machines.values()) {
      const failed = (await run("docker", ["exec", m.container, "systemctl", "--failed", "--no-legend", "--plain"])).stdout.trim();
      expect(failed, `${m.tags["headend-host"]}: failed units`).toBe("");
    }
  }, 580_000);

  it("changes nothing when nothing changed", async () => {
    expect(await aws.stack.previewSteps()).toEqual([]);
  }, 120_000);

  it("keeps what hosts must not show out of user data and state", async () => {
    const key = aws.stack.key("main", "truck");
    for (const m of aws.world.machines.values()) {
      expect(m.userData?.length ?? 0).toBeLessThan(1536);
      expect(m.userData).not.toContain(key);
      expect(m.tokensRequired).toBe(true);
    }
    expect(await aws.stack.export()).not.toContain(key);
  }, 60_000);

  it("tells by status and doctor how hosts and streams are, without Docker", async () => {
    const status = await headend(aws, DOMAIN, "status", ["--json"]);
    const told = JSON.parse(status.stdout || "null") as { ready: boolean; hosts: { host: string; state: string }[]; streams: { name: string; played: unknown }[] } | null;
    expect(told?.hosts.map((h) => `${h.host} ${h.state}`).sort(), status.stderr).toEqual([...plan.hosts].map((h) => `${keyOf(h)} in force`).sort());
    expect(told?.streams).toMatchObject([{ name: "main", played: { ok: true } }]);
    expect([told?.ready, status.code]).toEqual([true, 0]);
    const doctor = await headend(aws, DOMAIN, "doctor", ["--json"]);
    expect((JSON.parse(doctor.stdout || "null") as { findings: { what: string; state: string }[] } | null)?.findings.filter((f) => f.state !== "good"), doctor.stderr).toEqual([]);
    expect(doctor.code).toBe(0);
  }, 100_000);

  it("takes a publisher by SRT at the ingest name and shows it through the CDN", async () => {
    publisher = await publish(aws.world, { via: "srt", url: (await aws.stack.ingestUrl("main", "truck", "srt")).replace("127.0.0.1", `ingest.${DOMAIN}`) });
    const file = join(aws.world.scratch, "ca.pem"), hosts = { [DOMAIN]: (await lookUp(aws.world, DOMAIN))[0] ?? "" };
    writeFileSync(file, aws.world.ca.pem);
    const seen = await waitFor(async () => {
      const d = await decode({ url: PLAYLIST, seconds: 4, caFile: file, network: aws.world.internet.network, hosts, image: BASE_IMAGE });
      return !d.still && d.frames > 80 ? d : null;
    }, { what: "moving pictures through the CDN", timeoutMs: 90_000, everyMs: 1000 });
    expect(seen.errors).toEqual([]);
    expect(seen.audioRms).toBeGreaterThan(-30);
    expect(publisher.running(), publisher.log()).toBe(true);
  }, 180_000);

  it("does by hand what a running stack is told, on its hosts and without an up", async () => {
    type Switched = { streams: { transcoder: string; active: string; override: string }[]; failed: string[] };
    const switched = async (...args: string[]): Promise<Switched> => {
      const { code, stdout, stderr } = await headend(aws, DOMAIN, "switch", [...args, "--json"]);
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout) as Switched;
    };
    const v = await viewer();
    expect((await switched()).streams).toMatchObject([{ transcoder: "tx-eu-1", active: expect.stringMatching(/^in\/main\/truck\/mux-eu-/) as string, override: "auto" }]);
    expect(await switched("main", "slate")).toMatchObject({ streams: [{ active: "slate", override: "slate" }], failed: [] });
    expect((await headend(aws, DOMAIN, "status")).stdout).toMatch(/tx-eu-1 +slate +slate/);
    expect(await switched("main", "auto")).toMatchObject({ streams: [{ active: expect.stringMatching(/truck/) as string, override: "auto" }], failed: [] });
    unstalled(await v.stop());
    // What would cut the publisher off is refused: its multiplexer has told that it is there.
    const kept = smallTopology();
    aws.stack.write(kept.replace("truck:", "lorry:"));
    const refused = await aws.stack.tryUp();
    aws.stack.write(kept);
    expect(refused.code).not.toBe(0);
    expect(refused.stdout).toMatch(/Somebody is publishing right now[\s\S]*truck publishes main at mux-eu-/);
    expect(publisher.running(), publisher.log()).toBe(true);
  }, 240_000);

  it("plays in Chromium through the CDN, the only way that its playlist knows", async ({ skip }) => {
    if (chromiumPath() === null) skip("Chromium is not installed");
    const at = await internet();
    expect((await httpRequest(PLAYLIST, at)).body.toString()).not.toMatch(/STEERING|PATHWAY/);
    const page = await openViewer({ ...at, url: `https://${DOMAIN}/watch/main` });
    try {
      const from = await page.playing(60_000);
      const later = await waitFor(async () => { const s = await page.stats(); return s.currentTime > from.currentTime + PLAYED_S && s.decodedFrames > from.decodedFrames ? s : null; }, { what: `${PLAYED_S} s played in Chromium`, timeoutMs: 60_000 });
      const { failedRequests, pageErrors, trust } = await page.watch(0);
      expect({ engine: later.engine, failedRequests, pageErrors, trusted: trust !== "none" }).toEqual({ engine: "hls", failedRequests: [], pageErrors: [], trusted: true });
    } finally { await page.close(); }
  }, 150_000);

  it("keeps playlists and segments in the CDN as declared", async () => {
    const before = (await aws.world.cloud.health()).cdn, vs = await Promise.all([viewer(), viewer(), viewer()]);
    await new Promise((r) => setTimeout(r, 8000));
    const reports = await Promise.all(vs.map((v) => v.stop())), after = (await aws.world.cloud.health()).cdn;
    expect((after["hit"] ?? 0) - (before["hit"] ?? 0)).toBeGreaterThan(10);
    expect(reports.map((r) => [r.stalls, r.failures])).toEqual(reports.map(() => [0, {}]));
  }, 120_000);

  it("opens exactly the plan's ports, from every position", async () => {
    const by = await bystander(aws.world), ports = portsOf(plan), found: Record<string, number[]> = {}, wanted: Record<string, number[]> = {};
    const hosts = plan.hosts.filter((h, i, all) => all.findIndex((o) => keyOf(o) === keyOf(h)) === i);
    await Promise.all(hosts.map(async (to) => {
      const there = machineOf(aws.world, keyOf(to)), name = `the internet → ${keyOf(to)}`;
      found[name] = await reached(by, publicAddress(aws.world, there.id) ?? "", ports);
      wanted[name] = allowedFromAnywhere(to);
      for (const from of hosts.filter((h) => h !== to)) {
        found[`${keyOf(from)} → ${keyOf(to)}`] = await reached(machineOf(aws.world, keyOf(from)).container, there.privateIp, ports);
        wanted[`${keyOf(from)} → ${keyOf(to)}`] = allowedFromHost(from, to);
      }
    }));
    // Every viewer comes through the CDN: its load balancer answers nobody else.
    for (const address of await lookUp(aws.world, `origin-eu.${DOMAIN}`)) { found[`the internet → load balancer ${address}`] = await reached(by, address, [80, 443]); wanted[`the internet → load balancer ${address}`] = []; }
    expect(found).toEqual(wanted);
    expect(await aws.world.firewallsStand(), "a host took its security groups away").toBe(true);
  }, 180_000);

  it("brings an edit to running hosts: none replaced, nobody dropped", async () => {
    const before = [...aws.world.machines.keys()].sort(), v = await viewer();
    aws.stack.write(smallTopology({ ladder: "[720p, 480p]" }));
    const steps = await aws.stack.previewSteps();
    expect(steps.filter((s) => /aws:ec2|aws:autoscaling|aws:cloudfront/.test(s.urn))).toEqual([]);
    await aws.stack.up();
    const machine = machineOf(aws.world, "tx-eu-1"), report = await store.report("tx-eu-1", machine.id);
    const seconds = (Date.parse(report?.time ?? "") - (aws.world.puts.get(STORE.pointer("tx-eu-1")) ?? 0)) / 1000;
    process.stderr.write(`        an edit reached its processes in ${seconds.toFixed(1)} s\n`);
    expect(report?.ok).toBe(true);
    expect(report?.bundle).toBe((await store.pointer("tx-eu-1")).bundle);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(EDIT_LIMIT_S);
    expect([...aws.world.machines.keys()].sort()).toEqual(before);
    expect(publisher.running(), publisher.log()).toBe(true);
    const seen = await v.stop();
    unstalled(seen);
  }, 480_000);

  it("refuses a broken edit in the host's own words and goes on with the old one", async () => {
    const machine = machineOf(aws.world, GROUP), nginx = async (): Promise<string> => (await run("docker", ["exec", machine.container, "cat", "/run/headend/etc/nginx/nginx.conf"])).stdout, old = await nginx();
    const { before, now } = await store.point(GROUP, (b) => ({ ...b, files: b.files.map((f) => (f.path.endsWith("nginx.conf") ? { ...f, content: `${f.content}\nno_such_directive on;\n` } : f)) }));
    try {
      const { code, said } = await store.wait(NAME, now, machine.id, simulationEnv(aws.world));
      expect(code, said).toBe(1);
      expect(said).toMatch(/unknown directive "no_such_directive"/);
      expect(await nginx()).toBe(old);
      await (await viewer()).stop();
    } finally { await store.restore(GROUP, before); }
    await waitFor(async () => (await store.report(GROUP, machine.id))?.ok, { what: "the old bundle wished for again", timeoutMs: 60_000, everyMs: 500 });
  }, 240_000);

  it("drains a distributor that ends, and replaces it", async () => {
    const group = [...aws.world.groups.values()][0], v = await viewer();
    if (group === undefined) throw new Error("no group");
    const victim = group.members[0]?.id ?? "", from = group.history.length, pointer = await store.pointer(GROUP), told0 = (await store.report(GROUP, victim))?.time;
    // Two minutes are for viewers; a replacement takes less.
    await store.restore(GROUP, { ...pointer, group: pointer.group && { ...pointer.group, drainSeconds: DRAIN_S } });
    await waitFor(async () => (await store.report(GROUP, victim))?.time !== told0, { what: "the host to have read its pointer", timeoutMs: 60_000, everyMs: 500 });
    group.terminate(victim);
    await waitFor(() => group.members.filter((m) => m.state === "InService" && m.id !== victim).length === 2 && group.history.includes(`${victim} Terminated`), { what: "a replacement in service and the old one gone", timeoutMs: 400_000, everyMs: 500 });
    const told = group.history.slice(from);
    expect(told[0]).toBe(`${victim} Terminating:Wait`);
    // Its own word ended the wait, not the hook's time-out.
    expect(aws.world.events.some((e) => e.kind === "lifecycle-complete" && e.instance === victim && e.hook === "drain")).toBe(true);
    await store.restore(GROUP, pointer);
    unstalled(await v.stop());
  }, 460_000);

  it("opens distributors and adds a region by an edit: no host replaced, nobody dropped", async () => {
    const before = [...aws.world.machines.keys()], v = await viewer();
    aws.stack.write(smallTopology({ ladder: "[720p, 480p]", open: true }));
    const { code, stdout, stderr } = await headend(aws, DOMAIN, "up");
    expect(code, `${stdout.slice(-2000)}\n${stderr.slice(-2000)}`).toBe(0);
    expect(stdout).toContain(`ready in`);
    expect(before.filter((id) => !aws.world.machines.has(id))).toEqual([]);
    expect(aws.world.machines.size).toBe(before.length + 1);
    expect(publisher.running(), publisher.log()).toBe(true);
    unstalled(await v.stop());
    // An answer is kept for the viewer that asked: his mark and his way in come back, for others theirs.
    const at = await internet();
    const asked = async (home: string, viewer: string): Promise<{ "RELOAD-URI": string; "PATHWAY-PRIORITY": string[] }> => JSON.parse((await httpRequest(`https://${DOMAIN}/live/main/steering.json?home=${home}&v=${viewer.repeat(32)}`, at)).body.toString()) as never;
    await waitFor(async () => (await asked("dist-us-1", "0"))["PATHWAY-PRIORITY"][0] === "dist-us-1", { what: "the new region to be used", timeoutMs: 90_000, everyMs: 1000 });
    // Weights by hand reach every region's distributors, and are taken back.
    const steered = async (...args: string[]): Promise<{ servers: { self: string; ways: { id: string; weight: number }[] }[]; failed: string[] }> => JSON.parse((await headend(aws, DOMAIN, "steer", [...args, "--json"])).stdout) as never;
    const emptied = await steered("cdn=0");
    expect(emptied.failed).toEqual([]);
    expect(emptied.servers.length).toBe(3);
    for (const { self, ways } of emptied.servers) expect(ways.find((w) => w.id === "cdn")?.weight, self).toBe(0);
    for (const { self, ways } of (await steered("auto")).servers) expect(ways.find((w) => w.id === "cdn")?.weight, self).toBe(1);
    for (const [home, digit] of [["cdn", "a"], ["cdn", "b"], ["dist-us-1", "a"]] as const) {
      const answer = await asked(home, digit);
      expect(answer["RELOAD-URI"]).toMatch(new RegExp(`^https://origin-(eu|us)\\.${DOMAIN}/live/main/steering\\.json\\?home=${home}&v=${digit.repeat(32)}$`));
      expect(answer["PATHWAY-PRIORITY"][0]).toBe(home);
    }
  }, 480_000);

  it("survives a lost origin within the player's buffer", async () => {
    const v = await viewer();
    await new Promise((r) => setTimeout(r, 4000));
    await docker(["kill", machineOf(aws.world, GROUP).container]);
    await new Promise((r) => setTimeout(r, (BUFFER_S + 8) * 1000));
    const seen = await v.stop();
    unstalled(seen);
    expect(seen.longestQuiet).toBeLessThan(BUFFER_S + 2);
  }, 120_000);

  it("leads Chromium from a CDN that fails to a region's distributors, and from a region that fails to the other", async ({ skip }) => {
    if (chromiumPath() === null) skip("Chromium is not installed");
    const distribution = aws.world.all("cloudfront/Distribution")[0]?.id ?? "", page = await openViewer({ ...await internet(), url: `https://${DOMAIN}/watch/main` });
    const region: Readonly<Record<string, string>> = { [`origin-eu.${DOMAIN}`]: "eu-central-1", [`origin-us.${DOMAIN}`]: "us-east-1" }, playedFrom = sources(page, PLAYED_S);
    try {
      await page.playing(60_000);
      await playedFrom([DOMAIN]);
      aws.world.outages.add(distribution);
      await aws.world.tell();
      const first = await playedFrom(Object.keys(region));
      for (const m of aws.world.machines.values()) if (m.group !== null && m.running && m.region === region[first]) await run("docker", ["kill", m.container]);
      await playedFrom(Object.keys(region).filter((host) => host !== first));
      const { stalls, stallSeconds, restarts } = await page.stats();
      process.stderr.write(`        Chromium noticed ${stalls} stalls, ${stallSeconds.toFixed(1)} s\n`);
      expect(restarts, "the page had to begin again").toBe(0);
    } finally {
      await page.close();
      aws.world.outages.delete(distribution);
      await aws.world.tell();
    }
  }, 240_000);

  it("leads publishers to the second multiplexer when the first is gone", async () => {
    const [first] = await lookUp(aws.world, `ingest.${DOMAIN}`), other = publicAddress(aws.world, machineOf(aws.world, "mux-eu-b").id);
    expect(first).toBe(publicAddress(aws.world, machineOf(aws.world, "mux-eu-a").id));
    const began = Date.now();
    await docker(["kill", machineOf(aws.world, "mux-eu-a").container]);
    await waitFor(async () => (await lookUp(aws.world, `ingest.${DOMAIN}`))[0] === other, { what: "the ingest name to lead to mux-eu-b", timeoutMs: 90_000, everyMs: 500 });
    process.stderr.write(`        the ingest name moved after ${((Date.now() - began) / 1000).toFixed(0)} s\n`);
    await publisher.exited;
    publisher = await publish(aws.world, { via: "srt", url: (await aws.stack.ingestUrl("main", "truck", "srt", { mux: "mux-eu-b" })).replace("127.0.0.1", `ingest.${DOMAIN}`) });
    await new Promise((r) => setTimeout(r, 3000));
    expect(publisher.running(), publisher.log()).toBe(true);
  }, 180_000);

  it("leaves nothing after destroy", async () => {
    await publisher.stop();
    const r = await aws.stack.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(r.code, r.stdout.slice(-3000)).toBe(0);
    // Objects named by their hash go with their bucket.
    const left = Object.fromEntries(Object.entries(aws.world.counts()).filter(([type]) => type !== "s3/BucketObjectv2"));
    expect(left).toEqual({});
    expect([...aws.world.machines.keys()]).toEqual([]);
    const networks = (await docker(["network", "ls", "--format", "{{.Name}}"])).split("\n").filter((n) => n.startsWith(`headend-${NAME}-vpc`));
    expect(networks).toEqual([]);
  }, 300_000);
});
