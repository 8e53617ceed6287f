/** `pulumi-resource-aws` of tests: the stand-in's schema and checks, with the simulation of the test that started it behind. */
import grpc from "@grpc/grpc-js";
import type { AwsBackend } from "../../scripts/plugins/aws/backend.ts";
import { awsPlugin } from "../../scripts/plugins/aws/plugin.ts";
import { PluginError } from "../../scripts/plugins/resource.ts";
import type { Created, ReadResult } from "../../scripts/plugins/resource.ts";
import type { Properties } from "../../scripts/plugins/wire/values.ts";
import { createEngine } from "../../scripts/plugins/wire/engine.ts";
import { createOperations } from "../../scripts/plugins/wire/operations.ts";
import { service, serviceHandlers } from "../../scripts/plugins/wire/service.ts";
import type { Ask } from "./world/server.ts";

const MAX_MESSAGE = 400 * 1024 * 1024;
const address = process.env["HEADEND_AWS_SIMULATION"] ?? "";
if (!/^http:\/\/127\.0\.0\.1:\d+$/.test(address)) {
  process.stderr.write("This plugin simulates AWS for headend's own tests: HEADEND_AWS_SIMULATION names no running simulation.\n");
  process.exit(2);
}

async function ask<T>(question: Ask): Promise<T> {
  const response = await fetch(address, { method: "POST", body: JSON.stringify(question) });
  const text = await response.text();
  if (!response.ok) throw new PluginError(text);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** An id that is a name, as a log group's, says nothing of its region. */
const regionIn = (kept: Properties | undefined): { region?: string } => (typeof kept?.["region"] === "string" ? { region: kept["region"] } : {});

const simulation: AwsBackend = {
  create: (type, { inputs }, { name }) => ask<Created>({ op: "create", type, name, inputs }),
  read: async (type, { id, state }) => (await ask<ReadResult | null>({ op: "read", type, id, ...regionIn(state) })) ?? undefined,
  update: (type, { id, inputs }) => ask<Properties>({ op: "update", type, id, inputs, ...regionIn(inputs) }),
  delete: async (type, { id, state }) => { await ask<null>({ op: "delete", type, id, ...regionIn(state) }); },
  invoke: async (token, args) => (await ask<Properties | null>({ op: "invoke", token, args })) ?? undefined,
};

const operations = createOperations();
const server = new grpc.Server({ "grpc.max_receive_message_length": MAX_MESSAGE, "grpc.max_send_message_length": MAX_MESSAGE });
server.addService(service, serviceHandlers(awsPlugin(simulation), createEngine(process.argv.slice(2).filter((a) => !a.startsWith("-")).at(-1)), operations));
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.stdout.write(`${port}\n`);
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => { operations.cancel(); void operations.quiet(250).then(() => process.exit(0)); });
const parent = process.ppid;
setInterval(() => { if (process.ppid !== parent) process.exit(0); }, 1000).unref();
