import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeBin } from "../../../scripts/setup/bin.ts";
import { installPulumiCommand, isOwnCommand, removePulumiCommand } from "../../../scripts/setup/pulumi-command.ts";
import { ensureState, pulumiEnv, userBackend } from "../../../scripts/setup/pulumi-env.ts";
import { inFolder } from "./fakes.ts";

describe("pulumiEnv", () => {
  it("points at the embedded state of the clone", () => inFolder((root) => {
    expect(pulumiEnv(root, { PATH: "/usr/bin:/bin", HOME: "/home/a" })).toEqual({
      PATH: `${root}/.headend/bin:/usr/bin:/bin`, PULUMI_SKIP_UPDATE_CHECK: "true", PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_CONFIG_PASSPHRASE_FILE: `${root}/.headend/passphrase`, PULUMI_BACKEND_URL: `file://${root}/.headend/state`, PULUMI_HOME: "/home/a/.cache/headend/pulumi-home",
    });
  }));
  it("does not put its folder on PATH twice", () => {
    expect(pulumiEnv("/c", { PATH: "/c/.headend/bin:/bin", HOME: "/h" })["PATH"]).toBe("/c/.headend/bin:/bin");
  });
  it("leaves a user's backend, token or login alone", () => inFolder((home) => {
    for (const own of [{ PULUMI_BACKEND_URL: "s3://x" }, { PULUMI_ACCESS_TOKEN: "t" }]) {
      const env = pulumiEnv("/c", { PATH: "/bin", HOME: home, ...own });
      expect(Object.keys(env).sort()).toEqual(["PATH", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "PULUMI_SKIP_UPDATE_CHECK"]);
    }
    expect(userBackend({ HOME: home })).toBe(false);
    mkdirSync(join(home, ".pulumi"));
    writeFileSync(join(home, ".pulumi/credentials.json"), JSON.stringify({ current: "" }));
    expect(userBackend({ HOME: home })).toBe(false);
    writeFileSync(join(home, ".pulumi/credentials.json"), JSON.stringify({ current: "https://cloud.example" }));
    expect(userBackend({ HOME: home })).toBe(true);
  }));
  it("leaves a user's passphrase alone", () => {
    expect(pulumiEnv("/c", { PATH: "", HOME: "/h", PULUMI_CONFIG_PASSPHRASE: "x" })).not.toHaveProperty("PULUMI_CONFIG_PASSPHRASE_FILE");
  });
});

describe("ensureState", () => {
  it("makes a private passphrase once and keeps it", () => inFolder((root) => {
    ensureState(root);
    const file = join(root, ".headend/passphrase");
    const first = readFileSync(file, "utf8");
    expect(first.trim().length).toBeGreaterThanOrEqual(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(root, ".headend/state")).isDirectory()).toBe(true);
    ensureState(root);
    expect(readFileSync(file, "utf8")).toBe(first);
  }));
});

describe("the pulumi command", () => {
  const KEYS = ["PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_HOME", "PULUMI_SKIP_UPDATE_CHECK", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "PATH"] as const;

  /** A clone with a space in its name, a real command line that prints what it was given, and the command. */
  function scene(dir: string) {
    const clone = join(dir, "my clone");
    mkdirSync(join(clone, "stacks"), { recursive: true });
    writeFileSync(join(clone, "Pulumi.yaml"), "name: headend\nruntime: nodejs\n");
    const real = join(dir, "real");
    writeFileSync(real, `#!/bin/sh\nfor k in ${KEYS.join(" ")}; do eval "printf '%s\\n' \\"$k=\\$$k\\""; done\nprintf 'args=%s\\n' "$*"\n`);
    chmodSync(real, 0o755);
    const command = join(dir, "bin/pulumi");
    const home = join(dir, "pulumi-home");
    expect(installPulumiCommand(real, home, command)).toBe("installed");
    const runIn = (cwd: string, env: Record<string, string> = {}, args: string[] = ["up", "--yes"]): Record<string, string> => {
      const out = execFileSync(command, args, { cwd, encoding: "utf8", env: { PATH: "/usr/bin:/bin", HOME: dir, ...env } });
      return Object.fromEntries(out.trim().split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
    };
    return { clone, command, home, real, runIn };
  }

  it("gives what pulumiEnv gives, from any folder of the clone", () => inFolder((dir) => {
    const { clone, home, runIn } = scene(dir);
    const wanted = pulumiEnv(clone, { PATH: "/usr/bin:/bin", HOME: dir, HEADEND_CACHE: dir });
    expect(wanted["PULUMI_HOME"]).toBe(home);
    expect(runIn(join(clone, "stacks"))).toEqual({ ...wanted, args: "up --yes" });
    expect(runIn(dir, {}, ["-C", clone, "preview"])).toEqual({ ...wanted, args: `-C ${clone} preview` });
  }));
  it("changes nothing outside a clone", () => inFolder((dir) => {
    expect(scene(dir).runIn(dir)).toMatchObject({ PULUMI_BACKEND_URL: "", PULUMI_HOME: "", PATH: "/usr/bin:/bin" });
  }));
  it("leaves the user's own backend alone", () => inFolder((dir) => {
    const { clone, runIn } = scene(dir);
    expect(runIn(clone, { PULUMI_BACKEND_URL: "s3://mine" })).toMatchObject({ PULUMI_BACKEND_URL: "s3://mine", PULUMI_HOME: "", PULUMI_CONFIG_PASSPHRASE_FILE: "" });
    mkdirSync(join(dir, ".pulumi"));
    writeFileSync(join(dir, ".pulumi/credentials.json"), JSON.stringify({ current: "https://cloud.example" }, null, 2));
    expect(runIn(clone)).toMatchObject({ PULUMI_BACKEND_URL: "", PULUMI_HOME: "" });
  }));
  it("is only replaced or removed when it is headend's", () => inFolder((dir) => {
    const { command, home, real } = scene(dir);
    expect(installPulumiCommand(real, home, command)).toBe("kept");
    expect(isOwnCommand(command)).toBe(true);
    expect(removePulumiCommand(command)).toBe(true);
    expect(existsSync(command)).toBe(false);
    writeFileSync(command, "#!/bin/sh\n# somebody else's\n");
    expect(installPulumiCommand(real, home, command)).toBe("refused");
    expect(removePulumiCommand(command)).toBe(false);
    expect(readFileSync(command, "utf8")).toContain("somebody else's");
  }));
});

describe("writeBin", () => {
  const official = { kind: "official", program: "/p/pulumi-resource-x" } as const;
  const plugins = { docker: official, command: official, tls: official, aws: official };

  it("links official programs and wraps the language host", () => inFolder((root) => {
    const bin = writeBin(root, { pulumi: "/p/pulumi", languageHost: "/l/pulumi-language-nodejs", plugins });
    expect(readlinkSync(join(bin, "pulumi"))).toBe("/p/pulumi");
    expect(readlinkSync(join(bin, "pulumi-resource-tls"))).toBe("/p/pulumi-resource-x");
    expect(readFileSync(join(bin, "pulumi-language-nodejs"), "utf8")).toContain('NODE_OPTIONS="--import file://');
  }));
  it("drops the language host again when Pulumi brings its own, and follows a changed target", () => inFolder((root) => {
    writeBin(root, { pulumi: "/p/pulumi", languageHost: "/l/x", plugins });
    const bin = writeBin(root, { pulumi: "/q/pulumi", languageHost: null, plugins });
    expect(existsSync(join(bin, "pulumi-language-nodejs"))).toBe(false);
    expect(readlinkSync(join(bin, "pulumi"))).toBe("/q/pulumi");
    expect(lstatSync(join(bin, "pulumi")).isSymbolicLink()).toBe(true);
  }));
});
