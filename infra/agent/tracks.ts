/** A track as the relay lists it (`tracks2` of MediaMTX's API). */
export interface Track {
  readonly codec: string;
  readonly sampleRate: number | null;
  readonly channels: number | null;
  readonly width: number | null;
  readonly height: number | null;
}

/** Which media carry no packets although a track is announced. */
export interface Missing { readonly video: boolean; readonly audio: boolean }

/**
 * What an input needs before it may go on air. The air path joins slate and input without re-encoding, so codec, order, sample rate
 * and channels must equal the slate's; picture size and profile need not (knowledge: continuity 1).
 */
export type Verdict =
  | { readonly kind: "direct" }
  | { readonly kind: "normalise"; /** All that it takes is H.264 and AAC: FFmpeg reads and writes it by RTMP, so sound and picture stay together. */ readonly rtmp: boolean; readonly video: "copy" | "encode" | "picture"; readonly audio: "copy" | "encode" | "silence"; readonly reasons: readonly string[] }
  | { readonly kind: "refuse"; readonly reasons: readonly string[] };

const VIDEO = new Set(["H264", "H265", "AV1", "VP9", "VP8", "M-JPEG", "MPEG-4 Video", "MPEG-1/2 Video"]);
const AUDIO = new Set(["MPEG-4 Audio", "MPEG-4 Audio LATM", "Opus", "Vorbis", "MPEG-1/2 Audio", "AC-3", "Speex", "G726", "G722", "G711", "LPCM"]);

/** True for picture and sound; not for data such as KLV. */
export function isMedia({ codec }: Track): boolean { return VIDEO.has(codec) || AUDIO.has(codec); }

/** Judges an input's tracks against those of the air path's slate. */
export function judge(tracks: readonly Track[], channels: number, missing: Missing): Verdict {
  const videos = tracks.filter((t) => VIDEO.has(t.codec));
  const audios = tracks.filter((t) => AUDIO.has(t.codec));
  const [video] = videos;
  const [audio] = audios;
  const seesVideo = video !== undefined && !missing.video;
  const hearsAudio = audio !== undefined && !missing.audio;
  if (!seesVideo && !hearsAudio) {
    return { kind: "refuse", reasons: [`no usable track (${tracks.map((t) => t.codec).join(", ") || "none"}); send H.264 with AAC 48 kHz`] };
  }
  const reasons: string[] = [];
  if (video === undefined) reasons.push("no video: showing the slate colour");
  else if (missing.video) reasons.push("video announced but not sent: showing the slate colour");
  else if (video.codec !== "H264") reasons.push(`video is ${video.codec}, not H264: re-encoding`);
  if (audio === undefined) reasons.push("no audio: adding silence");
  else if (missing.audio) reasons.push("audio announced but not sent: adding silence");
  else if (!matches(audio, channels)) reasons.push(`audio is ${describe(audio)}, not AAC 48000 Hz ${channels} ch: re-encoding`);
  if (videos.length > 1 || audios.length > 1) reasons.push(`${videos.length} video and ${audios.length} audio tracks: taking the first of each`);
  else if (tracks.length > 2) reasons.push(`tracks besides video and audio: ${tracks.filter((t) => t !== video && t !== audio).map((t) => t.codec).join(", ")}`);
  else if (reasons.length === 0 && tracks[0] !== video) reasons.push("audio comes before video: reordering");
  if (reasons.length === 0) return { kind: "direct" };
  return {
    kind: "normalise", reasons,
    // Of one medium there is nothing to keep together, and RTMP would wait for the other.
    rtmp: seesVideo && hearsAudio && tracks.every((t) => !isMedia(t) || t.codec === "H264" || t.codec === "MPEG-4 Audio"),
    video: !seesVideo ? "picture" : video.codec === "H264" ? "copy" : "encode",
    audio: !hearsAudio ? "silence" : matches(audio, channels) ? "copy" : "encode",
  };
}

const matches = (t: Track, channels: number): boolean => t.codec === "MPEG-4 Audio" && t.sampleRate === 48_000 && t.channels === channels;

/** "MPEG-4 Audio 44100 Hz 1 ch", "H264 1280x720". */
export function describe(t: Track): string {
  return [t.codec, t.width === null ? "" : `${t.width}x${t.height}`, t.sampleRate === null ? "" : `${t.sampleRate} Hz`, t.channels === null ? "" : `${t.channels} ch`].filter(Boolean).join(" ");
}
