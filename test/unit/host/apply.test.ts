import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { withForwards } from "../../../infra/host/forwards.ts";
import { bundle, FakeHost, file, service } from "./fakes.ts";

let host: FakeHost;
beforeEach(() => { host = new FakeHost(); });

const web = service("web");
const relay = service("relay", { reload: { kind: "self" } });
const first = bundle([web, relay], [file("web.conf", "one"), file("relay.conf", "relay")]);
const leftovers = (): string[] => readdirSync(host.places.run).filter((n) => n !== "etc");

describe("apply", () => {
  it("brings the first bundle up, in order, and keeps it", async () => {
    await host.apply(bundle([service("web", { after: ["relay"] }), relay], first.files));
    expect(host.programs.started.map((p) => p.launch.argv[0])).toEqual(["/bin/relay", "/bin/web"]);
    expect(host.live("web.conf")).toBe("one");
    expect((await host.store.load())?.bundle.services).toHaveLength(2);
    expect(statSync(join(host.places.var, "bundle.json")).mode & 0o777).toBe(0o600);
    expect(statSync(join(host.places.var, "secrets.json")).mode & 0o777).toBe(0o600);
    expect(leftovers()).toEqual([]);
  });

  it("does nothing when nothing changed", async () => {
    await host.apply(first);
    const inode = statSync(join(host.places.etc, "web.conf")).ino;
    await host.apply(first);
    expect(host.said).toEqual(["nothing changed"]);
    expect(host.programs.started).toHaveLength(2);
    expect(statSync(join(host.places.etc, "web.conf")).ino).toBe(inode);
  });

  it("reloads only the service whose file changed, and touches no other file", async () => {
    await host.apply(first);
    const inode = statSync(join(host.places.etc, "relay.conf")).ino;
    await host.apply(bundle([web, relay], [file("web.conf", "two"), file("relay.conf", "relay")]));
    expect(host.live("web.conf")).toBe("two");
    expect(host.programs.started).toHaveLength(2);
    expect(host.programs.alive("/bin/web")[0]?.signals).toEqual(["SIGHUP"]);
    expect(host.programs.alive("/bin/relay")[0]?.signals).toEqual([]);
    expect(statSync(join(host.places.etc, "relay.conf")).ino).toBe(inode);
    expect(host.said[0]).toBe("~ web.conf");
  });

  it("restarts only the service whose command changed", async () => {
    await host.apply(first);
    await host.apply(bundle([service("web", { argv: ["/bin/web", "--more"] }), relay], first.files));
    expect(host.programs.count("/bin/web")).toBe(2);
    expect(host.programs.alive("/bin/web")).toHaveLength(1);
    expect(host.programs.count("/bin/relay")).toBe(1);
  });

  it("leaves everything as it is when a check fails, and says what the check said", async () => {
    await host.apply(first);
    host.programs.behaviour = (l) => l.argv[0] === "/bin/check" ? { says: ["unexpected end of line 3"], ends: "exit code 1" } : undefined;
    const checked = service("web", { check: ["/bin/check", "{staged}/web.conf"] });
    await expect(host.apply(bundle([checked, relay], [file("web.conf", "bad"), file("relay.conf", "new")]))).rejects.toThrow(/web: its new configuration is not valid[\s\S]*line 3/);
    expect([host.live("web.conf"), host.live("relay.conf")]).toEqual(["one", "relay"]);
    expect(host.programs.alive("/bin/web")[0]?.signals).toEqual([]);
    expect((await host.store.load())?.bundle).toEqual(first);
    expect(leftovers()).toEqual([]);
  });

  it("takes a program without a test flag for good when it stays alive", async () => {
    const alive = service("relay", { check: ["/bin/try", "{staged}/relay.conf"], checkAliveMs: 700, checkEnv: { OFF: "yes" } });
    await host.apply(bundle([alive], [file("relay.conf", "x")]));
    expect(host.programs.started[0]?.launch.env["OFF"]).toBe("yes");
    expect(host.programs.alive("/bin/try")).toEqual([]);
    host.programs.behaviour = (l) => l.argv[0] === "/bin/try" ? { ends: "exit code 0", afterMs: 100 } : undefined;
    await expect(host.apply(bundle([alive], [file("relay.conf", "y")]))).rejects.toThrow(/exit code 0/);
    expect(host.live("relay.conf")).toBe("x");
  });

  it("rolls back when a new service does not start", async () => {
    await host.apply(first);
    host.programs.behaviour = (l) => l.argv[0] === "/bin/broken" ? { says: ["port taken"], ends: "exit code 3" } : undefined;
    const next = bundle([service("web", { argv: ["/bin/web", "-x"] }), service("broken", { after: ["web"] })], [file("web.conf", "two"), file("broken.conf", "")]);
    await expect(host.apply(next)).rejects.toThrow(/broken: ended twice[\s\S]*broken \| port taken/);
    expect(host.live("web.conf")).toBe("one");
    expect(host.live("relay.conf")).toBe("relay");
    expect(existsSync(join(host.places.etc, "broken.conf"))).toBe(false);
    expect(host.programs.alive("/bin/web").map((p) => p.launch.argv)).toEqual([["/bin/web"]]);
    expect(host.programs.alive("/bin/relay")).toHaveLength(1);
    expect(host.programs.alive("/bin/broken")).toEqual([]);
    expect(host.supervisor.names()).not.toContain("broken");
    host.programs.behaviour = () => undefined;
    await host.apply(first);
    expect(host.said).toContain("nothing changed");
  });

  it("rolls back when a service that watches its files ends, even with exit code 0", async () => {
    await host.apply(first);
    const applying = host.apply(bundle([web, relay], [file("web.conf", "one"), file("relay.conf", "bad")]));
    host.clock.after(50, () => host.programs.alive("/bin/relay")[0]?.end("exit code 0"));
    await expect(applying).rejects.toThrow(/relay: ended \(exit code 0\)/);
    expect(host.live("relay.conf")).toBe("relay");
    expect(host.programs.alive("/bin/relay")).toHaveLength(1);
  });

  it("removes a service and its files", async () => {
    await host.apply(first);
    await host.apply(bundle([web], [file("web.conf", "one")]));
    expect(host.programs.alive("/bin/relay")).toEqual([]);
    expect(existsSync(join(host.places.etc, "relay.conf"))).toBe(false);
    expect(host.programs.count("/bin/web")).toBe(1);
    expect(host.programs.alive("/bin/web")[0]?.signals).toEqual([]);
  });

  it("goes back to nothing when the first bundle fails", async () => {
    host.programs.behaviour = (l) => l.argv[0] === "/bin/relay" ? { ends: "exit code 1" } : undefined;
    await expect(host.apply(first)).rejects.toThrow(/relay/);
    expect(host.supervisor.names()).toEqual([]);
    expect(await host.store.load()).toBeNull();
    expect(host.applier.live).toBeNull();
  });

  it("repairs one service while another, untouched, was failing before", async () => {
    await host.apply(first);
    host.programs.behaviour = (l) => l.argv[0] === "/bin/relay" ? { ends: "exit code 1" } : undefined;
    host.programs.alive("/bin/relay")[0]?.end("exit code 1");
    await host.clock.advance(1000);
    await host.apply(bundle([web, relay], [file("web.conf", "two"), file("relay.conf", "relay")]));
    expect(host.live("web.conf")).toBe("two");
    expect(host.said.some((l) => l.startsWith("warning: relay"))).toBe(true);
  });
});

describe("what a service was told over its API", () => {
  const keeps = { kind: "mediamtx-forwards", file: "relay.yml", api: "http://127.0.0.1:9997" } as const;
  const told = service("relay", { reload: { kind: "self" }, reads: ["relay.yml"], keeps });
  const text = (...streams: string[]): string => ["logLevel: info", "paths:", ...streams.flatMap((s) => [`  in/${s}/a/mux:`, "    source: publisher"]), "readTimeout: 4s", ""].join("\n");
  const choose = (stream: string): void => { host.forwards.clear(); host.forwards.set(`in/${stream}/a/mux`, [`rtsp://127.0.0.1:8554/air/${stream}`]); };

  it("goes along into its new file, and is no part of what was rendered", async () => {
    await host.apply(bundle([told], [file("relay.yml", text("main"), "0600")]));
    expect(host.live("relay.yml")).toBe(text("main"));
    choose("main");
    const next = bundle([told], [file("relay.yml", text("late", "main"), "0600")]);
    await host.apply(next);
    expect(host.live("relay.yml")).toContain('  in/late/a/mux:\n    source: publisher\n  in/main/a/mux:\n    forward:\n      - dest: "rtsp://127.0.0.1:8554/air/main"\n    source: publisher\nreadTimeout: 4s\n');
    expect(statSync(join(host.places.etc, "relay.yml")).mode & 0o777).toBe(0o600);
    expect((await host.store.load())?.bundle.files[0]?.content).toBe(text("late", "main"));
    const inode = statSync(join(host.places.etc, "relay.yml")).ino;
    host.forwards.clear();
    await host.apply(next);
    expect(host.said).toEqual(["nothing changed"]);
    expect(statSync(join(host.places.etc, "relay.yml")).ino).toBe(inode);
  });

  it("is as it is now in a file that comes back, and not before the program can see that", async () => {
    await host.apply(bundle([told], [file("relay.yml", text("main"), "0600")]));
    choose("main");
    host.programs.behaviour = (l) => l.argv[0] === "/bin/broken" ? { ends: "exit code 3" } : undefined;
    const began = host.clock.now();
    const failing = host.apply(bundle([told, service("broken")], [file("relay.yml", text("late", "main"), "0600"), file("broken.conf", "")]));
    host.clock.after(100, () => choose("other"));
    await expect(failing).rejects.toThrow(/broken/);
    expect(host.live("relay.yml")).toBe(text("main"));
    expect(host.clock.now() - began).toBeGreaterThanOrEqual(1500);
    host.clock.after(100, () => choose("main"));
    await expect(host.apply(bundle([told, service("broken")], [file("relay.yml", text("late", "main"), "0600"), file("broken.conf", "")]))).rejects.toThrow(/broken/);
    expect(host.live("relay.yml")).toContain("air/main");
    expect(host.live("relay.yml")).not.toContain("in/late");
  });

  it("is asked only when that file changes", async () => {
    await host.apply(bundle([told, web], [file("relay.yml", text("main"), "0600"), file("web.conf", "one")]));
    choose("main");
    await host.apply(bundle([told, web], [file("relay.yml", text("main"), "0600"), file("web.conf", "two")]));
    expect(host.live("relay.yml")).toBe(text("main"));
  });
});

describe("forwards in a configuration", () => {
  it.each([
    ["keeps those of the text", 'paths:\n  a:\n    forward:\n      - dest: x\n    source: publisher\n', "a", null],
    ["knows quoted names", 'paths:\n  "9/a":\n    source: publisher\n', "9/a", 'paths:\n  "9/a":\n    forward:\n      - dest: "y"\n    source: publisher\n'],
    ["leaves out paths that are gone", "paths:\n  b:\n    source: publisher\n", "a", null],
    ["changes nothing outside of paths", "a:\n  a:\n    x: 1\npaths: {}\n", "a", null],
    ["stops where the paths end", "paths:\n  b:\n    source: publisher\nz:\n  a:\n    x: 1\n", "a", null],
  ])("%s", (_, text, path, expected) => {
    expect(withForwards(text, new Map([[path, ["y"]]]))).toBe(expected ?? text);
  });
});

describe("secrets", () => {
  const secret = bundle([web], [file("web.conf", "key: @{secret:link/a}", "0600")], { secrets: ["link/a"] });

  it("refuses an unknown one, naming file and secret", async () => {
    await expect(host.apply(secret)).rejects.toThrow('web.conf needs the secret "link/a"');
    expect(host.programs.started).toEqual([]);
  });

  it("fills them into private files and hides them in what it says", async () => {
    await host.apply(secret, { "link/a": "correct-horse" });
    expect(host.live("web.conf")).toBe("key: correct-horse");
    expect(statSync(join(host.places.etc, "web.conf")).mode & 0o777).toBe(0o600);
    host.programs.behaviour = () => ({ says: ["cannot use correct-battery"], ends: "exit code 1" });
    const failing = bundle([service("web", { argv: ["/bin/web", "-y"] })], secret.files, { secrets: ["link/a"] });
    const error = await host.apply(failing, { "link/a": "correct-battery" }).then(() => "", (e: Error) => e.message);
    expect(error).toContain("cannot use [secret]");
    expect(host.live("web.conf")).toBe("key: correct-horse");
  });

  it("a rotated one is a changed file", async () => {
    await host.apply(secret, { "link/a": "first-value" });
    await host.apply(secret, { "link/a": "second-value" });
    expect(host.said).toContain("~ web.conf");
    expect((await host.store.load())?.secrets).toEqual({ "link/a": "second-value" });
  });

  it("refuses them in arguments and in files that others may read", async () => {
    await expect(host.apply(bundle([service("web", { argv: ["/bin/web", "@{secret:a}"] })], []), { a: "x" })).rejects.toThrow(/arguments/);
    await expect(host.apply(bundle([web], [file("web.conf", "@{secret:a}")]), { a: "x" })).rejects.toThrow(/0600/);
  });
});

describe("start of the host", () => {
  it("brings back what was applied, whatever an interrupted apply left behind", async () => {
    await host.apply(first);
    writeFileSync(join(host.places.etc, "web.conf"), "half of another bundle");
    writeFileSync(join(host.places.etc, "stray.conf"), "");
    host.restart();
    const saved = await host.store.load();
    await host.clock.until(host.applier.boot(saved as NonNullable<typeof saved>, () => {}));
    expect(host.live("web.conf")).toBe("one");
    expect(existsSync(join(host.places.etc, "stray.conf"))).toBe(false);
    expect(host.programs.alive("/bin/web")).toHaveLength(1);
    await host.apply(first);
    expect(host.said.at(-1)).toBe("nothing changed");
  });

  it("an apply that was cut off by shutdown keeps the old bundle", async () => {
    await host.apply(first);
    host.programs.behaviour = (l) => l.argv[0] === "/bin/relay" ? { ends: "exit code 1", afterMs: 200 } : undefined;
    const cut = host.apply(bundle([service("web", { argv: ["/bin/web", "2"] }), relay], first.files));
    host.clock.after(10, () => { void host.supervisor.close(); });
    await expect(cut).rejects.toThrow();
    expect((await host.store.load())?.bundle).toEqual(first);
  });
});

describe("firewall and peers", () => {
  const rules = "table inet headend\nflush table inet headend\ntable inet headend {\n  set tx_2 { type ipv4_addr; }\n}\n";
  const guarded = bundle([service("web", { reads: ["web.conf", "peers"] }), relay], first.files, { firewall: rules, peers: [{ host: "tx-2", address: "tx-2.show.internal" }] });

  it("refuses when the packet filter does", async () => {
    host.nftError = "Operation not permitted";
    await expect(host.apply(guarded)).rejects.toThrow(/NET_ADMIN/);
    expect(host.programs.started).toEqual([]);
  });

  it("names peers before anything is tested, and follows their addresses", async () => {
    await host.apply(guarded);
    expect(host.hosts()).toContain("127.255.255.254\ttx-2.show.internal tx-2");
    host.names.set("tx-2.show.internal", ["10.1.0.9"]);
    await host.clock.until(host.applier.takePeers([{ host: "tx-2", address: "tx-2.show.internal", ip: "10.1.0.9", ips: ["10.1.0.9"], resolved: true }], () => {}));
    expect(host.hosts()).toContain("10.1.0.9\ttx-2.show.internal tx-2");
    expect(host.nft.at(-1)).toContain("add element inet headend tx_2 { 10.1.0.9 }");
    expect(host.programs.alive("/bin/web")[0]?.signals).toEqual(["SIGHUP"]);
    expect(host.programs.alive("/bin/relay")[0]?.signals).toEqual([]);
  });
});
