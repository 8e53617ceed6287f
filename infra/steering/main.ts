/** `node steering.js CONFIG`: tells the players of a distributor which ways to their streams work. */
import { statSync } from "node:fs";
import http from "node:http";
import { systemClock } from "../agent/clock.ts";
import { logFor } from "../agent/log.ts";
import { loadConfig } from "./config.ts";
import { probe } from "./probe.ts";
import { respond } from "./server.ts";
import { Steering } from "./steering.ts";

const WATCH_MS = 500;
const log = logFor("steering");

function main(): void {
  const file = process.argv[2];
  if (file === undefined) throw new Error("usage: steering CONFIG (the rendered steering.json)");
  const config = loadConfig(file);
  const steering = new Steering(config, systemClock, probe, log);
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (c: Buffer) => { body += c.toString("utf8"); if (body.length > 4096) request.destroy(); });
    request.on("end", () => {
      const { code, type, text } = respond(steering, request.method ?? "GET", request.url ?? "/", body);
      response.writeHead(code, { "Content-Type": type, "Cache-Control": "no-store" }).end(text);
    });
  });
  server.listen(config.port, "127.0.0.1");
  server.on("error", (error) => { log("error", error.message); process.exit(1); });
  steering.start();

  let stamp = stampOf(file);
  setInterval(() => {
    const seen = stampOf(file);
    if (seen === stamp) return;
    stamp = seen;
    try { steering.configure(loadConfig(file)); log("info", "took the new configuration"); } catch (error) { log("error", `keeping the configuration in use: ${(error as Error).message}`); }
  }, WATCH_MS);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(0));
}

function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? `${stat.ino} ${stat.mtimeMs} ${stat.size}` : "none";
}

try { main(); } catch (error) { log("error", (error as Error).message); process.exit(1); }
