import { mkdtempSync, statSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { realClock } from "../../../infra/host/clock.ts";
import { declaredSets, declaredTables, setCommands } from "../../../infra/host/firewall.ts";
import { updateHostsFile, withEntries } from "../../../infra/host/hosts-file.ts";
import { readApplied } from "../../../infra/host/input.ts";
import { lineSplitter, RecentLines, Redactor } from "../../../infra/host/log.ts";
import { fillMarkers, defaultRoute } from "../../../infra/host/markers.ts";
import { PeerTable, UNRESOLVED } from "../../../infra/host/peers.ts";
import { spawnGroup } from "../../../infra/host/process.ts";
import { ask, serve } from "../../../infra/host/socket.ts";
import { materialise } from "../../../infra/host/stage.ts";
import { userIds } from "../../../infra/host/users.ts";
import { bundle, file, service } from "./fakes.ts";

describe("markers", () => {
  const values = { secrets: { "tls/edge.key": "KEY$&", a: "" }, gateway: "10.0.0.1", uplink: "eth0", public: "192.0.2.7" };

  it("are replaced, all other text stays", () => {
    expect(fillMarkers("@{secret:tls/edge.key} @{local:gateway} @{local:public} ${x} @{other:y} $& {etc}@{secret:a}", values, "f"))
      .toBe("KEY$& 10.0.0.1 192.0.2.7 ${x} @{other:y} $& {etc}");
  });

  it("addresses are filled in where the target knows them", () => {
    expect(fillMarkers("a=@{address:dist-1} b=@{address:toString}", { ...values, addresses: { "dist-1": "https://x:1" } }, "f")).toBe("a=https://x:1 b=");
    expect(fillMarkers("a=@{address:dist-1}", values, "f")).toBe("a=");
  });

  it("unknown ones are refused", () => {
    expect(() => fillMarkers("@{secret:toString}", values, "a.yml")).toThrow('a.yml needs the secret "toString"');
    expect(() => fillMarkers("@{local:moon}", values, "a.yml")).toThrow(/Allowed/);
  });

  it("the gateway comes from the routing table", () => {
    const head = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n";
    expect(defaultRoute(`${head}eth1\t00000000\t010013AC\t0003\t0\t0\t100\t00000000\t0\t0\t0\neth0\t00000000\t010012AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth0\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n`)).toEqual({ gateway: "172.18.0.1", uplink: "eth0" });
    expect(defaultRoute(head)).toEqual({ gateway: "127.0.0.1", uplink: "lo" });
  });
});

describe("the hosts file", () => {
  const docker = "127.0.0.1\tlocalhost\n172.18.0.2\te9bd\n";

  it("keeps other lines, replaces our block, and loses it when empty", () => {
    const one = withEntries(docker, [{ ip: "10.0.0.1", names: ["a.x", "a"] }]);
    expect(one).toBe(`${docker}# headend begin\n10.0.0.1\ta.x a\n# headend end\n`);
    expect(withEntries(`${one}10.9.9.9\tother\n`, [{ ip: "10.0.0.2", names: ["a"] }])).toBe(`${docker}10.9.9.9\tother\n# headend begin\n10.0.0.2\ta\n# headend end\n`);
    expect(withEntries(one, [])).toBe(docker);
  });

  it("is written in place and only when needed", () => {
    const path = join(mkdtempSync(join(tmpdir(), "hosts-")), "hosts");
    writeFileSync(path, docker);
    const inode = statSync(path).ino;
    expect(updateHostsFile(path, [{ ip: "10.0.0.1", names: ["long-name.example.internal"] }])).toBe(true);
    expect(updateHostsFile(path, [{ ip: "10.0.0.1", names: ["long-name.example.internal"] }])).toBe(false);
    expect(updateHostsFile(path, [])).toBe(true);
    expect(readFileSync(path, "utf8")).toBe(docker);
    expect(statSync(path).ino).toBe(inode);
  });
});

describe("peers", () => {
  it("stay with one address, keep the last known, and refuse at once when unknown", async () => {
    const answers = new Map<string, readonly string[]>([["a.x", ["10.0.0.5", "10.0.0.4"]]]);
    const table = new PeerTable((n) => answers.has(n) ? Promise.resolve(answers.get(n) ?? []) : Promise.reject(new Error()));
    const peers = [{ host: "a", address: "a.x" }, { host: "b", address: "b.x" }, { host: "me", address: "me.x" }, { host: "c", address: "10.7.7.7" }];
    const tick = async () => table.adopt(await table.lookUp(peers, "me"));
    expect(await tick()).toBe(true);
    expect(table.list().map((p) => p.ip)).toEqual(["10.0.0.4", UNRESOLVED, "127.0.0.1", "10.7.7.7"]);
    expect(table.list()[1]?.ips).toEqual([]);
    answers.set("a.x", ["10.0.0.4", "10.0.0.5"]);
    expect(await tick()).toBe(false);
    answers.delete("a.x");
    expect(await tick()).toBe(false);
    expect(table.list()[0]).toMatchObject({ ip: "10.0.0.4", resolved: false });
    answers.set("a.x", ["10.0.0.9"]);
    expect(await tick()).toBe(true);
  });
});

describe("firewall text", () => {
  const rules = "table inet headend\nflush table inet headend\ntable inet headend {\n  set mux_a { type ipv4_addr; }\n  set cidrs {\n    type ipv4_addr\n  }\n  chain input { type filter hook input priority 0; }\n}\n";

  it("fills the sets of peers only", () => {
    expect(declaredSets(rules).map((s) => s.set)).toEqual(["mux_a", "cidrs"]);
    expect(declaredTables(rules)).toEqual([{ family: "inet", table: "headend" }]);
    expect(setCommands(rules, [{ host: "mux-a", ips: ["10.0.0.1", "10.0.0.2"] }, { host: "not-there", ips: ["10.0.0.3"] }]))
      .toBe("flush set inet headend mux_a\nadd element inet headend mux_a { 10.0.0.1, 10.0.0.2 }\n");
    expect(setCommands(rules, [{ host: "mux-a", ips: [] }])).toBe("flush set inet headend mux_a\n");
  });
});

describe("input", () => {
  it("names what is wrong", () => {
    const good = bundle([service("web")], [file("web.conf", "x")]);
    expect(readApplied({ bundle: good, secrets: {} }).bundle).toEqual(good);
    expect(() => readApplied(7)).toThrow(/Expected JSON/);
    expect(() => readApplied({ bundle: { ...good, version: 2 } })).toThrow(/Update the host image/);
    expect(() => readApplied({ bundle: { ...good, services: [{ ...service("web"), argv: [] }] } })).toThrow('service "web"');
    expect(() => readApplied({ bundle: { ...good, secrets: ["k"] } })).toThrow('"k"');
    expect(() => readApplied({ bundle: { ...good, files: [file("a", ""), file("a", "")] } })).toThrow(/twice/);
  });
});

describe("files", () => {
  const values = { secrets: {}, gateway: "", uplink: "", public: "" };
  const ids = () => ({ uid: 7, gid: 8 });

  it("belong to the user of the service that must read them", () => {
    const b = bundle([service("web", { user: "www", reads: ["key", "open"] }), service("root", { reads: ["key"] })], [file("key", "", "0600"), file("open", ""), file("other", "", "0600")]);
    expect(materialise(b, values, ids).map((f) => f.uid)).toEqual([7, 0, 0]);
  });

  it("are refused outside the live folder, with odd modes, or with two owners", () => {
    for (const path of ["../x", "/x", "a//b", ""]) expect(() => materialise(bundle([], [file(path, "")]), values, ids)).toThrow(/plain path/);
    expect(() => materialise(bundle([], [file("a", "", "rw")]), values, ids)).toThrow(/octal/);
    const two = bundle([service("a", { user: "u", reads: ["k"] }), service("b", { user: "v", reads: ["k"] })], [file("k", "", "0600")]);
    expect(() => materialise(two, values, ids)).toThrow(/different users/);
  });

  it("users are found by name or number", () => {
    expect(userIds("www", "root:x:0:0::/:\nwww:x:33:34::/:\n")).toEqual({ uid: 33, gid: 34 });
    expect(userIds("5:6", "")).toEqual({ uid: 5, gid: 6 });
    expect(() => userIds("nobody-there", "root:x:0:0::/:")).toThrow(/no user/);
  });
});

describe("log", () => {
  it("hides secrets, also a key's lines", () => {
    const redactor = new Redactor();
    redactor.setSecrets(["abc.def+1", "abc", "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\n-----END KEY-----"]);
    expect(redactor.redact("rtmp://x/abc.def+1 abc MIIEvQIBADANBgkqhkiG9w0")).toBe("rtmp://x/[secret] abc [secret]");
  });

  it("splits lines and keeps the last", () => {
    const lines = new RecentLines(2);
    const splitter = lineSplitter((l) => lines.add(l));
    splitter.push("a\r\nb\rc");
    splitter.push("d\n\ne");
    const mark = lines.count;
    splitter.end();
    expect(lines.last(5)).toEqual(["cd", "e"]);
    expect(lines.since(mark)).toEqual(["e"]);
  });
});

describe("processes", () => {
  it("leave nothing behind, not even what left their group", async () => {
    const pids: number[] = [];
    let ready: () => void = () => {};
    const both = new Promise<void>((r) => { ready = r; });
    const child = spawnGroup({ argv: ["/bin/sh", "-c", "sleep 60 & echo $!; setsid sleep 60 & echo $!; wait"], env: { PATH: "/usr/bin:/bin" }, ids: null },
      (line) => { pids.push(Number(line)); if (pids.length === 2) ready(); });
    await both;
    child.signal("SIGTERM");
    expect(await child.ended).toBe("signal SIGTERM");
    const gone = (pid: number) => { try { return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z "); } catch { return true; } };
    await vi.waitFor(() => expect(pids.map(gone)).toEqual([true, true]), { timeout: 10_000 });   // a killed process ends a moment later
  });

  it("that cannot start say so", async () => {
    expect(await spawnGroup({ argv: ["/no/such/program"], env: {}, ids: null }, () => {}).ended).toMatch(/cannot start \/no\/such\/program/);
  });
});

describe("the socket", () => {
  it("streams lines, and finishes work whose client went away", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "sock-")), "s");
    let finish: () => void = () => {};
    const finished = new Promise<void>((r) => { finish = r; });
    let gone: () => void = () => {};
    const clientGone = new Promise<void>((r) => { gone = r; });
    const server = await serve(path, async (request, reply) => {
      reply("working");
      if (request.op === "status") return reply("done");
      if (request.op === "apply" && request.input === "bad") throw new Error("no good");
      await clientGone;
      reply("nobody hears this");
      finish();
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const lines: string[] = [];
    expect(await ask(path, { op: "status" }, (l) => lines.push(l), realClock, 0)).toBe(0);
    expect(await ask(path, { op: "apply", input: "bad" }, (l) => lines.push(l), realClock, 0)).toBe(1);
    expect(lines).toEqual(["working", "done", "working", "no good"]);
    const client = connect(path, () => client.write(`${JSON.stringify({ op: "apply", input: "long" })}\n`));
    client.once("data", () => client.destroy());
    client.once("close", () => gone());
    await finished;
    await expect(serve(path, () => Promise.resolve())).rejects.toThrow(/runs already/);
    await new Promise<void>((r) => { server.close(() => r()); });
    await expect(ask(path, { op: "status" }, () => {}, realClock, 0)).rejects.toThrow(/does not answer/);
  });
});
