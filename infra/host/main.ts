/** The program on every host: `host.js run | apply | status [--json] | drain on|off | health`. */
import { join } from "node:path";
import { realClock } from "./clock.ts";
import { HostFailure, messageOf } from "./failure.ts";
import { runNft } from "./firewall.ts";
import { Host } from "./host.ts";
import { dnsResolve4 } from "./peers.ts";
import { placesFrom } from "./places.ts";
import { spawnGroup } from "./process.ts";
import { askForwards } from "./forwards.ts";
import { probeNetwork } from "./readiness.ts";
import { ask } from "./socket.ts";
import { formatStatus, healthProblem, type HostStatus } from "./status.ts";
import { FileSecretStore } from "./store.ts";
import { systemUserIds } from "./users.ts";

const USAGE = `usage: headend-host COMMAND
  run              supervise this host's services (long-running)
  apply            read {"bundle": …, "secrets": …} from standard input and bring it into force
  status [--json]  services, peers, firewall
  drain on|off     with "on" /healthz fails, so that no new viewers are sent here
  health           exit 0 when every service is ready`;

const WAIT_FOR_HOSTD_MS = 30_000;
const places = placesFrom(process.env);
const print = (line: string): void => { process.stdout.write(`${line}\n`); };

async function run(): Promise<number> {
  process.umask(0o022);
  const host = new Host({
    places, clock: realClock, spawn: spawnGroup, probe: probeNetwork, askForwards, nft: runNft, resolve4: dnsResolve4(),
    secrets: new FileSecretStore(process.env["HEADEND_SECRETS_FILE"] ?? join(places.var, "secrets.json")), idsOf: systemUserIds, print, env: process.env,
    asRoot: process.getuid?.() === 0,
  });
  const stopped = new Promise<number>((resolve) => {
    const stop = (): void => { void host.stop().finally(() => resolve(0)); };
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
  });
  await host.start();
  return stopped;
}

async function apply(): Promise<number> {
  let text = "";
  process.stdin.setEncoding("utf8");
  for await (const chunk of process.stdin) text += chunk as string;
  let input: unknown;
  try { input = JSON.parse(text); } catch { throw new HostFailure("Standard input is not JSON. Send { \"bundle\": …, \"secrets\": … }."); }
  return ask(places.socket, { op: "apply", input }, print, realClock, WAIT_FOR_HOSTD_MS);
}

async function status(json: boolean): Promise<number> {
  return ask(places.socket, { op: "status" }, (line) => {
    print(json ? line : formatStatus(JSON.parse(line) as HostStatus));
  }, realClock, 0);
}

async function drain(word: string | undefined): Promise<number> {
  if (word !== "on" && word !== "off") throw new HostFailure(`drain takes "on" or "off", not "${word ?? ""}".`);
  return ask(places.socket, { op: "drain", on: word === "on" }, print, realClock, 0);
}

function health(): number {
  const problem = healthProblem(places);
  print(problem ?? "ready");
  return problem === null ? 0 : 1;
}

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case "run": return run();
    case "apply": return apply();
    case "status": return status(rest.includes("--json"));
    case "drain": return drain(rest[0]);
    case "health": return health();
    default:
      process.stderr.write(`${USAGE}\n`);
      return command === "--help" || command === "help" ? 0 : 2;
  }
}

main(process.argv.slice(2)).then((code) => process.exit(code), (error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
});
