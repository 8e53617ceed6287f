/** Planned changes during the show: a stream added and removed again, a publisher's key rotated. Both through `pulumi up`. */
import type { Plan } from "../../infra/plan/model.ts";
import type { Topology } from "../../infra/spec/topology.ts";
import type { StackOutputs } from "../cli/lib/stack.ts";
import { tryToPlay } from "../cli/lib/viewer.ts";
import { sleep } from "../live/wait.ts";
import type { Injected } from "./inject.ts";
import { type RehearsalPublisher, waysOf } from "./publishers.ts";
import type { RehearsalStack } from "./stack.ts";
import { EXTRA_STREAM, withExtraStream, withNextKey } from "./topology.ts";
import type { Watch } from "./watch.ts";

const PLAYS_WITHIN_MS = 20_000;

export interface Changing {
  readonly stack: RehearsalStack;
  readonly plan: Plan;
  readonly topology: Topology;
  readonly outputs: StackOutputs;
  readonly watch: Watch;
  readonly publisher: (stream: string, publisher: string) => RehearsalPublisher;
}

/** The topology's text as it stands now, and what may change it. */
export class Changes {
  private readonly rotations = new Map<string, number>();
  constructor(private text: string, private readonly c: Changing) {}

  /** Adds a stream; undoing it removes the stream again, which is an edit as well. */
  async addStream(): Promise<Injected> {
    const { stack } = this.c, before = this.text;
    stack.write(withExtraStream(before));
    const began = Date.now();
    await stack.up();
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    return { note: `pulumi up took ${seconds} s; ${await this.plays(EXTRA_STREAM)}`, undo: async () => { stack.write(before); await stack.up(); } };
  }

  /** Gives a publisher its next key; undoing it makes the publisher connect anew, with that key. */
  async rotate(stream: string, publisher: string): Promise<Injected> {
    const { plan, topology, outputs, stack, watch } = this.c;
    const path = plan.streams.flatMap((s) => s.publish).find((p) => p.stream === stream && p.publisher === publisher);
    if (!path) throw new Error(`no publisher ${stream}/${publisher}`);
    const rotation = (this.rotations.get(path.path) ?? path.keyRotation) + 1;
    this.text = withNextKey(this.text, stream, publisher, rotation);
    this.rotations.set(path.path, rotation);
    const before = watch.connection(path);
    stack.write(this.text);
    await stack.up();
    const stayed = before !== null && before === watch.connection(path);
    const sim = this.c.publisher(stream, publisher);
    sim.useKeys(waysOf(topology, plan, outputs, stack.secret, path, rotation), rotation);
    return { note: "pulumi up with the next key; then a new connection with it", dropped: stayed ? [] : [path.path], undo: () => sim.home() };
  }

  private async plays(stream: string): Promise<string> {
    const { outputs } = this.c, url = new URL(`/live/${stream}/index.m3u8`, outputs.viewer).href, began = Date.now();
    for (let why = ""; ; await sleep(500)) {
      const played = await tryToPlay(url, outputs.ca);
      if (played.ok) return `the new stream played ${((Date.now() - began) / 1000).toFixed(1)} s later`;
      why = played.reason;
      if (Date.now() - began > PLAYS_WITHIN_MS) return `the new stream did not play (${why})`;
    }
  }
}
