/**
 * Entry of headend's stand-in plugins: `node bundle.js docker|command|tls|aws [engine address]` prints the port it listens
 * on and serves until SIGTERM or SIGINT. Pulumi starts it through an executable named `pulumi-resource-NAME`.
 */
import grpc from "@grpc/grpc-js";
import type { Plugin } from "./resource.ts";
import { awsPlugin } from "./aws/plugin.ts";
import { commandPlugin } from "./command/plugin.ts";
import { dockerPlugin } from "./docker/plugin.ts";
import { tlsPlugin } from "./tls/plugin.ts";
import { createEngine } from "./wire/engine.ts";
import { createOperations } from "./wire/operations.ts";
import { service, serviceHandlers } from "./wire/service.ts";

const PLUGINS: Readonly<Record<string, () => Plugin>> = { docker: dockerPlugin, command: commandPlugin, tls: tlsPlugin, aws: () => awsPlugin() };

/** Largest message, in bytes; the engine's own limit. */
const MAX_MESSAGE = 400 * 1024 * 1024;
/** After a stop signal: how long no call may have come before the process ends, in ms. */
const QUIET_MS = 250;

function main(args: readonly string[]): void {
  // The engine puts its flags first and its own address last.
  const [name = "", ...rest] = args.filter((arg) => !arg.startsWith("-"));
  const address = rest.at(-1);
  const create = PLUGINS[name];
  if (create === undefined) {
    process.stderr.write(`usage: plugins ${Object.keys(PLUGINS).join("|")} [engine address]\n`);
    process.exit(2);
  }
  const operations = createOperations();
  const server = new grpc.Server({ "grpc.max_receive_message_length": MAX_MESSAGE, "grpc.max_send_message_length": MAX_MESSAGE });
  server.addService(service, serviceHandlers(create(), createEngine(address), operations));
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) {
      process.stderr.write(`cannot listen on 127.0.0.1: ${error.message}\n`);
      process.exit(1);
    }
    process.stdout.write(`${port}\n`);
  });

  const stop = (): void => {
    // A terminal's Ctrl-C reaches the plugin as well as the engine, which still expects the answers to its running calls.
    operations.cancel();
    void operations.quiet(QUIET_MS).then(() => process.exit(0));
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  // An engine that was killed cannot stop its plugins: without this they would stay for ever.
  const parent = process.ppid;
  setInterval(() => { if (process.ppid !== parent) stop(); }, 1000).unref();
}

main(process.argv.slice(2));
