import { hasCdn, viewersOf } from "./facts.ts";
import { eachStream, type Rule } from "./rule.ts";

/** Segments a player holds before it starts (requirements 12: usually 3). */
const BUFFERED_SEGMENTS = 3;
/** Seconds besides whole segments: 8.9 s measured with 2 s segments = 3·2 + 2 (the segment being written) + 0.9 (continuity 5). */
const TRANSMIT_SECONDS = 0.9;
/** Upper end of the standard tier (requirements 5, s4: 15-30 s). */
const STANDARD_MOST_SECONDS = 30;
/** 150 WebRTC readers were 99 % of three vCPUs (knowledge: media 6, mediamtx#4963). */
const WEBRTC_VIEWERS_PER_HOST = 150;

/** Glass to glass in seconds: L = N·D + T, T being the segment under way and transmission. */
export function latencySeconds(segmentSeconds: number): number {
  return BUFFERED_SEGMENTS * segmentSeconds + segmentSeconds + TRANSMIT_SECONDS;
}

/** Rules about latency tiers. */
export const latencyRules: readonly Rule[] = [
  {
    id: "HE201", severity: "warning", title: "latency beyond the tier",
    reason: "Players hold three segments: L = N·D + T leaves the 15 to 30 s that the standard tier stands for.",
    fix: "Use segments of 4 s or 2 s.", source: "requirements 5 and 12 (s4: L = N·D + T, standard tier 15-30 s); knowledge: continuity 5 (8.9 s measured at 2 s)",
    check: eachStream(({ name, spec, at }) => spec.latency === "standard" && latencySeconds(spec.segmentSeconds) > STANDARD_MOST_SECONDS && {
      path: at("segmentSeconds"), message: `${name}: segments of ${spec.segmentSeconds} s give about ${Math.round(latencySeconds(spec.segmentSeconds))} s of latency; the standard tier ends at ${STANDARD_MOST_SECONDS} s.`,
    }),
  },
  {
    id: "HE202", severity: "warning", title: "segments of 1 s in the standard tier",
    reason: "A lost SRT publisher is noticed after 4 s and costs a segment more; only with 2 s segments does the player's buffer cover that.",
    fix: "Use segment: 2 s, or latency: low.", source: "knowledge: continuity 0.20 and 1",
    check: eachStream(({ name, spec, at }) => spec.latency === "standard" && spec.segmentSeconds === 1 && {
      path: at("segmentSeconds"), message: `${name}: with 1 s segments players hold about 3 s, less than the 4 s after which a lost SRT publisher is noticed.`,
    }),
  },
  {
    id: "HE203", severity: "warning", title: "LL-HLS behind a CDN",
    reason: "Low-latency playlists are held open and cannot be cached, so every viewer's request reaches the distributors through the CDN.",
    fix: "Use latency: standard with the CDN, or leave the CDN out.", source: "knowledge: aws 6, aws 3, media 3.1 (MediaMTX documentation, scalability)",
    check: eachStream(({ name, spec, at }, { topology }) => spec.latency === "low" && hasCdn(topology) && { path: at("latency"), message: `${name}: latency low does not go well with a CDN.` }),
  },
  {
    id: "HE204", severity: "info", title: "ultra latency does not use the CDN",
    reason: "CloudFront carries HTTP and WebSocket; WebRTC media goes straight from the distributors to each viewer.",
    fix: "Size the distributors for all viewers of this stream.", source: "Amazon CloudFront developer guide (protocols); knowledge: media 6",
    check: eachStream(({ name, spec, at }, { topology }) => spec.latency === "ultra" && hasCdn(topology) && { path: at("latency"), message: `${name}: its viewers connect to the distributors directly, past the CDN.` }),
  },
  {
    id: "HE205", severity: "warning", title: "more WebRTC viewers than distributors serve",
    reason: "WebRTC is sent to each viewer alone: 150 readers filled three vCPUs.",
    fix: "Use latency: low or standard, or more distributors.", source: "knowledge: media 6 (bluenviron/mediamtx#4963: 150 readers = 99 % of 3 vCPU)",
    check: eachStream(({ name, spec, at }, { topology }) => {
      const most = Object.values(topology.distributors).reduce((sum, { max }) => sum + max, 0) * WEBRTC_VIEWERS_PER_HOST;
      return spec.latency === "ultra" && viewersOf(spec) > most && { path: at("viewers"), message: `${name}: ${viewersOf(spec)} viewers by WebRTC; the distributors serve about ${most}.` };
    }),
  },
  {
    id: "HE206", severity: "info", title: "LL-HLS on several distributors",
    reason: "Each distributor numbers its low-latency playlist from its own start, so a viewer that changes distributor begins anew.",
    fix: "Expect one stall where a distributor fails, or use latency: standard, which changes without one.", source: "knowledge: media 4.6 (MSN differ per muxer), aws 6 (OME #1917)",
    check: eachStream(({ name, spec, plan, at }) => spec.latency === "low" && plan.distributors.length > 1 && {
      path: at("latency"), message: `${name}: ${plan.distributors.length} distributors serve it, and a viewer cannot move between them without a stall.`,
    }),
  },
];
