/** One stream as written: source, publishers, ladder and what happens to the picture on its way. */
import { z } from "zod";
import { COUNTRY_CODES } from "./countries.ts";
import { LADDER_NAMES, RUNG_NAMES } from "./presets.ts";
import { UnitError } from "./units.ts";
import { bitrate, cidr, duration, type Hint, named, number, resolution, secretRef, text } from "./values.ts";

export const PROTOCOLS = ["srt", "rtmps", "rtmp", "whip"] as const;

const source = z.strictObject({
  resolution: resolution.optional().meta({ description: "Picture size the publishers send.", default: "1280x720" }),
  fps: number(1, 120).optional().meta({ description: "Pictures per second, a whole number: segments are cut on whole seconds.", default: 30, examples: [25, 30, 50, 60] }),
  bitrate: bitrate("100 kbps").optional().meta({ description: "Video bit rate the publishers send. Their upload should be half as much again.", default: "4 Mbps" }),
  keyframe: duration("0.25 s", "10 s", ["2 s"]).optional().meta({ description: "Time between the publisher's keyframes.", default: "2 s" }),
});

const protocol = z.enum(PROTOCOLS);
const publisher = z.strictObject({
  via: z.union([protocol, z.array(protocol).min(1)]).optional()
    .meta({ description: "How the publisher reaches the multiplexer, in order of preference.", default: [...PROTOCOLS] }),
  from: z.union([cidr, z.array(cidr)]).optional()
    .meta({ description: "Addresses or CIDR blocks that may publish. Left out: any address, with the key." }),
  backup: z.boolean().optional().meta({ description: "Used only while no other publisher is there.", default: false }),
  keyRotation: number(1, 99_999_999).optional().meta({ description: "Raise it to give this publisher a new key; today's date, e.g. 20261205, also tells how old the key is.", default: 1, examples: [20261205] }),
});

const RUNG_NAME_PATTERN = "^[a-z0-9](-?[a-z0-9])*$";
const rungName = text((value) => {
  if (new RegExp(RUNG_NAME_PATTERN).test(value) && value.length <= 20) return value;
  throw new UnitError("is not a usable rung name", "lower-case letters, digits and single '-', up to 20 characters");
}, { allowed: "a short name, e.g. 720p", examples: ["720p", "mobile"], pattern: RUNG_NAME_PATTERN });

const rung = z.strictObject({
  name: rungName.meta({ description: "Name in file names and players." }),
  resolution: resolution.optional().meta({ description: "Picture size; known for 1080p, 720p, 480p, 360p, 240p and 180p." }),
  fps: number(1, 120).optional().meta({ description: "Pictures per second. Left out: those of the source." }),
  bitrate: bitrate().optional().meta({ description: "Video bit rate; known for 1080p, 720p, 480p, 360p, 240p and 180p." }),
});

const ladder = z.union([
  z.enum(LADDER_NAMES),
  z.array(z.union([z.enum(["source", ...RUNG_NAMES]), rung])).min(1).max(10),
]);

export const X264_PRESETS = ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"] as const;
/** Presets of each encoder, the default first. VA-API has none. */
export const ENCODER_PRESETS = {
  x264: ["veryfast", ...X264_PRESETS.filter((preset) => preset !== "veryfast")],
  nvenc: ["p4", "p1", "p2", "p3", "p5", "p6", "p7"],
  qsv: ["veryfast", ...X264_PRESETS.filter((preset) => preset !== "veryfast" && !["ultrafast", "superfast"].includes(preset))],
  vaapi: ["default"],
} as const;
const encoderKind = z.enum(["x264", "nvenc", "vaapi", "qsv"]);

const URL_ALLOWED = "rtmp(s)://, rtsp(s)://, srt:// or whip(s):// and a host; the key goes into `key: secret:NAME`";
const restreamUrl = z.string({ error: "must be text" })
  .meta({ examples: ["rtmps://a.rtmps.youtube.com/live2"], pattern: "^(rtmps?|rtsps?|srt|whips?)://" })
  .transform((value, context) => {
    const fail = (message: string, hint: Hint) => { context.issues.push({ code: "custom", input: value, message, params: { allowed: URL_ALLOWED, ...hint } }); return z.NEVER; };
    const host = /^(?:rtmps?|rtsps?|srt|whips?):\/\/([^/?#\s]+)\S*$/.exec(value)?.[1];
    if (host === undefined || !URL.canParse(value.replace(/^[a-z]+/, "http"))) return fail("is not an address streams can be sent to", {});
    if (host.includes("@") || /[?&](passphrase|pass|password|key|token)=/i.test(value)) return fail("has a password in it", { hidden: true });
    return value;
  });
const restream = z.strictObject({
  url: restreamUrl.meta({ description: "Server address of the other platform, without the key." }),
  key: secretRef.optional().meta({ description: "secret:NAME; the value is kept in the stack's encrypted config." }),
});

const ORIGIN_PATTERN = "^[Hh][Tt][Tt][Pp][Ss]?://(\\*\\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?$";
const origin = text((value) => {
  if (new RegExp(ORIGIN_PATTERN).test(value) && URL.canParse(value.replace("//*.", "//"))) return value.toLowerCase();
  const short = /^https?:\/\/(\*\.)?[a-z0-9.-]+(:\d+)?(?=\/)/i.exec(value)?.[0] ?? null;
  throw new UnitError(value === "*" ? "means every page: leave `origins` out for that" : "is not a web origin",
    "scheme, host and port, e.g. https://example.org or https://*.example.org", short);
}, { allowed: "a web origin, e.g. https://example.org", examples: ["https://example.org"], pattern: ORIGIN_PATTERN });

const country = text((value) => {
  if (COUNTRY_CODES.has(value)) return value;
  const upper = value.toUpperCase() === "UK" ? "GB" : value.toUpperCase();
  throw new UnitError("is not a country code", "ISO 3166 codes of two capital letters, e.g. DE", COUNTRY_CODES.has(upper) ? upper : null);
}, { allowed: "a country code, e.g. DE", examples: ["DE", "FR"], pattern: "^[A-Z]{2}$" });

const slateText = text((value) => {
  if (value.length <= 120 && !/\p{Cc}/u.test(value)) return value;
  throw new UnitError("does not fit on the slate", "one line of up to 120 characters");
}, { allowed: "a line of text", examples: ["Back in a moment"] });
const slateImage = text((value) => {
  if (/^[^\0-\x1f]{1,255}\.(png|jpe?g)$/i.test(value)) return value;
  throw new UnitError("is not the path of a picture", "a .png or .jpg file, relative to this file");
}, { allowed: "the path of a .png or .jpg file", examples: ["slate.png"] });

export const stream = z.strictObject({
  source: source.nullable().optional().meta({ description: "What the publishers send." }),
  publishers: named(publisher.nullable()).nullable().optional()
    .meta({ description: "Who may publish, each with its own key. Left out: one publisher named studio, on any protocol." }),
  ladder: ladder.optional().meta({
    description: "Renditions for viewers: a preset (full, standard, light, source-only), or a list of source, named rungs and full rungs. Each costs transcoder CPU.",
    default: "standard", examples: ["standard", ["source", "720p", "360p"]],
  }),
  latency: z.enum(["standard", "low", "ultra"]).optional()
    .meta({ description: "standard: HLS, about 9 s. low: LL-HLS of one rendition, 2 to 5 s. ultra: WebRTC, below 1 s.", default: "standard" }),
  segment: duration("1 s", "8 s", ["2 s", "4 s"]).optional().meta({ description: "Segment length: 1, 2, 4 or 8 s.", default: "2 s" }),
  audio: z.strictObject({
    bitrate: bitrate("16 kbps", "512 kbps").optional().meta({ description: "AAC bit rate.", default: "128 kbps", examples: ["128 kbps"] }),
    channels: number(1, 2).optional().meta({ description: "1 mono, 2 stereo.", default: 2 }),
  }).nullable().optional().meta({ description: "The audio rendition, shared by every rung." }),
  encoder: z.union([encoderKind, z.strictObject({
    kind: encoderKind.optional().meta({ description: "Everything but x264 needs hardware on the transcoder, which is probed before use.", default: "x264" }),
    preset: z.string().optional().meta({ description: "Speed against quality; the allowed ones depend on the kind.", examples: ["veryfast", "p4"] }),
  })]).optional().meta({ description: "What encodes the ladder.", default: "x264" }),
  dash: z.boolean().optional().meta({ description: "Also write a DASH manifest over the same segments.", default: false }),
  redundancy: number(1, 2).optional().meta({ description: "Transcoders that carry the stream at once; 2 doubles its transcoding cost and survives the loss of one.", default: 1 }),
  viewers: z.union([number(0, 100_000_000), named(number(0, 100_000_000))]).optional()
    .meta({ description: "Most viewers expected at once, per region; used for capacity and cost.", examples: [{ eu: 4000, us: 1500 }, 200] }),
  record: z.union([z.boolean(), z.strictObject({
    keep: duration("1 h", "3650 d", ["30 d"]).optional().meta({ description: "How long recordings stay on the multiplexer, at least 1 h.", default: "30 d" }),
  })]).nullable().optional().meta({ description: "Record at the multiplexer. Off unless asked for: recordings fill disks.", examples: [{ keep: "30 d" }] }),
  restream: named(restream).nullable().optional().meta({ description: "Other platforms that get the publisher's picture." }),
  access: z.strictObject({
    token: z.boolean().optional().meta({ description: "Viewers need a signed link.", default: false }),
    countries: z.array(country).optional().meta({ description: "Countries that may watch. Left out: all. Needs a CDN." }),
    origins: z.array(origin).optional().meta({ description: "Web pages that may play. Left out: all." }),
  }).nullable().optional().meta({ description: "Who may watch." }),
  slate: z.union([slateText, z.strictObject({
    text: slateText.optional().meta({ description: "One line, up to 120 characters.", default: "Back in a moment" }),
    image: slateImage.optional().meta({ description: "A .png or .jpg behind the text, relative to this file." }),
  })]).nullable().optional().meta({ description: "What viewers see while nobody publishes." }),
});

export type WrittenStream = z.output<typeof stream>;
export type WrittenPublisher = z.output<typeof publisher>;
export type WrittenRung = z.output<typeof rung>;
