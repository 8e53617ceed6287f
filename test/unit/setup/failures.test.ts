import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkSpace, checkSystem, spaceNeeded } from "../../../scripts/setup/checks.ts";
import { connectEngine, engineTarget } from "../../../scripts/setup/docker-api.ts";
import { SetupError } from "../../../scripts/setup/errors.ts";
import { installPackages } from "../../../scripts/setup/apt.ts";
import { provide } from "../../../scripts/setup/part.ts";
import { clearStalePidFiles, dockerPart, dockerPlan, pidFileState } from "../../../scripts/setup/parts/docker.ts";
import { compareVersions, goPart } from "../../../scripts/setup/parts/go.ts";
import { ensureToolchain } from "../../../scripts/setup/toolchain.ts";
import { OK, failing, fakeContext, fakeEngine, fakeMachine, inFolder, recorder } from "./fakes.ts";

const step = recorder().step("test");
const errorOf = (work: Promise<unknown>): Promise<SetupError> => work.then(() => { throw new Error("no failure"); }, (error: SetupError) => error);

describe("a system that cannot be used", () => {
  it("names the operating system and what to use", () => {
    expect(() => checkSystem({ platform: "darwin", arch: "arm64" })).toThrow(/runs on Linux; this is darwin.*\n.*Debian 12 or 13/);
  });
  it("names the processor", () => expect(() => checkSystem({ platform: "linux", arch: "riscv64" })).toThrow(/this one is riscv64/));
  it("takes 64-bit Arm", () => expect(() => checkSystem({ platform: "linux", arch: "arm64" })).not.toThrow());
  it("stops ensureToolchain before it touches anything", async () => {
    const error = await errorOf(ensureToolchain({ root: "/nowhere", machine: fakeMachine({ platform: "win32" }), reporter: recorder() }));
    expect(error).toMatchObject({ problem: "unsupported" });
  });
});

describe("disk", () => {
  const demands = [
    { purpose: "the cache", folder: "/home/a/.cache/headend", bytes: 3e9 },
    { purpose: "Docker's images", folder: "/var/lib/docker", bytes: 2e9 },
  ];
  it("adds up what goes to one file system, and says how much is missing", () => {
    expect(() => checkSpace(demands, () => ({ bytes: 3.5e9, device: 1 })))
      .toThrow(/1\.5 GB more is needed for the cache \(\/home\/a\/\.cache\/headend\) and Docker's images \(\/var\/lib\/docker\): 3\.5 GB is free, set-up takes 5\.0 GB/);
  });
  it("judges two file systems apart", () => {
    const free = (folder: string) => folder.startsWith("/var") ? { bytes: 1e9, device: 2 } : { bytes: 50e9, device: 1 };
    expect(() => checkSpace(demands, free)).toThrow(/1\.0 GB more is needed for Docker's images/);
    expect(() => checkSpace(demands, () => ({ bytes: 5e9, device: 1 }))).not.toThrow();
  });
  it("says where to put the cache instead", () => {
    expect(() => checkSpace(demands, () => ({ bytes: 0, device: 1 }))).toThrow(/HEADEND_CACHE/);
  });
  it("counts a spare beside the parts", () => expect(spaceNeeded([{ cache: 1, docker: 2 }, { cache: 3, docker: 4 }], 10)).toEqual({ cache: 14, docker: 16 }));
});

describe("not root", () => {
  it("says what needs root and how to go on, without running anything", () => inFolder(async (dir) => {
    const run = async (): Promise<never> => { throw new Error("ran something"); };
    const error = await errorOf(installPackages(fakeContext(dir, { machine: fakeMachine({ uid: 1000, run }) }), step, ["docker.io"]));
    expect(error.problem).toBe("not-root");
    expect(error.message).toMatch(/docker\.io must be installed with apt, and this user is not root\.\n.*sudo npm run up/);
  }));
  it("says so when there is no apt either", () => inFolder(async (dir) => {
    expect(await errorOf(installPackages(fakeContext(dir), step, ["mmdebstrap"]))).toMatchObject({ problem: "unsupported" });
  }));
});

describe("packages", () => {
  it("says offline in apt's own words", () => inFolder(async (dir) => {
    const machine = fakeMachine({
      which: (name) => [`/usr/bin/${name}`],
      run: async (argv) => argv.includes("install") ? failing("E: Failed to fetch x  Temporary failure resolving 'mirror'", 100) : OK,
    });
    const error = await installPackages(fakeContext(dir, { machine }), step, ["nmap"]).catch((e: unknown) => e);
    expect(error).toMatchObject({ name: "SourceError", offline: true });
  }));
});

describe("Go", () => {
  const withGo = (version: string) => fakeMachine({
    which: (name) => name === "go" ? ["/opt/go/bin/go"] : [],
    run: async (argv) => argv[0] === "/opt/go/bin/go" ? { ...OK, stdout: `go version go${version} linux/amd64\n` } : failing("no such program", 127),
  });
  it("takes an installed one that is new enough", () => inFolder(async (dir) => {
    expect(await goPart.find(fakeContext(dir, { machine: withGo("1.27.0") }))).toMatchObject({ source: "installed", value: { program: "/opt/go/bin/go" } });
  }));
  it("does not take an older one as it is, but lets it fetch a newer one", () => inFolder(async (dir) => {
    const ctx = fakeContext(dir, { machine: withGo("1.24.4") });
    expect(await goPart.find(ctx)).toBeNull();
    expect(await provide(goPart, ctx)).toMatchObject({ source: "registries", value: { env: { GOTOOLCHAIN: expect.stringMatching(/^go1\.26\./) } } });
  }));
  it("says what was tried when there is none and none to be had", () => inFolder(async (dir) => {
    const machine = fakeMachine({
      which: (name) => name === "apt-get" ? ["/usr/bin/apt-get"] : [],
      run: async (argv) => argv[0] === "apt-get" ? failing("Temporary failure resolving 'mirror'", 100) : failing("no such program", 127),
    });
    const error = await errorOf(provide(goPart, fakeContext(dir, { machine })));
    expect(error.problem).toBe("offline");
    expect(error.message).toMatch(/nothing answered while fetching Go 1\.26/);
    expect(error.message).toMatch(/official download: .*cannot be reached \(ENOTFOUND\)/);
    expect(error.message).toMatch(/apt-get install python3-pip failed/);
  }));
  it("compares versions as numbers", () => {
    expect(compareVersions("1.9", "1.26.0")).toBeLessThan(0);
    expect(compareVersions("3.200.0", "3.99.9")).toBeGreaterThan(0);
    expect(compareVersions("1.26", "1.26.0")).toBe(0);
  });
});

describe("Docker", () => {
  it.each([
    [{ ping: "ok", installed: true, daemonRuns: true }, "use"],
    [{ ping: "denied", installed: true, daemonRuns: true }, "denied"],
    [{ ping: "absent", installed: false, daemonRuns: false }, "install"],
    [{ ping: "absent", installed: true, daemonRuns: false }, "start"],
    [{ ping: "absent", installed: true, daemonRuns: true }, "wait"],
    [{ ping: "silent", installed: true, daemonRuns: true }, "hung"],
    [{ ping: "silent", installed: true, daemonRuns: false }, "start"],
  ] as const)("%o: %s", (state, plan) => expect(dockerPlan(state)).toBe(plan));

  it("tells a user who may not use it what to do", () => inFolder(async (dir) => {
    const error = await errorOf(dockerPart.find(fakeContext(dir, { machine: fakeMachine({ uid: 1000, engine: () => fakeEngine("denied") }) })));
    expect(error.problem).toBe("docker-permission");
    expect(error.message).toMatch(/permission was denied on its socket\.\n.*docker group/);
  }));
  it("takes a running engine as it is", () => inFolder(async (dir) => {
    const machine = fakeMachine({ engine: () => fakeEngine("ok"), which: (name) => [`/usr/bin/${name}`] });
    expect(await dockerPart.find(fakeContext(dir, { machine }))).toMatchObject({ source: "installed" });
  }));
  it("refuses a DOCKER_HOST it cannot use, and reads those it can", () => {
    expect(() => engineTarget({ DOCKER_HOST: "ssh://there" })).toThrow(/Unset DOCKER_HOST/);
    expect(engineTarget({ DOCKER_HOST: "unix:///run/x.sock" })).toEqual({ socketPath: "/run/x.sock" });
    expect(engineTarget({ DOCKER_HOST: "tcp://127.0.0.1:2375" })).toEqual({ host: "127.0.0.1", port: 2375 });
    expect(engineTarget({})).toEqual({ socketPath: "/var/run/docker.sock" });
  });
  it("does not install an engine here when DOCKER_HOST names one that is down", () => inFolder(async (dir) => {
    const machine = fakeMachine({ env: { DOCKER_HOST: "unix:///nowhere.sock" } });
    expect(await errorOf(provide(dockerPart, fakeContext(dir, { machine })))).toMatchObject({ problem: "docker-unusable" });
  }));
  it("finds stale pid files and leaves those of a live engine", () => inFolder((dir) => {
    const proc = join(dir, "proc");
    for (const [pid, comm] of [["10", "dockerd"], ["11", "bash"]] as const) {
      mkdirSync(join(proc, pid), { recursive: true });
      writeFileSync(join(proc, pid, "comm"), `${comm}\n`);
      symlinkSync(`/usr/bin/${comm}`, join(proc, pid, "exe"));
    }
    const pidFile = join(dir, "docker.pid");
    const containerdPidFile = join(dir, "containerd.pid");
    expect(pidFileState(pidFile, "dockerd", proc).state).toBe("none");
    writeFileSync(pidFile, "10");
    writeFileSync(containerdPidFile, "11");   // the number went to another program after an unclean stop
    expect(clearStalePidFiles({ pidFile, containerdPidFile, proc })).toEqual([containerdPidFile]);
    expect(pidFileState(pidFile, "dockerd", proc)).toEqual({ state: "running", pid: 10 });
    writeFileSync(pidFile, "not a number");
    expect(pidFileState(pidFile, "dockerd", proc).state).toBe("stale");
  }));
  it("reads a failure out of the engine's stream of messages", () => inFolder(async (dir) => {
    const socket = join(dir, "engine.sock");
    const server = createServer((_req, res) => { res.end('{"stream":"Step 1/2"}\n{"errorDetail":{},"error":"COPY failed"}\n'); });
    await new Promise<void>((done) => { server.listen(socket, done); });
    try {
      const engine = connectEngine({ DOCKER_HOST: `unix://${socket}` });
      const lines: string[] = [];
      await expect(engine.pull("x:1", (line) => lines.push(line), new AbortController().signal)).rejects.toThrow("COPY failed");
      expect(lines).toEqual(["Step 1/2"]);
      expect(await connectEngine({ DOCKER_HOST: `unix://${join(dir, "none.sock")}` }).ping()).toBe("absent");
    } finally { server.close(); }
  }));
});
