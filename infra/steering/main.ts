/** `node steering.js CONFIG`: tells the players of a distributor which ways to their streams work. */
import { systemClock } from "../agent/clock.ts";
import { stampOfFile } from "../agent/load.ts";
import { logFor } from "../agent/log.ts";
import { serve } from "../agent/serve.ts";
import { loadConfig } from "./config.ts";
import { probe } from "./probe.ts";
import { respond } from "./server.ts";
import { Steering } from "./steering.ts";

const WATCH_MS = 500;
/** Characters of the weights of all ways. */
const MAX_WEIGHTS = 4096;
const log = logFor("steering");

async function main(): Promise<void> {
  const file = process.argv[2];
  if (file === undefined) throw new Error("usage: steering CONFIG (the rendered steering.json)");
  const config = loadConfig(file);
  const steering = new Steering(config, systemClock, probe, log);
  await serve(({ method, target, body }) => {
    const { code, type, text } = respond(steering, method, target, body);
    return { code, type, body: text, headers: { "Cache-Control": "no-store" } };
  }, config.port, MAX_WEIGHTS);
  steering.start();

  let stamp = stampOfFile(file);
  setInterval(() => {
    const seen = stampOfFile(file);
    if (seen === stamp) return;
    stamp = seen;
    try { steering.configure(loadConfig(file)); log("info", "took the new configuration"); } catch (error) { log("error", `keeping the configuration in use: ${(error as Error).message}`); }
  }, WATCH_MS);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(0));
}

main().catch((error: Error) => { log("error", error.message); process.exit(1); });
