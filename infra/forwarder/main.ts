/** `node forwarder.js CONFIG`: on a multiplexer, keeps where its publishers are forwarded to (forwards.ts). */
import { systemClock } from "../agent/clock.ts";
import { stampOfFile } from "../agent/load.ts";
import { logFor } from "../agent/log.ts";
import { Relay } from "../agent/relay.ts";
import { json, overrideReply, plain, serve } from "../agent/serve.ts";
import { loadConfig } from "./config.ts";
import { Forwards } from "./forwards.ts";

const LOOK_MS = 300;
const log = logFor("forwarder");

async function main(): Promise<void> {
  const file = process.argv[2];
  if (file === undefined) throw new Error("usage: forwarder CONFIG (the rendered forwarder.json)");
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(0));
  let stamp = stampOfFile(file);
  const config = loadConfig(file);
  const mux = new Relay(config.api, "", "");
  const forwards = new Forwards(config.streams, mux, config.workDir, logFor);
  await serve(({ method, target, body }) => {
    const path = target.split("?")[0] ?? "";
    return overrideReply(forwards, method, path, body) ?? (path === "/status" ? json(forwards.status()) : plain(404, "not here"));
  }, config.port);
  for (let answers = true; ; await new Promise((resolve) => setTimeout(resolve, LOOK_MS))) {
    const seen = stampOfFile(file);
    if (seen !== stamp) {
      stamp = seen;
      try { forwards.configure(loadConfig(file).streams); } catch (error) { log("error", `keeping the configuration in use: ${(error as Error).message}`); }
    }
    try {
      await forwards.look(await mux.paths(), systemClock.mono());
      if (!answers) log("info", "the multiplexer answers again");
      answers = true;
    } catch (error) {
      if (answers) log("warn", `the multiplexer does not do as told: ${(error as Error).message}`);
      answers = false;
    }
  }
}

main().catch((error: Error) => { log("error", error.message); process.exit(1); });
