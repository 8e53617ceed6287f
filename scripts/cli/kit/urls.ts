import type { IngestProtocol } from "../../../infra/spec/topology.ts";

/** Where and as whom a publisher publishes with one protocol. */
export interface PublishAddress {
  readonly stream: string;
  readonly publisher: string;
  readonly host: string;
  readonly port: number;
}

/** The publisher's secrets; a null one is shown as dots. */
export interface PublishSecrets { readonly key: string | null; readonly passphrase: string | null }

/** What stands where a secret is not shown. */
export const HIDDEN = "••••••••";

/** SRT's buffer for lost packets. ffmpeg and OBS take it in µs; four round trips of a 120 ms line fit. */
const SRT_LATENCY_US = 500_000;
/** Seven MPEG-TS packets: the most that fits one Ethernet frame. */
const SRT_PACKET = 1316;

/** Name a publisher logs in with; the multiplexer knows it by this. */
export function publishUser({ stream, publisher }: Pick<PublishAddress, "stream" | "publisher">): string {
  return `${stream}.${publisher}`;
}

/** A value inside a query: `:` and `/` are legal there and stay, since SRT programs do not decode the stream id. */
function inQuery(value: string): string {
  return encodeURIComponent(value).replaceAll("%3A", ":").replaceAll("%2F", "/");
}

function secret(value: string | null): string {
  return value === null ? HIDDEN : inQuery(value);
}

/** An IPv6 address needs brackets in a URL. */
function authority({ host, port }: PublishAddress): string {
  return `${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}`;
}

/** OBS's two fields for RTMP and RTMPS. */
export function rtmpServer(scheme: "rtmp" | "rtmps", address: PublishAddress, secrets: PublishSecrets): { readonly server: string; readonly key: string } {
  return {
    server: `${scheme}://${authority(address)}/${encodeURIComponent(address.stream)}`,
    key: `${encodeURIComponent(address.publisher)}?user=${inQuery(publishUser(address))}&pass=${secret(secrets.key)}`,
  };
}

export function rtmpUrl(scheme: "rtmp" | "rtmps", address: PublishAddress, secrets: PublishSecrets): string {
  const { server, key } = rtmpServer(scheme, address, secrets);
  return `${server}/${key}`;
}

/** For ffmpeg, OBS and other programs on libsrt. */
export function srtUrl(address: PublishAddress, secrets: PublishSecrets): string {
  return `${srtBase(address, secrets)}&latency=${SRT_LATENCY_US}&pkt_size=${SRT_PACKET}`;
}

/** For MediaMTX, which reads `latency` in ms: its default is left alone. */
export function srtForwardUrl(address: PublishAddress, secrets: PublishSecrets): string {
  return `${srtBase(address, secrets)}&pkt_size=${SRT_PACKET}`;
}

function srtBase(address: PublishAddress, secrets: PublishSecrets): string {
  const id = `publish:${inQuery(address.stream)}/${inQuery(address.publisher)}:${inQuery(publishUser(address))}:${secret(secrets.key)}`;
  return `srt://${authority(address)}?streamid=${id}&passphrase=${secret(secrets.passphrase)}`;
}

export function whipUrl(address: PublishAddress): string {
  return `https://${authority(address)}/${encodeURIComponent(address.stream)}/${encodeURIComponent(address.publisher)}/whip`;
}

/** Goes into `Authorization: Bearer …`, not into a URL, so nothing is encoded. */
export function whipToken(address: PublishAddress, secrets: PublishSecrets): string {
  return `${publishUser(address)}:${secrets.key ?? HIDDEN}`;
}

/** The one URL that says everything, where the protocol has such a one (WHIP's token goes beside it). */
export function publishUrl(protocol: IngestProtocol, address: PublishAddress, secrets: PublishSecrets): string {
  switch (protocol) {
    case "rtmp": case "rtmps": return rtmpUrl(protocol, address, secrets);
    case "srt": return srtUrl(address, secrets);
    case "whip": return whipUrl(address);
  }
}
