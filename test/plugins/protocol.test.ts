import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import grpc from "@grpc/grpc-js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import pb from "@pulumi/pulumi/proto/provider_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import { sandbox } from "./harness.ts";
import type { Sandbox } from "./harness.ts";

type Client = InstanceType<typeof providerService.ResourceProviderClient>;
const URN = "urn:pulumi:s::p::";
let box: Sandbox;
const children: ChildProcess[] = [];
beforeAll(async () => { box = await sandbox(); });
afterAll(() => { for (const child of children) child.kill("SIGKILL"); box.close(); });

interface Running { readonly client: Client; readonly child: ChildProcess; readonly startMs: number; readonly exited: Promise<number | null> }

async function start(name: string, env: Record<string, string> = {}): Promise<Running> {
  const began = performance.now();
  const child = spawn(process.execPath, [path.join(box.dir, "plugins.cjs"), name], { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...env } });
  children.push(child);
  const exited = once(child, "exit").then(([code]) => code as number | null);
  const [chunk] = await once(child.stdout, "data") as [Buffer];
  const startMs = performance.now() - began;
  expect(chunk.toString()).toMatch(/^\d+\n$/);
  return { client: new providerService.ResourceProviderClient(`127.0.0.1:${chunk.toString().trim()}`, grpc.credentials.createInsecure()), child, startMs, exited };
}

function create(client: Client, type: string, properties: Record<string, structPb.JavaScriptValue>): Promise<string> {
  const request = new pb.CreateRequest();
  request.setUrn(`${URN}${type}::x`);
  request.setProperties(structPb.Struct.fromJavaScript(properties));
  return new Promise((resolve) => { client.create(request, (error, answer) => resolve(error === null ? `made ${answer.getId()}` : error.details)); });
}

describe("the plugin process", () => {
  it("prints its port soon, and nothing else", async () => {
    const times: number[] = [];
    for (const name of ["docker", "command", "tls"]) {
      const { child, exited, startMs } = await start(name);
      times.push(startMs);
      child.kill("SIGTERM");
      expect(await exited).toBe(0);
    }
    // Well under half a second on an idle machine; the best of three does not depend on what else runs.
    expect(Math.min(...times)).toBeLessThan(500);
  });

  it("answers the running call before it ends at SIGINT", async () => {
    const { client, child, exited } = await start("command");
    const made = create(client, "command:local:Command", { create: "sleep 600" });
    setTimeout(() => child.kill("SIGINT"), 200);
    expect(await made).toContain("cancelled while the command x ran");
    expect(await exited).toBe(0);
  });

  it("stops the running call at Cancel and goes on serving", async () => {
    const { client, child, exited } = await start("command");
    const made = create(client, "command:local:Command", { create: "sleep 600" });
    setTimeout(() => client.cancel(new emptyPb.Empty(), () => undefined), 200);
    expect(await made).toContain("cancelled");
    expect(await create(client, "command:local:Command", { create: "true" })).toContain("cancelled before");
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
  });

  it("says honestly what it does not do, and when no Docker engine answers", async () => {
    const { client, child } = await start("docker", { DOCKER_HOST: "unix:///nowhere/docker.sock" });
    expect(await create(client, "docker:index/image:Image", {})).toContain("docker:index/image:Image is not supported by headend's stand-in");
    expect(await create(client, "docker:index/volume:Volume", { name: "v" })).toContain("no Docker engine answers at unix:///nowhere/docker.sock");
    const invoke = new pb.InvokeRequest();
    invoke.setTok("docker:index/getNetwork:getNetwork");
    const said = await new Promise((resolve) => { client.invoke(invoke, (error) => resolve(error?.details)); });
    expect(said).toContain("pulumi plugin install resource docker v5.2.0");
    const info = await new Promise((resolve) => { client.getPluginInfo(new emptyPb.Empty(), (_, answer) => resolve(answer.getVersion())); });
    expect(info).toBe("5.2.0");
    child.kill("SIGTERM");
  });
});
