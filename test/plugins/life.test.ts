import { afterAll, beforeAll, describe, expect, it } from "vitest";
import net from "node:net";
import * as command from "@pulumi/command";
import * as dockerSdk from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { HAS_DOCKER, HAS_PULUMI, IMAGE, docker, leftovers, sandbox, sweep } from "./harness.ts";
import type { Sandbox } from "./harness.ts";

const PREFIX = "hx-plug-l-";
const BOX = `${PREFIX}box`;
let box: Sandbox;
let stack: Stack;
/** What the program makes; each test edits it. */
let program: () => void;

beforeAll(async () => {
  box = await sandbox();
  if (HAS_PULUMI) stack = await box.stack("life", async () => program());
});
afterAll(() => { if (HAS_DOCKER) sweep(PREFIX); box.close(); });

function container(over: Partial<dockerSdk.ContainerArgs> = {}): dockerSdk.Container {
  return new dockerSdk.Container("box", { name: BOX, image: IMAGE, command: ["sleep", "infinity"], memory: 32, ...over });
}
async function changes(): Promise<Record<string, number>> {
  return (await stack.up()).summary.resourceChanges as Record<string, number>;
}
const idOf = (): string => docker("inspect", "-f", "{{.Id}}", BOX);
async function failure(run: Promise<unknown>): Promise<string> {
  return run.then(() => "it succeeded", (error: unknown) => String(error));
}

describe.skipIf(!HAS_PULUMI || !HAS_DOCKER)("edits, drift, interruptions and errors", () => {
  it("updates in place what Docker can update, replaces for the rest", async () => {
    program = () => { container(); };
    expect(await changes()).toEqual({ create: 2 });
    const first = idOf();
    program = () => { container({ memory: 48, restart: "always", cpuShares: 512 }); };
    expect(await changes()).toEqual({ same: 1, update: 1 });
    expect([idOf(), docker("inspect", "-f", "{{.HostConfig.Memory}} {{.HostConfig.RestartPolicy.Name}} {{.HostConfig.CpuShares}}", BOX)]).toEqual([first, "50331648 always 512"]);
    program = () => { container({ envs: ["A=1"] }); };
    expect(await changes()).toEqual({ same: 1, replace: 1 });
    expect(idOf()).not.toBe(first);
  });

  it("sees a container stopped or removed by hand, and repairs it", async () => {
    const before = idOf();
    docker("kill", BOX);
    expect((await stack.refresh()).summary.resourceChanges).toEqual({ same: 1, update: 1 });
    expect(await changes()).toEqual({ same: 1, update: 1 });
    expect([idOf(), docker("inspect", "-f", "{{.State.Running}}", BOX)]).toEqual([before, "true"]);
    docker("rm", "-f", BOX);
    expect((await stack.refresh()).summary.resourceChanges).toEqual({ same: 1, delete: 1 });
    expect(await changes()).toEqual({ same: 1, create: 1 });
    await stack.preview({ expectNoChanges: true });
  });

  it("follows a command's changes, and runs nothing when nothing changed", async () => {
    const file = `${box.dir}/log`;
    const say = (over: Partial<command.local.CommandArgs>) => () => {
      container({ envs: ["A=1"] });
      new command.local.Command("say", { create: `echo create >> ${file}`, delete: `echo delete >> ${file}`, ...over });
    };
    program = say({ stdin: "1", triggers: [1] });
    expect(await changes()).toEqual({ same: 2, create: 1 });
    expect(await changes()).toEqual({ same: 3 });
    program = say({ stdin: "2", triggers: [1] });
    expect(await changes()).toEqual({ same: 2, update: 1 });
    program = say({ stdin: "2", triggers: [2] });
    expect(await changes()).toEqual({ same: 2, replace: 1 });
    program = say({ stdin: "2", triggers: [2], update: "echo broken >&2; exit 4" });
    const said = await failure(stack.up());
    expect(said).toContain("failed with exit status 4");
    expect(said).toContain("broken");
    const { readFileSync } = await import("node:fs");
    expect(readFileSync(file, "utf8").trim().split("\n")).toEqual(["create", "create", "create", "delete"]);
  });

  it("does not leave a container behind when its port is taken, and names the port", async () => {
    const server = net.createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => { server.once("listening", resolve); });
    const port = (server.address() as net.AddressInfo).port;
    program = () => { container({ ports: [{ internal: 80, external: port, ip: "127.0.0.1" }] }); };
    expect(await failure(stack.up())).toContain(`port ${port} on 127.0.0.1 is already taken`);
    expect(leftovers(PREFIX)).toEqual([]);
    await new Promise((resolve) => { server.close(resolve); });
    expect(await changes()).toMatchObject({ same: 1 });
    await stack.preview({ expectNoChanges: true });
  });

  it("says what to do about a missing image and a name that is taken", async () => {
    program = () => { container({ image: "headend/none:0" }); };
    expect(await failure(stack.up())).toContain("No such image headend/none:0: run `npx headend setup`");
    docker("create", "--name", `${PREFIX}taken`, IMAGE, "true");
    program = () => { new dockerSdk.Container("other", { name: `${PREFIX}taken`, image: IMAGE, command: ["true"] }); };
    expect(await failure(stack.up())).toContain(`docker rm -f ${PREFIX}taken`);
    docker("rm", "-f", `${PREFIX}taken`);
  });

  it("finishes after an interruption, knowing everything it made", async () => {
    const names = Array.from({ length: 6 }, (_, i) => `${PREFIX}n${i}`);
    program = () => {
      let last: pulumi.Resource | undefined;
      for (const name of names) {
        last = new dockerSdk.Container(name, { name, image: IMAGE, command: ["sleep", "infinity"] }, last === undefined ? {} : { dependsOn: last });
      }
      new command.local.Command("slow", { create: "sleep 600" }, last === undefined ? {} : { dependsOn: [last] });
    };
    const controller = new AbortController();
    const began = Date.now();
    const run = failure(stack.up({ signal: controller.signal, onOutput: (text) => { if (text.includes("n1 ") && text.includes("created")) setTimeout(() => controller.abort(), 50); } }));
    const fallback = setTimeout(() => controller.abort(), 20_000);
    expect(await run).not.toBe("it succeeded");
    clearTimeout(fallback);
    expect(Date.now() - began).toBeLessThan(40_000);
    const made = leftovers(`${PREFIX}n`);
    const known = JSON.stringify((await stack.exportStack()).deployment);
    for (const name of made) expect(known).toContain(docker("inspect", "-f", "{{.Id}}", name));
    program = () => { for (const name of names) new dockerSdk.Container(name, { name, image: IMAGE, command: ["sleep", "infinity"] }); };
    await stack.up();
    expect(leftovers(`${PREFIX}n`).sort()).toEqual(names);
    await stack.preview({ expectNoChanges: true });
  });

  it("destroys everything", async () => {
    await stack.destroy();
    expect(leftovers(PREFIX)).toEqual([]);
  });
});
