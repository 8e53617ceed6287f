import { encode } from "uqr";
import { rate } from "../../../infra/plan/lint/facts.ts";
import { showTime, zoneName } from "../../../infra/spec/date-time.ts";
import type { Kit, PublisherKit, ViewerLinks, Way } from "./kit.ts";
import { STYLE } from "./html-style.ts";

const NAMES = { srt: "SRT", rtmp: "RTMP", rtmps: "RTMPS", whip: "WHIP" } as const;

/** One publisher's sheet: a page on its own, to read on a screen or print. Nothing is loaded from elsewhere. */
export function kitHtml(kit: Kit, publisher: PublisherKit): string {
  const title = `${kit.name}: ${publisher.stream} / ${publisher.publisher}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<p class="event">${escape(kit.name)}</p>
<h1>${escape(publisher.stream)} <span>/ ${escape(publisher.publisher)}${publisher.backup ? ", backup" : ""}</span></h1>
${kit.secretsShown ? `<p class="warn">This sheet holds keys: whoever has it can publish. Do not post it.</p>` : `<p class="warn">Keys are left out. The operator gets a sheet with keys from <code>headend kit --show-secrets</code>.</p>`}
</header>
<main>
${facts(publisher)}
${ways(publisher)}
${falls(publisher)}
${phone(publisher)}
${obs(publisher)}
${viewers(kit.viewers[publisher.stream])}
${ffmpeg(publisher)}
</main>
</body>
</html>
`;
}

function facts(p: PublisherKit): string {
  const { encoder: e, validity } = p;
  const rows: [string, string][] = [
    ["Upload needed", `<b>${rate(p.uploadKbps)}</b>, half as much again as the ${rate(e.bitrateKbps)} that are sent`],
    ["Picture", `${escape(e.resolution.replace("x", " × "))}, ${e.fps} frames a second, H.264, ${e.bitrateKbps} kbps constant, a keyframe every ${e.keyframeSeconds} s`],
    ["Sound", `AAC ${e.audioKbps} kbps, 48 kHz, stereo${p.ways.some((w) => w.protocol === "whip") ? " (Opus for WHIP)" : ""}`],
    ...(validity.event === null ? [] : [["When", eventText(validity.event)] as [string, string]]),
    ["Key", `number ${validity.rotation}; good until the operator makes a new one`],
    ...(p.from.length === 0 ? [] : [["Only from", escape(p.from.join(", "))] as [string, string]]),
  ];
  return `<section class="facts"><h2>In short</h2><dl>${rows.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join("")}</dl></section>`;
}

/** Times where the event is, or in UTC where the topology does not say where that is. */
function eventText({ doors, start, end, timeZone }: NonNullable<PublisherKit["validity"]["event"]>): string {
  const show = (iso: string, options: Intl.DateTimeFormatOptions): string => showTime(Date.parse(iso), timeZone, "en-GB", options).map(({ value }) => value).join("");
  const day = (iso: string): string => show(iso, { weekday: "short", day: "numeric", month: "short", year: "numeric" });
  const time = (iso: string): string => show(iso, { hour: "2-digit", minute: "2-digit" });
  const till = day(start) === day(end) ? time(end) : `${day(end)} ${time(end)}`;
  return escape(`${day(doors)}: ready ${time(doors)}, programme ${day(doors) === day(start) ? "" : `${day(start)} `}${time(start)} to ${till} (${zoneName(timeZone)})`);
}

function ways(p: PublisherKit): string {
  const items = p.ways.map((way) => {
    const fields = Object.entries({ Service: way.obs.service, Server: way.obs.server, ...way.obs.fields });
    return `<li><h3>${NAMES[way.protocol]} <span>to ${escape(way.multiplexer)}</span></h3><dl>${fields.map(([name, value]) => `<dt>${escape(name)}</dt><dd><code>${breakable(value)}</code></dd>`).join("")}</dl></li>`;
  });
  return `<section class="ways"><h2>Where to send it${p.ways.length > 1 ? ", in the order to try" : ""}</h2><p class="hint">OBS: Settings → Stream.</p><ol>${items.join("")}</ol></section>`;
}

function falls(p: PublisherKit): string {
  return `<section><h2>If the connection falls</h2><ul>${p.ifItFalls.map((line) => `<li>${escape(line)}</li>`).join("")}</ul></section>`;
}

function phone(p: PublisherKit): string {
  const whip = p.ways.find((way) => way.protocol === "whip");
  const parts = [
    ...(p.mobile === null ? [] : [figure(p.mobile.link, `Scan with the phone's camera: it sets up ${p.mobile.app} with the first ways by SRT and RTMP.`)]),
    ...(whip === undefined ? [] : [figure(whip.url, "WHIP address, for apps that scan one; the bearer token goes into a field of its own.")]),
  ];
  if (parts.length === 0) return "";
  const hidden = p.mobile === null && p.ways.some((way) => way.protocol !== "whip") ? `<p class="hint">The code that sets a phone up holds the keys, so it is on the sheet with keys only.</p>` : "";
  return `<section class="phone"><h2>From a phone</h2>${hidden}<div class="codes">${parts.join("")}</div></section>`;
}

function figure(text: string, caption: string): string {
  return `<figure>${qrSvg(text)}<figcaption>${escape(caption)}</figcaption></figure>`;
}

/** A QR code as SVG: always dark on white, since not every camera reads it the other way round. */
export function qrSvg(text: string): string {
  const { size, data } = encode(text, { ecc: "L", border: 4 });
  const cells = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  return `<svg role="img" aria-label="QR code" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><rect width="${size}" height="${size}" fill="#fff"/><path fill="#000" d="${cells}"/></svg>`;
}

function obs(p: PublisherKit): string {
  const [first] = p.ways;
  if (first === undefined) return "";
  const fields = p.obsSettings.find(({ protocols }) => protocols.includes(first.protocol))?.fields ?? [];
  const tabs = [...new Set(fields.map(({ tab }) => tab))];
  const others = p.ways.some((way) => way.protocol === "whip") && first.protocol !== "whip" ? `<p class="hint">For WHIP: Audio Encoder FFmpeg Opus, Profile baseline.</p>` : "";
  return `<section class="obs"><h2>OBS settings</h2><p class="hint">Or import a profile: Profile → Import Profile, and choose a folder of <code>obs/</code> beside this sheet.</p>${others}
${tabs.map((tab) => `<h3>${escape(tab)}</h3><dl>${fields.filter((f) => f.tab === tab).map((f) => `<dt>${escape(f.field)}</dt><dd>${escape(f.value)}</dd>`).join("")}</dl>`).join("\n")}</section>`;
}

/** A command for each protocol; at a further multiplexer only the address in it is another one. */
function ffmpeg(p: PublisherKit): string {
  const first = p.ways.filter((way) => way.multiplexer === p.ways[0]?.multiplexer);
  const commands = first.map((way: Way) => `<h3>${NAMES[way.protocol]} <span>to ${escape(way.multiplexer)}</span></h3><pre>${escape(way.ffmpeg)}</pre>`);
  const more = p.ways.length > first.length ? " At another multiplexer only the address at the end is different: it stands above." : "";
  return `<section class="ffmpeg"><h2>ffmpeg</h2><p class="hint paper">Nobody types these from paper: the commands are on this sheet on a screen, and in kit.json beside it.</p><p class="hint screen">Replace INPUT by a file, or by a device with its options. WHIP needs ffmpeg 8.${more}</p>${commands.join("")}</section>`;
}

function viewers(links: ViewerLinks | undefined): string {
  const rows = Object.entries({ Watch: links?.watch, HLS: links?.playlist, DASH: links?.dash, WHEP: links?.whep }).filter((row): row is [string, string] => typeof row[1] === "string");
  return rows.length === 0 ? "" : `<section><h2>Look at it as viewers do</h2><dl>${rows.map(([name, url]) => `<dt>${name}</dt><dd><code>${breakable(url)}</code></dd>`).join("")}</dl></section>`;
}

/** Long addresses may break after their separators. */
function breakable(text: string): string {
  return escape(text).replace(/([/?:]|&amp;)/g, "$1<wbr>");
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
