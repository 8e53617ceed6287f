/** `node restream.js CONFIG`: on a multiplexer, sends to other platforms whichever publisher is on air. */
import { systemClock } from "../agent/clock.ts";
import { stampOfFile } from "../agent/load.ts";
import { logFor } from "../agent/log.ts";
import { Relay } from "../agent/relay.ts";
import { Chooser } from "./chooser.ts";
import { loadConfig, type RestreamConfig } from "./config.ts";

const LOOK_MS = 300;
const log = logFor("restream");

async function main(): Promise<void> {
  const file = process.argv[2];
  if (file === undefined) throw new Error("usage: restream CONFIG (the rendered restream.json)");
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(0));
  let stamp = stampOfFile(file);
  let config = loadConfig(file);
  const mux = new Relay(config.api, "");
  const choosers = new Map<string, Chooser>();
  const configure = (next: RestreamConfig): void => {
    config = next;
    for (const name of choosers.keys()) if (!config.streams.some((s) => s.name === name)) choosers.delete(name);
    for (const stream of config.streams) {
      const known = choosers.get(stream.name);
      if (known) known.configure(stream); else choosers.set(stream.name, new Chooser(stream, mux, logFor(stream.name)));
    }
  };
  configure(config);
  for (let answers = true; ; await new Promise((resolve) => setTimeout(resolve, LOOK_MS))) {
    const seen = stampOfFile(file);
    if (seen !== stamp) {
      stamp = seen;
      try { configure(loadConfig(file)); } catch (error) { log("error", `keeping the configuration in use: ${(error as Error).message}`); }
    }
    try {
      const paths = await mux.paths();
      for (const chooser of choosers.values()) await chooser.look(paths, systemClock.mono());
      if (!answers) log("info", "the multiplexer answers again");
      answers = true;
    } catch (error) {
      if (answers) log("warn", `the multiplexer does not do as told: ${(error as Error).message}`);
      answers = false;
    }
  }
}

main().catch((error: Error) => { log("error", error.message); process.exit(1); });
