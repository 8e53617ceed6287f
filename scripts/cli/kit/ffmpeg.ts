import type { IngestProtocol } from "../../../infra/spec/topology.ts";
import type { EncoderSettings } from "./kit.ts";
import { publishUrl, whipToken, type PublishAddress, type PublishSecrets } from "./urls.ts";

/**
 * A command that sends a file as a camera would. Constant bitrate, closed GOPs of fixed length and 48 kHz stereo AAC are
 * what the multiplexer's recordings and forwards, and platforms behind them, take without trouble (knowledge: media 3.1).
 */
export function ffmpegCommand(protocol: IngestProtocol, address: PublishAddress, secrets: PublishSecrets, encoder: EncoderSettings): string {
  const { fps, bitrateKbps, keyframeSeconds, audioKbps } = encoder;
  const gop = Math.round(fps * keyframeSeconds);
  // WebRTC has no B-frames.
  const video = [
    "-c:v libx264 -preset veryfast", `-profile:v ${protocol === "whip" ? "baseline" : "high"} -pix_fmt yuv420p`, `-r ${fps}`,
    `-g ${gop} -keyint_min ${gop} -sc_threshold 0`, `-b:v ${bitrateKbps}k -minrate ${bitrateKbps}k -maxrate ${bitrateKbps}k -bufsize ${bitrateKbps * 2}k`,
    ...(protocol === "whip" ? ["-bf 0"] : []),
  ];
  const audio = protocol === "whip" ? "-c:a libopus -b:a 128k -ar 48000 -ac 2" : `-c:a aac -b:a ${audioKbps}k -ar 48000 -ac 2`;
  const url = quoted(publishUrl(protocol, address, secrets));
  const output = {
    rtmp: `-f flv ${url}`, rtmps: `-f flv ${url}`, srt: `-f mpegts ${url}`,
    whip: `-f whip -authorization ${quoted(whipToken(address, secrets))} ${url}`,
  }[protocol];
  return ["ffmpeg -re -i INPUT", video.join(" "), audio, output].join(" \\\n  ");
}

/** In single quotes for a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
