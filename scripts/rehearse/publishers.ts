/** Publishers of a rehearsal: they begin with their first way in, and when they are cut off they try the next, as an encoder does. */
import { deriveKey } from "../../infra/plan/keys.ts";
import type { Plan, PublishPath } from "../../infra/plan/model.ts";
import type { IngestProtocol, Topology } from "../../infra/spec/topology.ts";
import { buildKit, type Way } from "../cli/kit/kit.ts";
import { whipToken } from "../cli/kit/urls.ts";
import type { StackOutputs } from "../cli/lib/stack.ts";
import { publish, type Publisher } from "../live/publish.ts";
import { sleep } from "../live/wait.ts";

/** An encoder that is not let in within this, or has lost its server for as long as {@link LOST_MS}, tries its next way. */
const REFUSED_MS = 8000;
const LOST_MS = 4000;
const RETRY_MS = 500;

export interface PublisherOptions {
  readonly path: PublishPath;
  readonly ways: readonly Way[];
  readonly picture: { readonly width: number; readonly height: number; readonly fps: number; readonly bitrateKbps: number; readonly keyframeSeconds: number };
  readonly secret: string;
  readonly ca: string | null;
  readonly label: string;
  /** Multiplexer that has it now; null when none does. */
  readonly at: () => string | null;
  readonly tell: (text: string) => void;
}

/** What a publisher sends: the declared picture, scaled like the rest. */
export function pictureOf(topology: Topology, stream: string, scale: number): PublisherOptions["picture"] {
  const source = topology.streams[stream]?.source;
  if (!source) throw new Error(`no stream ${stream}`);
  const even = (pixels: number): number => Math.max(64, 2 * Math.round((pixels * scale) / 2));
  return { width: even(source.width), height: even(source.height), fps: Math.round(source.fps), keyframeSeconds: source.keyframeSeconds, bitrateKbps: Math.max(200, Math.round(source.bitrateKbps * scale ** 1.5)) };
}

/** Ways in of one publisher, in the order to try them, with keys of the given rotation. */
export function waysOf(topology: Topology, plan: Plan, outputs: StackOutputs, secret: string, path: PublishPath, rotation: number): readonly Way[] {
  const kit = buildKit({
    topology, plan, viewers: {}, secretOf: (name) => deriveKey(secret, name, rotation),
    address: (p, multiplexer, protocol) => {
      const at = outputs.publish.find((e) => e.stream === p.stream && e.publisher === p.publisher && e.multiplexer === multiplexer && e.protocol === protocol);
      return at ? { host: "127.0.0.1", port: at.port } : null;
    },
  });
  return kit.publishers.find((p) => p.stream === path.stream && p.publisher === path.publisher)?.ways ?? [];
}

export class RehearsalPublisher {
  private ways: readonly Way[];
  private current: Publisher | null = null;
  private way = 0;
  private wanted = true;
  private frozen = false;
  private over = false;
  private loop: Promise<void> | null = null;
  private rotation: number;

  constructor(private readonly o: PublisherOptions) {
    this.ways = o.ways;
    this.rotation = o.path.keyRotation;
  }

  get name(): string { return this.o.path.path; }
  /** It should be publishing now. */
  get publishing(): boolean { return this.wanted; }
  /** It came in by its first way. */
  get atHome(): boolean { return this.way === 0; }
  get protocol(): IngestProtocol { return this.now.protocol; }
  get otherProtocol(): boolean { return this.ways.some((w) => w.protocol !== this.ways[0]?.protocol); }
  /** How it comes in, for people. */
  get how(): string { return `${this.now.protocol.toUpperCase()} to ${this.now.multiplexer}`; }
  private get now(): Way {
    const way = this.ways[this.way];
    if (!way) throw new Error(`${this.name} has no way in`);
    return way;
  }

  start(): this { this.loop ??= this.run(); return this; }

  /** Stops publishing: with a goodbye, or by falling silent with its connection open. */
  async leave(how: "close" | "silent"): Promise<void> {
    this.wanted = false;
    const publisher = this.current;
    if (how === "close") { await publisher?.stop(); return; }
    this.frozen = true;
    await publisher?.freeze();
  }

  /** Comes back, by its first way or (when there is one) by another protocol. */
  async back(how: "same" | "other"): Promise<void> {
    const other = this.ways.findIndex((w) => w.protocol !== this.ways[0]?.protocol);
    this.way = how === "other" && other >= 0 ? other : 0;
    if (this.frozen) { this.frozen = false; await this.current?.kill(); }
    this.wanted = true;
  }

  /** Ends politely and comes back by its first way: for a clean start of the next fault. */
  async home(): Promise<void> {
    this.way = 0;
    await this.current?.stop();
  }

  /** Uses the key of another rotation from the next connection on. */
  useKeys(ways: readonly Way[], rotation: number): void { this.ways = ways; this.rotation = rotation; }

  async end(): Promise<void> {
    this.over = true;
    await this.current?.kill();
    await this.loop?.catch(() => undefined);
  }

  private async run(): Promise<void> {
    while (!this.over) {
      if (!this.wanted) { await sleep(100); continue; }
      const way = this.now, index = this.way;
      try { this.current = await this.connect(way); } catch (error) {
        this.o.tell(`${this.name}: ${error instanceof Error ? error.message : String(error)}`);
        this.current = null;
      }
      const came = this.current !== null && await this.stayed(this.current, way);
      if (this.current?.running && !this.frozen) await this.current.kill();
      if (this.frozen) { while (this.frozen && !this.over) await sleep(100); }
      this.current = null;
      // Whoever was let in before begins again with the first way; whoever was not tries the next one.
      if (this.wanted && this.way === index && !this.over) { this.way = came ? 0 : (index + 1) % this.ways.length; await sleep(RETRY_MS); }
    }
  }

  private connect(way: Way): Promise<Publisher> {
    const { picture, path, secret, ca, label } = this.o;
    const address = { stream: path.stream, publisher: path.publisher, host: "127.0.0.1", port: 0 };
    const token = way.protocol === "whip" ? { token: whipToken(address, { key: deriveKey(secret, `publish/${path.path}`, this.rotation), passphrase: null }), ...(ca === null ? {} : { ca }) } : {};
    return publish({ via: way.protocol, url: way.url, ...token, ...picture, label, clock: true, clap: true, detached: true });
  }

  /** Until it ends or is cut off. @returns whether it had been let in */
  private async stayed(publisher: Publisher, way: Way): Promise<boolean> {
    let came = false, seen = Date.now();
    while (publisher.running && !this.over) {
      if (!this.wanted) { await sleep(50); continue; }
      if (this.o.at() === way.multiplexer) {
        if (!came) this.o.tell(`${this.name} publishes by ${way.protocol.toUpperCase()} to ${way.multiplexer}`);
        came = true;
        seen = Date.now();
      } else if (Date.now() - seen > (came ? LOST_MS : REFUSED_MS)) {
        this.o.tell(`${this.name} gives up on ${way.protocol.toUpperCase()} to ${way.multiplexer}`);
        return came;
      }
      await sleep(100);
    }
    if (!publisher.running && !this.over && this.wanted) this.o.tell(`${this.name} was cut off at ${way.multiplexer}`);
    return came;
  }
}
