/** The simulated cloud, one process in a container: told its state over HTTP, it is router, metadata, DNS, API and CloudFront. */
import { execFileSync } from "node:child_process";
import http from "node:http";
import { resolve } from "./answers.ts";
import type { View } from "./answers.ts";
import { Cdn } from "./cdn/cdn.ts";
import { serveDns } from "./dns.ts";
import { createGateway } from "./gateway.ts";
import { Health } from "./health.ts";
import { createMetadata } from "./imds.ts";
import type { CloudEvent, CloudState } from "./state.ts";
import { bringAddresses, loadRules, ruleset } from "./wiring.ts";

const CONTROL_PORT = 9000, API_PORT = 443, LONG_POLL_MS = 20_000;
const METADATA = "169.254.169.254";
/** Health checks come so many times faster than declared. */
const speed = Number(process.env["SIM_SPEED"] ?? 1);

let state: CloudState | null = null, rules = "";
const now = (): CloudState | null => state;
const events: CloudEvent[] = [];
let wake: (() => void)[] = [];
const event = (e: CloudEvent): void => { events.push(e); for (const w of wake) w(); wake = []; };

const health = new Health(now, speed, (name) => state === null ? null : resolve(state, name, "A", view(false))?.values[0] ?? null, (targetGroup, id, healthy) => { rewire(); event({ kind: "target-health", targetGroup, id, healthy }); });
const view = (isPrivate: boolean): View => ({ private: isPrivate, region: process.env["SIM_VIEWER_REGION"] ?? "", healthy: health.healthy });
const cdn = new Cdn(now, (name) => {
  let found = state === null ? null : resolve(state, name, "A", view(false));
  for (let hops = 0; state !== null && found?.type === "CNAME" && hops < 8; hops++) found = resolve(state, found.values[0] ?? "", "A", view(false));
  return found?.values ?? [];
});
const dnsOn = new Set<string>();

function rewire(): void {
  if (state === null) return;
  const text = ruleset(state, (group, id) => health.targetHealthy(group, id));
  if (text === rules) return;
  loadRules(text);
  rules = text;
}

function take(next: CloudState): void {
  state = next;
  bringAddresses(next);
  rewire();
  for (const [address, inside] of [[next.internet.address, false] as const, ...next.vpcs.map((v) => [v.dns, true] as const)]) {
    if (dnsOn.has(address)) continue;
    dnsOn.add(address);
    serveDns(address, now, () => view(inside));
  }
  cdn.follow(next);
}

const control = http.createServer((req, res) => {
  const url = new URL(req.url ?? "/", "http://control");
  const json = (value: unknown): void => { res.setHeader("content-type", "application/json"); res.end(JSON.stringify(value)); };
  if (req.method === "PUT" && url.pathname === "/state") {
    const parts: Buffer[] = [];
    req.on("data", (b: Buffer) => parts.push(b));
    req.on("end", () => {
      try { take(JSON.parse(Buffer.concat(parts).toString()) as CloudState); json({ ok: true }); } catch (error) { res.statusCode = 500; res.end(error instanceof Error ? `${error.message}\n${String((error as { stderr?: Buffer }).stderr ?? "")}` : String(error)); }
    });
  } else if (url.pathname === "/events") {
    const after = Number(url.searchParams.get("after") ?? 0);
    const tell = (): void => { if (!res.writableEnded) json({ next: events.length, events: events.slice(after) }); };
    if (events.length > after) return tell();
    wake.push(tell);
    setTimeout(tell, LONG_POLL_MS);
  } else if (url.pathname === "/health") {
    json({ checks: Object.fromEntries((state?.healthChecks ?? []).map((c) => [c.id, health.healthy(c.id)])), cdn: cdn.counts() });
  } else { res.statusCode = 404; res.end(); }
});

const own = process.env["SIM_ADDRESS"] ?? "0.0.0.0";
execFileSync("ip", ["addr", "add", `${METADATA}/32`, "dev", "lo"]);
createMetadata(now).listen(80, METADATA);
createGateway(now, event).listen(API_PORT, own);
control.listen(CONTROL_PORT, own, () => process.stdout.write("ready\n"));
process.on("SIGTERM", () => process.exit(0));
process.on("uncaughtException", (error) => process.stderr.write(`${error.stack ?? error.message}\n`));
