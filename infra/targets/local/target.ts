import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import type { Host, Plan, Plane, StreamPlan } from "../../plan/model.ts";
import { hostImageTag } from "../../../scripts/setup/host-image.ts";
import type { Deployed, Deploying, Deployment, Target, TargetSettings } from "../target.ts";
import { LocalCertificates } from "./certificates.ts";
import { localFacts } from "./facts.ts";
import { gpusOf, requireEncoders } from "./gpu.ts";
import { requireImage, stackRuns } from "./image.ts";
import { LocalHost } from "./host.ts";
import { localCdnBundle, localCdnHost } from "../../render/local-cdn.ts";
import { localOnAir } from "./on-air.ts";
import { probeOf } from "../../render/pathways.ts";
import { cdnPorts, publishedPorts } from "./ports.ts";

const PLANES: readonly Plane[] = ["ingest", "contribution", "origin", "edge"];
const ORDER: readonly Host["role"][] = ["transcoder", "multiplexer", "distributor"];
/** Planes without a way out: nothing on them has business on the internet. */
const INTERNAL: readonly Plane[] = ["contribution", "origin"];

/** Docker on this machine: a container per host, a network per trust boundary. */
export const localTarget: Target = {
  kind: "local",
  onAir: (stack, multiplexers) => Promise.resolve(localOnAir(stack, multiplexers)),
  deploy({ stack, plan, bundles, secretValue, settings }: Deployment): Deploying {
    const image = hostImageTag(settings.root);
    requireImage(image);
    requireEncoders(plan, image);
    const networks = createNetworks(stack);
    const certificates = settings.certificate ? null : new LocalCertificates("tls", { plan, ...certificateNames(plan, settings) });
    const chain = settings.certificate?.chain ?? certificates?.chain ?? "";
    const key = settings.certificate?.key ?? certificates?.key ?? "";
    const hosts: Deployed["hosts"] = {};

    // A transcoder must know a stream before a multiplexer pushes it (a refused push is tried again only after 5 s), and must serve it
    // before a distributor asks for it: so an edit that moves a stream passes through the hosts in this order.
    const created: LocalHost[] = [];
    const running = stackRuns(stack);
    const gpus = gpusOf(plan);
    const known = publicAddresses(plan, settings);
    const cdn = localCdnHost(plan);
    const all = [...ORDER.flatMap((role) => plan.hosts.filter((h) => h.role === role)), ...(cdn ? [cdn] : [])];
    for (const host of all) {
      const bundle = host === cdn ? localCdnBundle(plan, host) : bundles.find((b) => b.host === host.name);
      const ports = host === cdn ? cdnPorts(settings.portOffset) : publishedPorts(host, settings.portOffset);
      if (!bundle) throw new Error(`${host.name} has no bundle`);
      const made = new LocalHost(host.name, {
        stack, host, bundle: { ...bundle, addresses: known }, image, networks, expose: settings.expose, publicAddress: publicAddress(settings), ports,
        secrets: secretsOf(bundle.secrets, secretValue, chain, key),
        recordings: host.role === "multiplexer" ? join(settings.recordingsDir, host.name) : null,
        gpu: gpus.get(host.name) ?? null,
        after: created.filter((other) => host === cdn || other.role !== host.role),
        turn: running ? created.at(-1) ?? null : null,
      });
      created.push(made);
      hosts[host.name] = {
        role: host === cdn ? "cdn" : host.role, container: made.container,
        ports: Object.fromEntries(ports.map((p) => [p.name, p.external])),
      };
    }
    return {
      outputs: { ...addresses(plan, settings), hosts, ca: certificates?.ca ?? null },
      settled: pulumi.all(created.map((host) => host.configured.urn)),
    };
  },
  made({ plan, settings }: Deployment) {
    return localFacts(plan, {
      image: hostImageTag(settings.root), expose: settings.expose, publicAddress: publicAddress(settings), portOffset: settings.portOffset,
      recordings: settings.recordingsDir, certificate: settings.certificate?.chain ?? JSON.stringify(certificateNames(plan, settings)),
    });
  },
};

function createNetworks(stack: string): Record<Plane, docker.Network> {
  return Object.fromEntries(PLANES.map((plane) => [plane, new docker.Network(plane, {
    name: `headend-${stack}-${plane}`, internal: INTERNAL.includes(plane), labels: [{ label: "headend.stack", value: stack }],
  })])) as Record<Plane, docker.Network>;
}

function secretsOf(
  names: readonly string[], secretValue: (name: string) => string, chain: pulumi.Input<string>, key: pulumi.Input<string>,
): pulumi.Output<Record<string, string>> {
  const special: Record<string, pulumi.Input<string>> = { "tls/server.crt": chain, "tls/server.key": key };
  return pulumi.all(Object.fromEntries(names.map((name) => [name, special[name] ?? secretValue(name)])));
}

/** Address at which the machine is reached: for "every address" the first that is not a container network's. */
function publicAddress(settings: TargetSettings): string {
  if (settings.expose !== "0.0.0.0") return settings.expose;
  const inner = /^(docker|br-|veth)/;
  const outer = Object.entries(networkInterfaces()).filter(([name]) => !inner.test(name)).flatMap(([, list]) => list ?? []);
  return outer.find((a) => a.family === "IPv4" && !a.internal)?.address ?? "127.0.0.1";
}

/** Base address of every distributor, and where its health is asked, for the markers of the bundles. */
function publicAddresses(plan: Plan, settings: TargetSettings): Record<string, string> {
  const at = (port: number): string => `https://${publicName(settings)}:${port}`;
  const cdn = localCdnHost(plan);
  return {
    ...Object.fromEntries(plan.hosts.filter((h) => h.role === "distributor").flatMap((h) => [[h.name, at(httpsPort(h, settings))], [probeOf(h.name), `https://${h.address}`]])),
    ...(cdn ? { cdn: at(cdnPorts(settings.portOffset)[0]?.external ?? 443), [probeOf("cdn")]: `https://${cdn.address}` } : {}),
  };
}

function httpsPort(host: Host, settings: TargetSettings): number {
  return publishedPorts(host, settings.portOffset).find((p) => p.name === "https")?.external ?? 443;
}

/** Name people use to reach the machine. */
function publicName(settings: TargetSettings): string {
  const address = publicAddress(settings);
  return address === "127.0.0.1" ? "localhost" : address;
}

function certificateNames(plan: Plan, settings: TargetSettings): { names: string[]; addresses: string[] } {
  const domain = plan.domain ? [plan.domain, `*.${plan.domain}`] : [];
  return { names: ["localhost", "*.localhost", ...domain, ...plan.hosts.map((h) => h.address), ...(localCdnHost(plan) ? [localCdnHost(plan)!.address] : [])], addresses: ["127.0.0.1", "::1", publicAddress(settings)] };
}

function addresses(plan: Plan, settings: TargetSettings): Pick<Deployed, "viewer" | "streams" | "publish"> {
  const name = publicName(settings);
  const port = (host: Host, listener: string): number | undefined => publishedPorts(host, settings.portOffset).find((p) => p.name === listener)?.external;
  const first = plan.hosts.find((h) => h.role === "distributor");
  // Viewers come by the way that the topology prefers; by a distributor where that is a CDN of the user's own, which cannot reach this machine.
  const direct = `https://${name}:${first ? port(first, "https") : 443}`;
  const viewer = plan.delivery[0]?.kind === "cdn" ? `https://${name}:${cdnPorts(settings.portOffset)[0]?.external}` : direct;
  // LL-HLS and WHEP are sessions with one distributor: no CDN carries them.
  const base = (s: StreamPlan): string => (s.latency === "standard" ? viewer : direct);
  const byName = new Map(plan.hosts.map((h) => [h.name, h]));
  return {
    viewer,
    streams: Object.fromEntries(plan.streams.map((s) => [s.name, {
      watch: `${base(s)}/watch/${s.name}`,
      playlist: s.latency === "ultra" ? null : `${base(s)}/live/${s.name}/index.m3u8`,
      whep: s.latency === "ultra" ? `${base(s)}/live/${s.name}/whep` : null,
      dash: s.dash ? `${base(s)}/live/${s.name}/manifest.mpd` : null,
    }])),
    publish: plan.streams.flatMap((s) => s.publish).flatMap((p) => p.multiplexers.flatMap((mux) => p.via.map((protocol) => ({
      stream: p.stream, publisher: p.publisher, multiplexer: mux, protocol, host: name, port: port(byName.get(mux) as Host, protocol) ?? 0,
    })))),
  };
}
