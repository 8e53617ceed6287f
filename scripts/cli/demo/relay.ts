import { connect } from "node:tls";
import { isIP } from "node:net";
import { stringify } from "yaml";
import type { IngestProtocol } from "../../../infra/spec/topology.ts";
import { rtmpUrl, srtForwardUrl, whipToken, whipUrl, type PublishAddress, type PublishSecrets } from "../kit/urls.ts";
import { CliError } from "../lib/errors.ts";

/** Where the demo's ffmpeg hands its picture to the relay, inside the container. */
export const SOCKET = "/run/demo/in.sock";

/**
 * Configuration of a MediaMTX that sends the demo's picture on. ffmpeg itself would show its address, with the key in it,
 * to everybody who can list processes; here the address stands only in this text, which travels on standard input.
 * @param fingerprint SHA-256 of the server's certificate, for RTMPS and WHIP
 */
export function relayConfig(protocol: IngestProtocol, address: PublishAddress, secrets: PublishSecrets, fingerprint: string | null): string {
  const forward = {
    rtmp: () => ({ dest: rtmpUrl("rtmp", address, secrets) }),
    rtmps: () => ({ dest: rtmpUrl("rtmps", address, secrets) }),
    srt: () => ({ dest: srtForwardUrl(address, secrets) }),
    whip: () => ({ dest: whipUrl(address).replace(/^https:/, "whips:"), whipBearerToken: whipToken(address, secrets) }),
  }[protocol]();
  return stringify({
    logLevel: "info", rtsp: false, rtmp: false, hls: false, webrtc: false, srt: false, moq: false,
    paths: { demo: { source: `unix+mpegts://${SOCKET}`, forward: [{ ...forward, ...(fingerprint === null ? {} : { destFingerprint: fingerprint }) }] } },
  });
}

/** SHA-256 of the certificate that a server shows, after checking it against the stack's authority. @throws CliError when it is not good */
export function certificateFingerprint(host: string, port: number, ca: string | null): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect({ host, port, ...(ca === null ? {} : { ca }), ...(isIP(host) ? {} : { servername: host }), timeout: 5_000 }, () => {
      done(socket.getPeerCertificate().fingerprint256.replaceAll(":", "").toLowerCase());
      socket.end();
    });
    socket.on("timeout", () => socket.destroy(new Error("no answer within 5 s")));
    socket.on("error", (error) => fail(new CliError(`No secure connection to ${host}:${port}: ${error.message}`, "npx headend doctor  says what to do.")));
  });
}

/** What the relay has to say that a person should hear, without addresses and keys; null for the rest. */
export function relayComplaint(line: string): string | null {
  const match = /(?:ERR|WAR) \[path demo\] \[(?:RTMP|SRT|WHIP) dest [^\]]*\] (.*)$/.exec(line);
  if (!match) return null;
  return (match[1] ?? "").replace(/[a-z]+:\/\/\S+/g, "(address)").replace(/(pass|passphrase|token)=\S+/gi, "$1=(hidden)");
}
