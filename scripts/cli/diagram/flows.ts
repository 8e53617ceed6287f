import { behindCdn, expectedViewers, ladderMbps } from "../../../infra/plan/capacity/demand.ts";
import type { Host, Plan, StreamPlan } from "../../../infra/plan/model.ts";
import { upstreamOrder } from "../../../infra/render/nginx-distributor.ts";
import type { Topology } from "../../../infra/spec/topology.ts";
import { rate } from "../../../infra/plan/lint/facts.ts";
import type { Edge } from "./model.ts";
import { boxOf } from "./read.ts";

interface Flow { kbps: number; readonly words: Set<string>; standby: boolean }

/** Paths of the signal between boxes: everything that goes from one to the other is one edge. */
export class Flows {
  private readonly flows = new Map<string, Flow>();
  private readonly hosts: ReadonlyMap<string, Host>;
  private readonly regionOf: ReadonlyMap<string, string>;
  private readonly counted = new Map<readonly string[], Map<string, number>>();

  constructor(private readonly topology: Topology, private readonly plan: Plan, private readonly streamBox: (stream: string) => string) {
    this.hosts = new Map(plan.hosts.map((host) => [host.name, host]));
    this.regionOf = new Map(plan.hosts.map((host) => [host.name, host.region]));
  }

  edges(): Edge[] {
    for (const stream of this.plan.streams) {
      this.publish(stream);
      this.push(stream);
      this.pull(stream);
    }
    this.deliver();
    return [...this.flows].map(([key, { kbps, words, standby }]) => {
      const [from = "", to = ""] = key.split("\n");
      // What stands by uses the same ports; saying so again would only hide the others' words.
      return { from, to, standby, mark: "same", lines: standby ? [] : [...words], usage: standby || kbps === 0 ? null : rate(kbps) };
    });
  }

  /** A path that is used by anything is no standby path. */
  private add(from: string, to: string, word: string, kbps: number, standby = false): void {
    const key = `${from}\n${to}`;
    const flow = this.flows.get(key) ?? { kbps: 0, words: new Set<string>(), standby: true };
    flow.kbps += kbps;
    flow.standby &&= standby;
    if (word !== "") flow.words.add(word);
    this.flows.set(key, flow);
  }

  private box(host: string): string {
    return boxOf(this.hosts.get(host)!);
  }

  /** Publishers try every protocol at the first multiplexer, then the next; other regions are what to fall back to. */
  private publish(stream: StreamPlan): void {
    for (const path of stream.publish) {
      const groups = [...new Set(path.multiplexers.map((mux) => this.box(mux)))];
      groups.forEach((group, i) => this.add(this.streamBox(stream.name), group, "", i === 0 ? stream.source.bitrateKbps : 0, i > 0));
    }
  }

  private push(stream: StreamPlan): void {
    const from = [...new Set(stream.publish.flatMap((path) => path.multiplexers).map((mux) => this.box(mux)))];
    for (const [i, group] of from.entries()) {
      // Publishers are at the first multiplexer; the others push too, once one has come to them.
      for (const tx of stream.transcoders) this.add(group, this.box(tx), "RTMP 1935", i === 0 ? stream.source.bitrateKbps * stream.publish.length : 0, i > 0);
      for (const { name, url } of stream.restream) this.add(group, `platform ${name}`, url.split(":")[0]!.toUpperCase(), i === 0 ? stream.source.bitrateKbps : 0, i > 0);
    }
  }

  private pull(stream: StreamPlan): void {
    const kbps = ladderMbps(stream) * 1000;
    for (const [region, count] of this.regionsOf(stream.distributors)) {
      // The first is asked, the others stand by; a standby of the same group needs no line of its own.
      const boxes = new Set(upstreamOrder(this.regionOf, stream, region).map((tx) => this.box(tx)));
      for (const [i, tx] of [...boxes].entries()) this.add(tx, `dist-${region}`, stream.latency === "standard" ? "HTTP 8080" : "RTSP 8554", i === 0 ? kbps * count : 0, i > 0);
    }
  }

  /** How many hosts of a list are in which region; nearly all streams have the same list. */
  private regionsOf(hosts: readonly string[]): ReadonlyMap<string, number> {
    const known = this.counted.get(hosts) ?? new Map<string, number>();
    if (known.size === 0) for (const host of hosts) known.set(this.regionOf.get(host)!, (known.get(this.regionOf.get(host)!) ?? 0) + 1);
    this.counted.set(hosts, known);
    return known;
  }

  /** False where viewers of a stream are expected, but not here. */
  private watched(stream: StreamPlan, region: string): boolean {
    const expected = expectedViewers(this.topology, stream.name);
    return expected.size === 0 || expected.has(region);
  }

  private deliver(): void {
    for (const region of Object.keys(this.topology.distributors)) {
      const cdn = this.plan.streams.filter((s) => behindCdn(this.topology, s));
      const direct = this.plan.streams.filter((s) => !behindCdn(this.topology, s) && this.watched(s, region));
      if (cdn.length > 0) {
        this.add(`dist-${region}`, "cdn", "HTTPS 443", 0);
        this.add("cdn", `viewers ${region}`, "HTTPS 443", 0);
      }
      if (direct.length > 0) this.add(`dist-${region}`, `viewers ${region}`, direct.some((s) => s.latency !== "ultra") ? "HTTPS 443" : "WebRTC", 0);
      if (direct.some((s) => s.latency === "ultra")) this.add(`dist-${region}`, `viewers ${region}`, "WebRTC", 0);
    }
  }
}
