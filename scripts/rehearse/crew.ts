/** Publishers and viewers of a rehearsal, brought in once the stack plays. */
import type { Plan } from "../../infra/plan/model.ts";
import type { Topology } from "../../infra/spec/topology.ts";
import { LOCAL_CDN } from "../../infra/render/local-cdn.ts";
import { CliError } from "../cli/lib/errors.ts";
import type { StackOutputs } from "../cli/lib/stack.ts";
import { chromiumPath } from "../live/chromium.ts";
import { Ends, pause } from "./ends.ts";
import { Freshness } from "./freshness.ts";
import { Probes } from "./probe.ts";
import { pictureOf, RehearsalPublisher, waysOf } from "./publishers.ts";
import { BrowserViewer, type Entry, entriesOf, Reader } from "./viewers.ts";
import { Watch } from "./watch.ts";

const ON_AIR_WITHIN_MS = 60_000;
const TICK_MS = 150;
/** Readers cost little, but a thousand streams times ten distributors would be a load test. */
const MOST_READERS = 12;

export interface CrewOptions {
  readonly plan: Plan; readonly topology: Topology; readonly outputs: StackOutputs; readonly stack: string;
  readonly recordings: string; readonly secret: string | null; readonly began: number;
  /** Real players at most; the rest are readers. */
  readonly browsers: number;
  readonly ends: Ends; readonly signal: AbortSignal; readonly tell: (text: string) => void;
}

export interface Crew {
  readonly watch: Watch; readonly probes: Probes; readonly publishers: readonly RehearsalPublisher[];
  readonly browsers: readonly BrowserViewer[]; readonly entries: readonly Entry[];
  /** Who watches, for the report. */
  readonly words: string;
}

/** Starts the instruments, then publishers (where they are ours), then viewers; done when every picture moves. */
export async function assemble(o: CrewOptions): Promise<Crew> {
  const { plan, outputs, ends, signal, tell } = o, entries = entriesOf(outputs);
  const publishers: RehearsalPublisher[] = [], browsers: BrowserViewer[] = [], readers: Reader[] = [];
  let freshness: Freshness | null = null, probes: Probes | null = null;
  const watch = new Watch(plan, o.began, o.recordings, { publishers: () => publishers, browsers, readers, freshness: () => freshness, probes: () => probes });
  const looking = probes = new Probes(Object.entries(outputs.hosts).flatMap(([name, h]) => (h.container === undefined ? [] : [{ name, role: h.role as "multiplexer" | "transcoder" | "distributor", container: h.container }])), (host, look, before) => watch.looked(host, look, before)).start();
  ends.add("probes", () => looking.stop());
  const timer = setInterval(() => watch.tick(), TICK_MS);
  ends.add("clock", () => clearInterval(timer));

  if (o.secret !== null) publishers.push(...startPublishers({ ...o, secret: o.secret }, watch));
  for (const p of publishers) ends.add(`publisher ${p.name}`, () => p.end());
  await onAir(watch, signal);

  const fresh = freshness = new Freshness(entries, plan.streams.filter((s) => s.latency !== "ultra"), outputs.ca).start();
  ends.add("playlist watch", () => fresh.stop());
  const why = chromiumPath() === null ? "no Chromium is installed" : null;
  for (const b of chooseBrowsers(o, entries, why === null ? o.browsers : 0)) {
    ends.add(b.name, () => b.close());
    await b.open();
    browsers.push(b);
  }
  for (const r of chooseReaders(plan, outputs, entries)) {
    ends.add(r.name, () => r.stop());
    readers.push(r.start());
  }
  await Promise.all(readers.map((r) => r.playing()));
  tell(`watching: ${browsers.length} hls.js in Chromium, ${readers.length} light readers`);
  const left = plan.streams.length - new Set(browsers.map((b) => b.stream)).size;
  const cap = why ?? (left > 0 ? `streams beyond the first ${browsers.length} are judged by their light readers (--browsers)` : null);
  return { watch, probes: looking, publishers, browsers, entries, words: `${browsers.length} hls.js players in headless Chromium, ${readers.length} light readers${cap === null ? "" : `; ${cap}`}` };
}

function startPublishers(o: CrewOptions & { readonly secret: string }, watch: Watch): RehearsalPublisher[] {
  return o.plan.streams.flatMap((s) => s.publish).flatMap((path) => {
    const ways = waysOf(o.topology, o.plan, o.outputs, o.secret, path, path.keyRotation);
    if (ways.length === 0) return [];
    return [new RehearsalPublisher({
      path, ways, picture: pictureOf(o.topology, path.stream, o.plan.scale), secret: o.secret, ca: o.outputs.ca, label: `headend.stack=${o.stack}`,
      at: () => watch.multiplexerOf(path), tell: (text) => watch.note("publisher", text),
    }).start()];
  });
}

async function onAir(watch: Watch, signal: AbortSignal): Promise<void> {
  for (const end = Date.now() + ON_AIR_WITHIN_MS; watch.missing().length > 0; await pause(200, signal)) {
    if (Date.now() > end) throw new CliError("Not everything got on air.", watch.missing().join("\n"));
  }
}

/** One player a stream, by the way that people come; when there are fewer streams than players, the first stream is watched from further distributors too. */
function chooseBrowsers(o: CrewOptions, entries: readonly Entry[], most: number): BrowserViewer[] {
  const places = o.plan.streams.flatMap((s) => [...(s.latency === "standard" ? [LOCAL_CDN] : []), ...s.distributors].flatMap((host) => entries.find((e) => e.host === host) ?? []).map((entry, turn) => ({ stream: s, entry, turn })))
    .sort((a, b) => a.turn - b.turn);
  return places.slice(0, most).map(({ stream, entry }, i) => new BrowserViewer(`player ${i + 1} (${stream.name})`, stream.name, entry, { ca: o.outputs.ca, entries, began: o.began, webrtc: stream.latency === "ultra" }));
}

function chooseReaders(plan: Plan, outputs: StackOutputs, entries: readonly Entry[]): Reader[] {
  const standard = plan.streams.filter((s) => s.latency !== "ultra" && outputs.streams[s.name]?.playlist);
  return entries.flatMap((e) => standard.filter((s) => s.distributors.includes(e.host)).map((s) => new Reader(`reader at ${e.host} (${s.name})`, e.host, s.name, `${e.origin}/live/${s.name}/index.m3u8`, outputs.ca))).slice(0, MOST_READERS);
}
