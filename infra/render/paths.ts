/** Fixed places on every host and every target, so that rendered text is the same everywhere. */

/** Materialised files (tmpfs; may hold secrets). */
export const ETC = "/run/headend/etc";
/** Other run-time files (tmpfs). */
export const RUN = "/run/headend";
/** State that outlives a restart: applied bundle, recordings, slates. */
export const VAR = "/var/lib/headend";
export const RECORDINGS = `${VAR}/recordings`;
export const SLATES = `${VAR}/slates`;
/** Segments on tmpfs: staging and published side by side, because complete segments are hard-linked from one to the other. */
export const SEGMENTS = `${RUN}/segments`;
/** Steering manifests that nginx hands to players, written by the steering program. */
export const STEERING_OUT = `${RUN}/steering`;
/** nginx cache, in memory. */
export const CACHE = `${RUN}/cache`;
/** File below {@link RUN} that exists while a distributor is being emptied: its /healthz fails. */
export const DRAINING = "draining";
/** Parts of the image: programs, player page. */
export const LIB = "/usr/lib/headend";
export const PLAYER = "/usr/share/headend/player";

/** Statuses of the answers of a distributor's nginx that were 5xx: a line of four bytes each, so that its size is a count. */
export const SERVER_ERRORS = `${RUN}/nginx/5xx.log`;

/** Loopback ports used inside a host. */
export const RELAY_API_PORT = 9997;
export const MEDIAMTX_METRICS_PORT = 9998;
export const RELAY_RTSP_PORT = 8554;
/** Every hop is by RTMP where it can be: RTSP would lose how sound and picture belong together (docs/continuity.md). */
export const RELAY_RTMP_PORT = 1935;
/** On loopback, for FFmpeg's ultra latency: its FLV (7.1) takes no Opus. */
export const RELAY_SRT_PORT = 8890;
export const AGENT_PORT = 7000;
/** The steering program on a distributor. */
export const STEERING_PORT = 7001;
/** The forwarder on a multiplexer. */
export const FORWARDER_PORT = 7002;
/** nginx on a transcoder, for distributors. */
export const ORIGIN_PORT = 8080;
/** MediaMTX on a distributor, for low and ultra, behind nginx. */
export const EDGE_HLS_PORT = 8888;
export const EDGE_WHEP_PORT = 8889;
