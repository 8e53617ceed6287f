import type { IngestProtocol } from "../../../infra/spec/topology.ts";
import { SOCKET } from "./relay.ts";

export interface Picture {
  readonly width: number; readonly height: number; readonly fps: number;
  readonly bitrateKbps: number; readonly keyframeSeconds: number;
}

/** File inside the container with the words over the picture; `drawtext` fills the clock in. */
export const TEXT_FILE = "/run/demo/text";

/** Words over the picture: what is published, and the wall clock to a millisecond (for reading the delay off the player). */
export function overlayText(stream: string, publisher: string, protocol: IngestProtocol): string {
  return `headend ${stream} / ${publisher} ${protocol}\n%{gmtime:%H\\:%M\\:%S.%3N} UTC`;
}

/** ffmpeg's arguments: a moving test picture with the text, a 1 kHz beep each second; no secret in them. */
export function ffmpegArgs(picture: Picture, protocol: IngestProtocol, durationSeconds: number | null): string[] {
  const { width, height, fps, bitrateKbps, keyframeSeconds } = picture;
  const size = Math.max(12, Math.round(height / 14));
  const text = `drawtext=fontfile=/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf:textfile=${TEXT_FILE}:fontsize=${size}:fontcolor=white`
    + `:line_spacing=${Math.round(size / 3)}:box=1:boxcolor=black@0.65:boxborderw=${Math.round(size / 3)}:x=(w-text_w)/2:y=h*0.62`;
  const beep = "0.25*sin(2*PI*1000*t)*lt(mod(t\\,1)\\,0.08)";
  const gop = String(Math.round(fps * keyframeSeconds));
  return [
    "-hide_banner", "-loglevel", "error", "-nostats", "-progress", "pipe:1", "-stats_period", "1",
    "-re", "-f", "lavfi", "-i", `testsrc2=size=${width}x${height}:rate=${fps},${text},format=yuv420p`,
    "-re", "-f", "lavfi", "-i", `aevalsrc=${beep}|${beep}:s=48000`,
    ...(durationSeconds === null ? [] : ["-t", String(durationSeconds)]),
    "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", gop, "-keyint_min", gop, "-sc_threshold", "0",
    "-b:v", `${bitrateKbps}k`, "-maxrate", `${bitrateKbps}k`, "-bufsize", `${bitrateKbps * 2}k`,
    // WebRTC carries no AAC.
    ...(protocol === "whip" ? ["-c:a", "libopus"] : ["-c:a", "aac"]), "-b:a", "128k", "-ar", "48000", "-ac", "2",
    "-f", "mpegts", `unix:${SOCKET}`,
  ];
}

/** Marks the end of the relay's configuration on standard input; what follows only keeps the input open. */
export const END_OF_CONFIG = "---END---";

/** What runs in the container: relay and ffmpeg, both gone when either ends, or when headend is gone (end of input). */
export const SCRIPT = `umask 077
while IFS= read -r line && [ "$line" != "${END_OF_CONFIG}" ]; do printf '%s\\n' "$line"; done > /run/demo/relay.yml
printf '%s' "$DEMO_TEXT" > ${TEXT_FILE}
/usr/local/bin/mediamtx /run/demo/relay.yml >&2 &
relay=$!
n=0
until [ -S ${SOCKET} ]; do
  n=$((n + 1)); [ $n -lt 100 ] || { echo "DEMO relay did not start" >&2; exit 1; }
  sleep 0.1
done
ffmpeg "$@" < /dev/null &
picture=$!
trap 'kill $picture $relay 2>/dev/null' TERM INT
{ cat > /dev/null; kill $picture 2>/dev/null; } <&3 &
wait $picture
code=$?
kill $relay 2>/dev/null
wait $relay
exit $code`;
