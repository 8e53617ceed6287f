import type { IngestProtocol } from "../../../infra/spec/topology.ts";
import type { EncoderSettings, PublisherKit, Way } from "./kit.ts";

/** A field of OBS's settings under the name that OBS shows (English; OBS 30 to 32). */
export interface ObsField { readonly tab: string; readonly field: string; readonly value: string }

/** x264 options where OBS has no field: scenes must not move keyframes, or segments are cut late. */
const X264 = "scenecut=0";

/** What to set besides the server: output, picture, sound, reconnecting. */
export function obsFields(protocol: IngestProtocol, { resolution, fps, bitrateKbps, keyframeSeconds, audioKbps }: EncoderSettings): ObsField[] {
  const whip = protocol === "whip";
  const field = (tab: string) => (name: string, value: string): ObsField => ({ tab, field: name, value });
  const [output, audio, video, advanced] = ["Output (Output Mode: Advanced), Streaming", "Audio", "Video", "Advanced"].map(field) as [ReturnType<typeof field>, ReturnType<typeof field>, ReturnType<typeof field>, ReturnType<typeof field>];
  return [
    output("Audio Encoder", whip ? "FFmpeg Opus" : "FFmpeg AAC"), output("Video Encoder", "x264"), output("Rescale Output", "Disabled"), output("Rate Control", "CBR"), output("Bitrate", `${bitrateKbps} Kbps`),
    output("Keyframe Interval (0=auto)", `${keyframeSeconds} s`), output("CPU Usage Preset", "veryfast"), output("Profile", whip ? "baseline" : "high"), output("x264 Options", keyframeOptions(fps, keyframeSeconds)),
    field("Output (Output Mode: Advanced), Audio")("Track 1, Audio Bitrate", String(audioKbps)),
    audio("Sample Rate", "48 kHz"), audio("Channels", "Stereo"),
    video("Base (Canvas) Resolution", resolution), video("Output (Scaled) Resolution", resolution), video("Integer FPS Value", String(fps)),
    advanced("Automatically Reconnect", "on"), advanced("Retry Delay", `${RETRY_SECONDS} s`), advanced("Maximum Retries", String(RETRIES)),
  ];
}

/** OBS multiplies its delay by one and a half after each try (libobs/obs-output.c), so it begins with the shortest. */
const RETRY_SECONDS = 1;
const RETRIES = 10_000;

/** OBS's own field takes whole seconds. */
function keyframeOptions(fps: number, seconds: number): string {
  const frames = Math.round(fps * seconds);
  return Number.isInteger(seconds) ? X264 : `${X264} keyint=${frames} min-keyint=${frames}`;
}

/** One profile to import with Profile → Import Profile: the files of a folder. */
export interface ObsProfile { readonly folder: string; readonly files: Readonly<Record<"basic.ini" | "service.json" | "streamEncoder.json", string>> }

/**
 * OBS profiles of a publisher, one for each way in, in the order to try them. Formats as OBS 30 to 32 read them
 * (frontend/widgets/OBSBasic_Profiles.cpp, OBSBasic_Service.cpp, utility/AdvancedOutput.cpp).
 */
export function obsProfiles(event: string, publisher: PublisherKit): ObsProfile[] {
  return publisher.ways.map((way, i) => {
    const name = [event, publisher.stream, publisher.publisher, String(i + 1), way.protocol, way.multiplexer].join("-");
    return { folder: name, files: { "basic.ini": basicIni(name, way.protocol, publisher.encoder), "service.json": service(way), "streamEncoder.json": encoder(way.protocol, publisher.encoder) } };
  });
}

function basicIni(name: string, protocol: IngestProtocol, { resolution, fps, audioKbps }: EncoderSettings): string {
  const [width = "", height = ""] = resolution.split("x");
  const sections: Record<string, Record<string, string | number | boolean>> = {
    General: { Name: name },
    Output: { Mode: "Advanced", Reconnect: true, RetryDelay: RETRY_SECONDS, MaxRetries: RETRIES },
    AdvOut: { ApplyServiceSettings: true, UseRescale: false, TrackIndex: 1, Encoder: "obs_x264", AudioEncoder: protocol === "whip" ? "ffmpeg_opus" : "ffmpeg_aac", Track1Bitrate: audioKbps, RecType: "Standard" },
    Video: { BaseCX: width, BaseCY: height, OutputCX: width, OutputCY: height, FPSType: 1, FPSInt: fps },
    Audio: { SampleRate: 48_000, ChannelSetup: "Stereo" },
  };
  return Object.entries(sections).map(([section, values]) => `[${section}]\n${Object.entries(values).map(([key, value]) => `${key}=${value}\n`).join("")}`).join("\n");
}

function service({ protocol, obs }: Way): string {
  const settings = protocol === "whip" ? { server: obs.server, bearer_token: obs.fields["Bearer Token"] ?? "" }
    : { server: obs.server, key: protocol === "srt" ? "" : obs.fields["Stream Key"] ?? "", use_auth: false, bwtest: false };
  return json({ type: protocol === "whip" ? "whip_custom" : "rtmp_custom", settings });
}

function encoder(protocol: IngestProtocol, { fps, bitrateKbps, keyframeSeconds }: EncoderSettings): string {
  const whip = protocol === "whip";
  return json({
    rate_control: "CBR", bitrate: bitrateKbps, keyint_sec: Number.isInteger(keyframeSeconds) ? keyframeSeconds : 0, preset: "veryfast", profile: whip ? "baseline" : "high",
    x264opts: keyframeOptions(fps, keyframeSeconds), ...(whip ? { bf: 0 } : {}),
  });
}

const json = (value: object): string => `${JSON.stringify(value, null, 4)}\n`;
