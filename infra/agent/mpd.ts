import type { AgentStream } from "./config.ts";
import type { Offer } from "./playlist.ts";

export const MPD_TYPE = "application/dash+xml";
/**
 * Segment k ends at (k+1)·D and is on disk 0.03–0.15 s later (knowledge: continuity 3). availabilityStartTime, and nothing else, is moved
 * by a second for that, and by a segment because FFmpeg's demuxer takes a segment's start for its availability and then asks for
 * the missing one thousands of times a second (seen on 7.1.5). The presentation delay is a segment shorter for it.
 */
const availableAfterMs = (seconds: number): number => (seconds + 1) * 1000;
const PRESENTATION_DELAY_SEGMENTS = 3;

/**
 * Dynamic MPD over the same segments as HLS: the period starts at the Unix epoch and number k starts at k·D, so the text depends on
 * nothing but the ladder and the time. `nowMs` goes into UTCTiming; `depth` is how many segments back a player may seek.
 */
export function manifest(stream: AgentStream, offer: Offer, nowMs: number, depth: number): string {
  const d = stream.segmentSeconds;
  const template = `<SegmentTemplate timescale="1" duration="${d}" startNumber="0" initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number$.m4s"/>`;
  const video = offer.video.map(({ rendition: r, init }) =>
    `      <Representation id="${xml(r.dir)}" codecs="${init.codec}" bandwidth="${r.peakBps}" width="${init.width ?? r.width}" height="${init.height ?? r.height}" frameRate="${stream.fps}"/>`);
  const { audio } = stream;
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="dynamic" availabilityStartTime="${new Date(availableAfterMs(d)).toISOString()}" publishTime="${new Date(nowMs).toISOString()}" minimumUpdatePeriod="PT${d}S" minBufferTime="PT${d}S" timeShiftBufferDepth="PT${depth * d}S" suggestedPresentationDelay="PT${PRESENTATION_DELAY_SEGMENTS * d}S" maxSegmentDuration="PT${d}S">`,
    `  <Period id="0" start="PT0S">`,
    ...(video.length === 0 ? [] : [
      `    <AdaptationSet id="0" contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1">`, `      ${template}`, ...video, `    </AdaptationSet>`,
    ]),
    `    <AdaptationSet id="1" contentType="audio" mimeType="audio/mp4" segmentAlignment="true" startWithSAP="1">`,
    `      ${template}`,
    `      <Representation id="${xml(audio.dir)}" codecs="${offer.audio.codec}" bandwidth="${Math.round(audio.bitrateKbps * 1100)}" audioSamplingRate="${offer.audio.sampleRate ?? 48_000}">`,
    `        <AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="${audio.channels}"/>`,
    `      </Representation>`,
    `    </AdaptationSet>`,
    `  </Period>`,
    `  <UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="${new Date(nowMs).toISOString()}"/>`,
    `</MPD>`, ``,
  ].join("\n");
}

const xml = (text: string): string => text.replace(/[<>&"]/g, (c) => `&#${c.charCodeAt(0)};`);
