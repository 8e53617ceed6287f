import { pushAddress } from "../forwarder/hop.ts";
import type { Host, Plan, StreamPlan } from "../plan/model.ts";
import { portOf, ROLE_PORTS } from "../plan/ports.ts";
import { linkSecret } from "../plan/secrets.ts";
import type { RenderedFile, Service } from "./bundle.ts";
import { edgeLock } from "./edge-lock.ts";
import { PUBLIC_MARKER, secretMarker } from "./markers.ts";
import { loopbackUser, MEDIAMTX_BASE, mediamtxFile, mediamtxService } from "./mediamtx.ts";
import { nginxService } from "./nginx.ts";
import { distributorHeaders, distributorNginx, upstreamOrder } from "./nginx-distributor.ts";
import { EDGE_HLS_PORT, EDGE_WHEP_PORT } from "./paths.ts";
import { PATHWAYS_CONF, renderPathways } from "./pathways.ts";
import type { PlanIndex } from "./plan-index.ts";
import { CERTIFICATE, certificateFiles, KEY } from "./tls.ts";

/** Files and services of a distributor: nginx, and MediaMTX beside it where a stream asks for low or ultra latency. */
export function renderDistributor(plan: Plan, host: Host, index: PlanIndex): { files: RenderedFile[]; services: Service[] } {
  const served = index.servedBy(host.name);
  // Distributors of a region that serve the same streams share their text: at 400 of them that is 400 MB.
  const { nginx, list, fast } = index.shared(served, host.region, () => ({
    nginx: [distributorNginx(plan, served, host.region, index.regionOf), distributorHeaders(), ...[edgeLock(served)].filter((file) => file !== null)], list: streamList(plan, served),
    fast: served.filter((s) => s.latency !== "standard").map((stream) => ({ stream, tx: upstreamOrder(index.regionOf, stream, host.region)[0] ?? "" })),
  }));
  const ways = renderPathways(plan, host, index, index.shared(served, "transcoders", () => [...new Set(served.flatMap((s) => s.transcoders))].sort()));
  const files = [...nginx, list, ...ways.files, ...certificateFiles()];
  const services = [nginxService([...nginx.map((f) => f.path), PATHWAYS_CONF, CERTIFICATE, KEY, "peers"], "http://127.0.0.1:8081/stub_status", []), ...ways.services];
  if (fast.length === 0) return { files, services };

  const whep = ROLE_PORTS.distributor.find((f) => f.name === "whep");
  if (!whep) throw new Error("no port named whep");
  const edge = {
    ...MEDIAMTX_BASE,
    authInternalUsers: [loopbackUser("read", "api", "metrics")],
    hls: fast.some(({ stream }) => stream.latency === "low"), hlsAddress: `127.0.0.1:${EDGE_HLS_PORT}`, hlsVariant: "lowLatency", hlsAlwaysRemux: true,
    hlsSegmentDuration: "1s", hlsPartDuration: "200ms", hlsTrustedProxies: ["127.0.0.1"],
    webrtc: fast.some(({ stream }) => stream.latency === "ultra"), webrtcAddress: `127.0.0.1:${EDGE_WHEP_PORT}`,
    webrtcLocalUDPAddress: `:${portOf(whep, host.ordinal)}`, webrtcIPsFromInterfaces: false, webrtcAdditionalHosts: [PUBLIC_MARKER],
    paths: new Map(fast.map(({ stream, tx }) => {
      const source = pushAddress({ host: `${tx}.${plan.internalDomain}`, path: `out/${stream.name}`, user: host.name, pass: secretMarker(linkSecret(host.name, tx)) }, "rtmp");
      return [`live/${stream.name}`, { source }] as const;
    })),
  };
  return { files: [...files, mediamtxFile(edge)], services: [mediamtxService([]), ...services] };
}

/** What the player page offers: `/streams.json`. */
function streamList(plan: Plan, served: readonly StreamPlan[]): RenderedFile {
  const streams = served.map((s) => ({
    name: s.name, latency: s.latency,
    ...(s.latency === "ultra" ? { whep: `/live/${s.name}/whep` } : { playlist: `/live/${s.name}/index.m3u8` }),
    ...(s.dash ? { dash: `/live/${s.name}/manifest.mpd` } : {}),
    token: false,
  }));
  return { path: "streams.json", content: JSON.stringify({ name: plan.name, streams }, null, 2) + "\n", mode: "0644", reload: "nothing" };
}
