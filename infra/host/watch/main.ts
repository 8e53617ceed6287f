/** `aws.js watch`: this host's journal and a few numbers of it to CloudWatch Logs, where alarms read them. */
import { CloudWatchLogsClient, CreateLogStreamCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { logStreamName, type HostPointer } from "../../targets/aws/contract.ts";
import { realClock, sleep } from "../clock.ts";
import { messageOf } from "../failure.ts";
import { PATIENCE } from "../pull/aws-store.ts";
import { identity } from "../pull/identity.ts";
import { instanceMetadata } from "../pull/metadata.ts";
import { readPointerFile } from "../pull/pointer-file.ts";
import { readSettings } from "../pull/settings.ts";
import { followJournal } from "./journal.ts";
import { lookAtDisks, lookAtErrors, lookAtPaths, lookAtSpeeds, textOf } from "./look.ts";
import { embedded, ingestMetrics, speedMetrics, type Measured, type SeenPath } from "./metrics.ts";
import { Shipper, type LogEvent } from "./shipper.ts";

const FLUSH_EVERY_MS = 5_000;
const LOOK_EVERY_MS = 10_000;
const LOOKS_A_MINUTE = 6;

/** Runs until it is told to stop. */
export async function watch(): Promise<number> {
  const log = (line: string): void => { process.stdout.write(`${line}\n`); };
  const settings = readSettings();
  const { instance, region } = await identity(instanceMetadata(), log);
  const cursorFile = join(process.env["STATE_DIRECTORY"] ?? "/var/lib/headend-watch", "cursor");
  const pointer = await firstPointer();
  const stream = { logGroupName: pointer.watch.logGroup, logStreamName: logStreamName(settings.host, instance) };
  const client = logsClient(region);
  const send = (events: readonly LogEvent[]): Promise<void> => put(client, stream, events);
  const shipper = new Shipper({ send, arrived: (cursor) => remember(cursorFile, cursor) });
  const follow = (): void => { followJournal(textOf(cursorFile), (line) => shipper.add(line.at, line.text, line.cursor), (why) => { log(why); process.exit(1); }); };
  follow();
  void measureForEver({ namespace: pointer.watch.namespace, host: settings.host }, pointer, shipper);
  let said = "";
  for (;;) {
    await sleep(realClock, FLUSH_EVERY_MS);
    try { await shipper.flush(); said = ""; } catch (error) {
      const text = `logs wait: ${messageOf(error)}`;
      if (text !== said) log(said = text);   // once: this line is a line of the journal too
    }
  }
}

/** Lines in the embedded metric format become metrics; all others stay what they are. */
function logsClient(region: string): CloudWatchLogsClient {
  const client = new CloudWatchLogsClient({ region, ...PATIENCE });
  client.middlewareStack.add((next) => (args) => {
    const request = args.request as { readonly headers?: Record<string, string> };
    if (request.headers) request.headers["x-amzn-logs-format"] = "json/emf";
    return next(args);
  }, { step: "build", name: "embeddedMetricFormat" });
  return client;
}

async function firstPointer(): Promise<HostPointer> {
  for (;;) {
    const found = readPointerFile();
    if (found !== null) return found;
    await sleep(realClock, 1_000);
  }
}

async function put(client: CloudWatchLogsClient, stream: { readonly logGroupName: string; readonly logStreamName: string }, events: readonly LogEvent[]): Promise<void> {
  const command = new PutLogEventsCommand({ ...stream, logEvents: [...events] });
  try { await client.send(command); } catch (error) {
    if (!(error instanceof Error) || error.name !== "ResourceNotFoundException") throw error;
    await client.send(new CreateLogStreamCommand(stream)).catch((e: unknown) => { if (!(e instanceof Error) || e.name !== "ResourceAlreadyExistsException") throw e; });
    await client.send(command);
  }
}

function remember(path: string, cursor: string): void {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(`${path}.next`, cursor);
  renameSync(`${path}.next`, path);
}

async function measureForEver(where: { readonly namespace: string; readonly host: string }, { watch: place }: HostPointer, shipper: Shipper): Promise<void> {
  const role = place.logGroup.split("/").at(-1);
  let before: { readonly paths: readonly SeenPath[]; readonly at: number } | null = null;
  let errors = lookAtErrors();
  for (;;) {
    const speeds: (readonly { readonly name: string; readonly speed: number | null }[])[] = [];
    for (let i = 0; i < LOOKS_A_MINUTE; i++) {
      if (role === "transcoder") speeds.push(await lookAtSpeeds() ?? []);
      await sleep(realClock, LOOK_EVERY_MS);
    }
    const now = Date.now();
    const measured: Measured[] = [{ metric: "disk", value: lookAtDisks() }, ...speedMetrics(speeds)];
    if (role === "multiplexer") {
      const paths = await lookAtPaths();
      if (paths !== null) measured.push(...ingestMetrics(paths, before?.paths ?? [], before === null ? 0 : (now - before.at) / 1000));
      before = paths === null ? null : { paths, at: now };
    }
    if (role === "distributor") {
      const count = lookAtErrors();
      if (count !== null) measured.push({ metric: "errors", value: Math.max(0, count - (errors !== null && errors <= count ? errors : 0)) });
      errors = count;
    }
    for (const line of embedded(measured, where, now)) shipper.add(now, line);
  }
}
