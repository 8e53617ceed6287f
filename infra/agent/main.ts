/** `node agent.js CONFIG`: the program beside FFmpeg on a transcoder host. */
import { Agent } from "./agent.ts";
import { systemClock } from "./clock.ts";
import { load, type Loaded, stampOf } from "./load.ts";
import { logFor } from "./log.ts";
import { killOrphans } from "./process.ts";
import { listen } from "./server.ts";

const WATCH_MS = 500;
const PORT_RETRIES = 50;

const log = logFor("agent");

async function main(): Promise<void> {
  const file = process.argv[2];
  if (file === undefined) throw new Error("usage: agent CONFIG (the rendered agent.json)");
  let current = load(file);
  const agent = new Agent(current.config, systemClock);
  const server = await listenPatiently(agent, current.config.port);
  const orphans = killOrphans(current.config.workDir);
  if (orphans > 0) log("warn", `ended ${orphans} FFmpeg processes that an earlier agent left behind`);
  agent.apply(current);
  agent.start();

  let pending = current.text;
  let stamp = "";
  const watcher = setInterval(() => {
    const seen = stampOf(file, current);
    if (seen === stamp && pending === current.text) return;
    stamp = seen;
    let next: Loaded;
    try { next = load(file); } catch (error) {
      // Files are replaced one after another; an error that stays is the operator's to see.
      const message = (error as Error).message;
      if (agent.configError === null && pending === message) { agent.configError = message; log("error", `keeping the configuration in use: ${message}`); }
      pending = message;
      return;
    }
    agent.configError = null;
    const settled = next.text === pending;
    pending = next.text;
    if (!settled || next.text === current.text) return;
    if (needsRestart(current, next)) { log("info", "relay, port or work folder changed: restarting"); void stop(0); return; }
    current = next;
    agent.apply(next);
  }, WATCH_MS);

  let stopping = false;
  const stop = async (code: number): Promise<void> => {
    if (stopping) return;
    stopping = true;
    clearInterval(watcher);
    server.close();
    await agent.stop();
    process.exit(code);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop(0));
}

const needsRestart = (a: Loaded, b: Loaded): boolean =>
  JSON.stringify([a.config.relay, a.config.port, a.config.workDir]) !== JSON.stringify([b.config.relay, b.config.port, b.config.workDir]);

/** An agent that is just ending may still hold the port. */
async function listenPatiently(agent: Agent, port: number): ReturnType<typeof listen> {
  for (let attempt = 1; ; attempt++) {
    try { return await listen(agent, port); } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      if (attempt === PORT_RETRIES) throw new Error(`port ${port} on 127.0.0.1 is taken by another program; end it or change the agent's port`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

main().catch((error: Error) => { log("error", error.message); process.exit(1); });
