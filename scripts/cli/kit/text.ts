import { paint, rate } from "../lib/output.ts";
import type { Kit, PublisherKit, ViewerLinks, Way } from "./kit.ts";

/** The kit as people read it in a terminal; `short` leaves the ffmpeg commands and encoder settings out. */
export function kitText(kit: Kit, { short = false }: { readonly short?: boolean } = {}): string {
  const publishers = kit.publishers.map((p) => publisherText(p, short));
  const viewers = Object.entries(kit.viewers).map(([stream, links]) => viewerText(stream, links));
  const hidden = kit.secretsShown || kit.publishers.length === 0 ? [] : [paint.dim("Keys are hidden; --show-secrets shows them.")];
  return [...publishers, ...viewers, ...hidden].join("\n\n");
}

function publisherText(p: PublisherKit, short: boolean): string {
  const title = paint.bold(`${p.stream} / ${p.publisher}${p.backup ? " (backup)" : ""}`);
  const from = p.from.length === 0 ? [] : [`  may publish from  ${p.from.join(", ")}`];
  const ways = p.ways.flatMap((way, index) => ["", ...wayText(way, index, p.ways.length, short)]);
  return [title, ...from, ...(short ? [] : encoderText(p)), ...ways].join("\n");
}

function encoderText({ encoder: e, uploadKbps, ways }: PublisherKit): string[] {
  const whip = ways.some(({ protocol }) => protocol === "whip");
  return [
    `  upload needed     ${rate(uploadKbps)} (1.5 × ${rate(e.bitrateKbps)})`,
    `  video             H.264 High${whip ? " (Baseline for WHIP)" : ""}, ${e.resolution}, ${e.fps} fps, CBR ${e.bitrateKbps} kbps, keyframe every ${e.keyframeSeconds} s`,
    `  audio             AAC ${e.audioKbps} kbps, 48 kHz, stereo${whip ? " (Opus for WHIP)" : ""}`,
  ];
}

const NAMES = { srt: "SRT", rtmp: "RTMP", rtmps: "RTMPS", whip: "WHIP" } as const;

function wayText(way: Way, index: number, count: number, short: boolean): string[] {
  const order = count === 1 ? "" : index === 0 ? "first choice: " : "if that fails: ";
  const fields = Object.entries({ Service: way.obs.service, Server: way.obs.server, ...way.obs.fields });
  return [
    `  ${paint.cyan(`${order}${NAMES[way.protocol]} to ${way.multiplexer}`)}`,
    ...fields.map(([name, value]) => `    OBS ${name.padEnd(13)} ${value}`),
    ...(short ? [] : ["    ffmpeg", ...way.ffmpeg.split("\n").map((line) => `      ${line}`)]),
  ];
}

function viewerText(stream: string, links: ViewerLinks): string {
  const rows = Object.entries({ watch: links.watch, HLS: links.playlist, DASH: links.dash, WHEP: links.whep }).filter(([, url]) => url !== null);
  return [paint.bold(`${stream}: viewers`), ...rows.map(([name, url]) => `  ${name.padEnd(17)} ${url}`)].join("\n");
}
