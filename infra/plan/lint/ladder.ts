import { rate } from "./facts.ts";
import { eachStream, type Rule } from "./rule.ts";

/** Seconds between keyframes that every platform and player is happy with (requirements 4: 1 to 2 s). */
const LONGEST_KEYFRAME = 2;
/** Frames and macroblocks a second of H.264 level 5.2 (ITU-T H.264 table A-1). */
const LEVEL_5_2 = { frame: 36_864, second: 2_073_600 };
/** Pixels a second up to which encoding the source is the usual case. */
const PIXELS_1080P30 = 1920 * 1080 * 30;
const SLOW_PRESETS = new Set(["medium", "slow", "slower", "veryslow"]);

/** Rules about pictures and how they are encoded. */
export const ladderRules: readonly Rule[] = [
  {
    id: "HE001", severity: "info", title: "`source` of a large picture is encoded, not copied",
    reason: "A copy of the publisher's own pictures cannot follow the slate or switch between publishers without a stall; above 1080p30 encoding it again is most of the transcoder's work.",
    fix: "Leave `source` out of the ladder if its rate is not wanted.", source: "knowledge: continuity 9.4, sizing-and-cost 1; README, Design",
    check: eachStream(({ name, spec, plan, at }) => plan.sourceMode === "encoded" && spec.source.width * spec.source.height * spec.source.fps > PIXELS_1080P30 && {
      path: at("ladder"), message: `${name}: \`source\` is encoded at ${spec.source.width}x${spec.source.height} and ${spec.source.fps} pictures a second.`,
    }),
  },
  {
    id: "HE101", severity: "warning", title: "rung with a higher bitrate than the source",
    reason: "Encoding cannot bring back what the publisher did not send; viewers pay for bits without a better picture.",
    fix: "Lower the rung's bitrate to at most that of the source, or raise source.bitrate.", source: "requirements 4 (s2: ladder), issue \"Foresight\": ladder above source",
    check: eachStream(({ name, spec, at }) => spec.ladder.flatMap((rung, i) => (rung.source || rung.bitrateKbps <= spec.source.bitrateKbps ? [] : [{
      path: at("ladder", i), message: `${name}: rung ${rung.name} has ${rate(rung.bitrateKbps)}, the source only ${rate(spec.source.bitrateKbps)}.`,
    }]))),
  },
  {
    id: "HE102", severity: "warning", title: "smaller picture with the same or a higher bitrate",
    reason: "Players choose by bitrate, so such a rung is never worth choosing and costs encoder CPU all the same.",
    fix: "Let bitrates fall with the picture.", source: "RFC 8216 4.3.4.2 (players select by BANDWIDTH); requirements 4 (s2: 5 / 2.5 / 1 / 0.5 Mbps)",
    check: eachStream(({ name, spec, at }) => spec.ladder.flatMap((rung, i) => {
      const larger = spec.ladder.find((other) => other.width * other.height > rung.width * rung.height && other.bitrateKbps <= rung.bitrateKbps);
      return larger ? [{ path: at("ladder", i), message: `${name}: rung ${rung.name} (${rung.width}x${rung.height}, ${rate(rung.bitrateKbps)}) is smaller than ${larger.name} (${larger.width}x${larger.height}, ${rate(larger.bitrateKbps)}) but does not cost viewers less.` }] : [];
    })),
  },
  {
    id: "HE103", severity: "warning", title: "two rungs are the same",
    reason: "The same size and bitrate is encoded twice; the second costs CPU and gives viewers no choice.",
    fix: "Remove one of the two.", source: "knowledge: sizing-and-cost 1 (each rendition costs CPU)",
    check: eachStream(({ name, spec, at }) => spec.ladder.flatMap((rung, i) => {
      const twin = spec.ladder.slice(0, i).find((other) => other.width === rung.width && other.height === rung.height && other.bitrateKbps === rung.bitrateKbps);
      return twin ? [{ path: at("ladder", i), message: `${name}: rungs ${twin.name} and ${rung.name} are both ${rung.width}x${rung.height} at ${rate(rung.bitrateKbps)}.` }] : [];
    })),
  },
  {
    id: "HE104", severity: "info", title: "no rung for weak links",
    reason: "A viewer whose link does not carry the only rung watches it stall; nothing smaller is there to fall to.",
    fix: "Add a smaller rung, e.g. 360p, or use ladder: light.", source: "requirements 4 (s2, buffering: \"add lower bitrate variants\"; s2's lowest rungs are 0.5 and 1 Mbps)",
    check: eachStream(({ name, spec, at }) => {
      const lowest = Math.min(...spec.ladder.map((rung) => rung.bitrateKbps));
      return spec.latency === "standard" && lowest > 1000 && { path: at("ladder"), message: `${name}: the lowest rung has ${rate(lowest)}; viewers with less cannot watch.` };
    }),
  },
  {
    id: "HE105", severity: "warning", title: "rung with a frame rate of its own",
    reason: "All rungs share one frame grid, so that a player can switch between them at every segment; a rung's own rate is not used.",
    fix: "Leave `fps` out of the rung, or change source.fps.", source: "requirements 4 (s2: match frame rates); knowledge: media 4.1 (one `fps` filter before the split)",
    check: eachStream(({ name, spec, plan, at }) => spec.ladder.flatMap((rung, i) => (Math.round(rung.fps) === plan.fps ? [] : [{
      path: at("ladder", i, "fps"), message: `${name}: rung ${rung.name} asks for ${rung.fps} pictures a second, but every rung is encoded at ${plan.fps}.`,
    }]))),
  },
  {
    id: "HE106", severity: "warning", title: "publisher's keyframes further apart than a segment",
    reason: "After every reconnect or switch of publishers the decoder waits for a keyframe; recordings can only be cut there.",
    fix: "Set the encoder's keyframe interval to 1 or 2 s and write it in source.keyframe.", source: "requirements 4 (s2: keyframes every 1-2 s, GOP matches the segment); HLS Authoring Specification for Apple Devices (archived revision) 1.9 (IDR every two seconds)",
    check: eachStream(({ name, spec, at }) => spec.source.keyframeSeconds > Math.max(LONGEST_KEYFRAME, spec.segmentSeconds) && {
      path: at("source", "keyframeSeconds"), message: `${name}: keyframes come every ${spec.source.keyframeSeconds} s, segments last ${spec.segmentSeconds} s.`,
    }),
  },
  {
    id: "HE107", severity: "info", title: "segment is no multiple of the keyframe interval",
    reason: "Publisher and segments then have no common beat: how long a switch of publishers takes differs every time.",
    fix: "Choose a keyframe interval that divides the segment, e.g. 1 s or 2 s.", source: "requirements 4 (s2: GOP must match segmenting)",
    check: eachStream(({ name, spec, at }) => {
      const { keyframeSeconds } = spec.source;
      const parts = spec.segmentSeconds / keyframeSeconds;
      return keyframeSeconds < spec.segmentSeconds && Math.abs(parts - Math.round(parts)) > 1e-6
        && { path: at("source", "keyframeSeconds"), message: `${name}: ${spec.segmentSeconds} s is not a multiple of ${keyframeSeconds} s.` };
    }),
  },
  {
    id: "HE108", severity: "info", title: "1080p outside the usual 3 to 6 Mbps",
    reason: "Below it movement breaks into blocks, above it viewers stall and delivery, most of the bill, grows without a visible gain.",
    fix: "Choose 3 to 6 Mbps for 1080p at up to 30 pictures a second.", source: "requirements 4 and 12 (s2: 1080p live 3-6 Mbps); knowledge: sizing-and-cost 5 (delivery dominates)",
    check: eachStream(({ name, spec, at }) => spec.ladder.flatMap((rung, i) => {
      const odd = Math.min(rung.width, rung.height) === 1080 && spec.source.fps <= 30 && (rung.bitrateKbps < 3000 || rung.bitrateKbps > 6000);
      return odd ? [{ path: at("ladder", i), message: `${name}: rung ${rung.name} is 1080p at ${rate(rung.bitrateKbps)}.` }] : [];
    })),
  },
  {
    id: "HE109", severity: "error", title: "picture beyond every usable H.264 level",
    reason: "No level up to 5.2 allows so many pixels a second; the stream would carry a false level and decoders may refuse it.",
    fix: "Use a smaller picture or fewer pictures a second.", source: "ITU-T H.264 table A-1",
    check: eachStream(({ name, plan, at }) => plan.renditions.flatMap((r, i) => {
      const blocks = Math.ceil(r.width / 16) * Math.ceil(r.height / 16);
      return blocks > LEVEL_5_2.frame || blocks * plan.fps > LEVEL_5_2.second ? [{ path: at("ladder", i), message: `${name}: ${r.width}x${r.height} at ${plan.fps} pictures a second does not fit H.264 level 5.2.` }] : [];
    })),
  },
  {
    id: "HE110", severity: "info", title: "above H.264 level 4.2",
    reason: "Apple devices are promised up to level 4.2 (1080p60); above it older phones and televisions do not play.",
    fix: "Keep a rung of at most 1920x1080 at 60 pictures a second, or lower this one.", source: "HLS Authoring Specification for Apple Devices 1.3",
    check: eachStream(({ name, plan, at }) => plan.renditions.flatMap((r, i) => (Number(r.level) > 4.2 ? [{
      path: at("ladder", i), message: `${name}: rung ${r.name} (${r.width}x${r.height}, ${plan.fps} pictures a second) is H.264 level ${r.level}.`,
    }] : []))),
  },
  {
    id: "HE111", severity: "warning", title: "more than 60 pictures a second",
    reason: "Apple players do not have to play it, and encoding costs twice as much.",
    fix: "Publish at 60 pictures a second or fewer.", source: "HLS Authoring Specification for Apple Devices (archived revision) 1.15 (frame rates above 60 fps SHALL NOT be used)",
    check: eachStream(({ name, spec, at }) => spec.source.fps > 60 && { path: at("source", "fps"), message: `${name}: ${spec.source.fps} pictures a second.` }),
  },
  {
    id: "HE112", severity: "warning", title: "encoder preset too slow for live",
    reason: "Medium costs 2.8 times the CPU of veryfast; below real time the relay drops frames.",
    fix: "Use veryfast, faster or fast.", source: "knowledge: sizing-and-cost 1 (preset factors, measured), media 4.3; requirements 4 (s2: speed over efficiency)",
    check: eachStream(({ name, spec, at }) => spec.encoder.kind === "x264" && SLOW_PRESETS.has(spec.encoder.preset) && {
      path: at("encoder", "preset"), message: `${name}: x264 preset ${spec.encoder.preset} needs at least 2.8 times the CPU of veryfast.`,
    }),
  },
];
