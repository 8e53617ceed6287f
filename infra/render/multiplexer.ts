import { pushAddress } from "../forwarder/hop.ts";
import { hashKey, type KeyOf } from "../plan/keys.ts";
import type { Host, Plan, PublishPath, StreamPlan } from "../plan/model.ts";
import { linkSecret, publishSecret, srtSecret } from "../plan/secrets.ts";
import { portOf, ROLE_PORTS } from "../plan/ports.ts";
import type { RenderedFile, Service } from "./bundle.ts";
import { GATEWAY_MARKER, PUBLIC_MARKER, secretMarker, secretsIn } from "./markers.ts";
import { loopbackUser, MEDIAMTX_BASE, mediamtxFile, mediamtxService } from "./mediamtx.ts";
import { ETC, RECORDINGS, RUN } from "./paths.ts";
import { CERTIFICATE, certificateFiles, KEY } from "./tls.ts";
import { isSentFirst, platformsOf, renderForwarder } from "./forwarder.ts";
import type { PlanIndex } from "./plan-index.ts";
import { HOLE, Written } from "./yaml.ts";

/** Name a publisher logs in with. */
export function publisherUser(path: PublishPath): string {
  return `${path.stream}.${path.publisher}`;
}

/** Recording files are closed this often; `keep` is at least this long (spec). */
const RECORD_SEGMENT = "10m";

/** Files and services of a multiplexer: ingest of every protocol, recording, forwarding. */
export function renderMultiplexer(plan: Plan, host: Host, keyOf: KeyOf, index: PlanIndex): { files: RenderedFile[]; services: Service[] } {
  const streams = index.ingestedBy(host.name);
  const written = index.shared(streams, "paths", () => {
    const lines = paths(plan, streams);
    return { lines, secrets: secretsIn(lines.pieces.join("")) };
  });
  const address = (name: string): number => {
    const fact = ROLE_PORTS.multiplexer.find((f) => f.name === name);
    if (!fact) throw new Error(`no port named ${name}`);
    return portOf(fact, host.ordinal);
  };
  const config = {
    ...MEDIAMTX_BASE,
    authInternalUsers: index.shared(streams, "users", () => users(streams, keyOf)),
    // All ingest servers always run: starting one by an edit would be harmless, stopping one would drop its publishers. The firewall closes what no publisher uses.
    rtmp: true, rtmpAddress: `:${address("rtmp")}`, rtmpEncryption: "optional", rtmpsAddress: `:${address("rtmps")}`,
    rtmpServerCert: `${ETC}/${CERTIFICATE}`, rtmpServerKey: `${ETC}/${KEY}`,
    srt: true, srtAddress: `:${address("srt")}`,
    webrtc: true, webrtcAddress: `:${address("whip")}`, webrtcEncryption: true, webrtcServerCert: `${ETC}/${CERTIFICATE}`, webrtcServerKey: `${ETC}/${KEY}`,
    webrtcLocalUDPAddress: `:${address("webrtc")}`, webrtcIPsFromInterfaces: false, webrtcAdditionalHosts: [PUBLIC_MARKER],
    pathDefaults: { source: "publisher", overridePublisher: true, recordFormat: "fmp4", recordPartDuration: "1s", recordSegmentDuration: RECORD_SEGMENT,
      recordPath: `${RECORDINGS}/%path/%Y-%m-%d_%H-%M-%S-%f` },
    paths: streams.length === 0 ? {} : written.lines.filled(host.name),
  };
  // The folder may be one of the operator's machine, made by root: its owner is set at every start.
  const done = `${RUN}/recordings-ready`;
  const recordings: Service["prepare"] = [{ argv: ["sh", "-c", `install -d -o mediamtx -g mediamtx ${RECORDINGS} && touch ${done}`], creates: done }];
  const forwarder = renderForwarder(host.name, streams);
  return {
    files: [index.mentions(mediamtxFile(config), written.secrets.map((name) => name.replace(HOLE, host.name))), ...certificateFiles(), ...forwarder.files],
    services: [mediamtxService(recordings, [CERTIFICATE, KEY]), ...forwarder.services],
  };
}

/** Who may publish: the same on every multiplexer of the streams. */
function users(streams: readonly StreamPlan[], keyOf: KeyOf): Written {
  return Written.of([
    ...streams.flatMap(({ publish }) => publish).map((path) => ({
      user: publisherUser(path),
      pass: hashKey(keyOf(publishSecret(path.stream, path.publisher), path.keyRotation)),
      ips: path.from.length === 0 ? [] : [...path.from, `${GATEWAY_MARKER}/32`],
      permissions: [{ action: "publish", path: path.path }],
    })),
    loopbackUser("api", "metrics"),
  ]);
}

/** Paths of publishers; multiplexers of the same streams differ only in their name, which is left open. */
function paths(plan: Plan, streams: readonly StreamPlan[]): Written {
  return Written.of(new Map(streams.flatMap((stream) => stream.publish.map((path) => [path.path, mediamtxPath(plan, HOLE, stream, path)] as const))));
}

/** Where a publisher goes in any case: to every transcoder of its stream. */
function pushes(plan: Plan, host: string, stream: StreamPlan, path: PublishPath): string[] {
  return stream.transcoders.map((tx) => pushAddress({ host: `${tx}.${plan.internalDomain}`, path: relayInput(path, host), user: host, pass: secretMarker(linkSecret(host, tx)) }, "rtmp"));
}

function mediamtxPath(plan: Plan, host: string, stream: StreamPlan, path: PublishPath): object {
  // Last, because the program that may send another publisher instead takes them away (infra/forwarder).
  const platforms = isSentFirst(stream, path) ? platformsOf(stream) : [];
  return {
    forward: [...pushes(plan, host, stream, path), ...platforms].map((dest) => ({ dest })),
    ...(stream.record ? { record: true, recordDeleteAfter: `${stream.record.keepSeconds}s` } : {}),
    ...(path.via.includes("srt") ? { srtPublishPassphrase: secretMarker(srtSecret(path.stream, path.publisher)) } : {}),
  };
}

/** Path on a transcoder's relay that a multiplexer pushes a publisher's stream to. */
export function relayInput(path: PublishPath, multiplexer: string): string {
  return `in/${path.stream}/${path.publisher}/${multiplexer}`;
}
