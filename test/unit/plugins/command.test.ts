import { describe, expect, it } from "vitest";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { globFiles, globPattern } from "../../../scripts/plugins/command/glob.ts";
import { hasSecret, plainProperties, secret } from "../../../scripts/plugins/wire/values.ts";
import type { Properties } from "../../../scripts/plugins/wire/values.ts";
import { context, resource } from "./support.ts";

const command = resource("command:local:Command");
const create = (inputs: Properties, over: Parameters<typeof context>[0] = {}) => command.create({ inputs, preview: false, timeoutSeconds: 0 }, context(over));

describe("running a command", () => {
  it("hands over stdin, environment and folder, and keeps both outputs", async () => {
    const { id, outputs } = await create({ create: "cat; pwd; echo $A >&2", stdin: "in\n", environment: { A: "1" }, dir: "/" });
    expect(id).toMatch(/^box[0-9a-f]{8}$/);
    expect(outputs).toMatchObject({ stdout: "in\n/", stderr: "1", create: "cat; pwd; echo $A >&2" });
  });
  it("streams whole lines to the engine, as logging says", async () => {
    const lines: string[] = [];
    await create({ create: "printf 'a\\nb'; echo c >&2", logging: "stdout" }, { log: (_, message) => lines.push(message) });
    expect(lines).toEqual(["a", "b"]);
  });
  it("fails with the exit status and what it said, secrets covered", async () => {
    await expect(create({ create: "echo $T >&2; exit 3", environment: secret({ T: "hunter22" }) })).rejects.toThrow("the command box failed with exit status 3:\n[secret]");
  });
  it("keeps the outputs of a command that was handed a secret secret", async () => {
    const { outputs } = await create({ create: "echo 1", stdin: secret("x") });
    expect([hasSecret(outputs["stdout"]), hasSecret(outputs["create"]), hasSecret(outputs["stdin"])]).toEqual([true, false, true]);
    expect(plainProperties(outputs)).toMatchObject({ stdout: "1", stdin: "x" });
  });
  it("gives earlier output to update and delete, unless told not to", async () => {
    const state = { create: "echo 1", stdout: "one", stderr: "" };
    const run = (inputs: Properties) => command.update({ id: "i", state, oldInputs: {}, inputs, preview: false, timeoutSeconds: 0 }, context());
    expect((await run({ create: "echo x", update: "echo $PULUMI_COMMAND_STDOUT" }))["stdout"]).toBe("one");
    expect((await run({ create: "echo -$PULUMI_COMMAND_STDOUT", addPreviousOutputInEnv: false }))["stdout"]).toBe("-");
    await expect(command.delete({ id: "i", state: { ...state, delete: "test $PULUMI_COMMAND_STDOUT = one" }, timeoutSeconds: 0 }, context())).resolves.toBeUndefined();
  });
  it("names a missing folder or program", async () => {
    await expect(create({ create: "true", dir: "/nowhere" })).rejects.toThrow("/nowhere");
  });
  it("kills all that a cancelled command started", async () => {
    const controller = new AbortController();
    const started: string[] = [];
    const running = create({ create: "sleep 600 & echo $!; wait" }, { signal: controller.signal, log: (_, line) => { started.push(line); controller.abort(); } });
    await expect(running).rejects.toThrow("cancelled while the command box ran");
    const stat = `/proc/${String(started[0])}/stat`;
    expect(fs.existsSync(stat) ? fs.readFileSync(stat, "utf8").split(" ")[2] : "gone").toMatch(/gone|Z|X/);
  });
  it("returns assets and an archive of the files it left", async () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "hx-plug-"));
    const { outputs } = await create({ create: "mkdir -p a/b; echo 1 > a/b/c.txt; echo 2 > a/d.txt", dir, assetPaths: ["a/**", "!a/*.txt"], archivePaths: ["**.txt"] });
    expect(Object.keys(outputs["assets"] as Properties)).toEqual(["a/b/c.txt"]);
    expect(Object.keys((outputs["archive"] as Properties)["assets"] as Properties)).toEqual(["a/b/c.txt", "a/d.txt"]);
    expect(globFiles(dir, ["a/*"])).toEqual(["a/d.txt"]);
    fs.rmSync(dir, { recursive: true });
  });
  it("translates patterns", () => {
    expect(globPattern("src/{a,b}?.[jt]s").test("src/bx.ts")).toBe(true);
    expect(globPattern("*.js").test("a/b.js")).toBe(false);
  });
});
