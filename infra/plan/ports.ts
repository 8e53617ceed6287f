import type { Listener, Plane, Role } from "./model.ts";
import { ORIGIN_PORT, RELAY_RTMP_PORT, RELAY_RTSP_PORT } from "../render/paths.ts";

export interface PortFact {
  readonly name: Listener["name"];
  readonly transport: "tcp" | "udp";
  readonly port: number;
  readonly plane: Plane;
  /** Each further host of the role gets the next number: a WebRTC candidate carries the local port, so on one shared machine they must differ. */
  readonly perHost: boolean;
}

/** Every port a role can open; a plan opens those it needs. MediaMTX's defaults (knowledge: aws 2), rendered explicitly. */
export const ROLE_PORTS: Readonly<Record<Role, readonly PortFact[]>> = {
  multiplexer: [
    { name: "rtmp", transport: "tcp", port: 1935, plane: "ingest", perHost: false },
    { name: "rtmps", transport: "tcp", port: 1936, plane: "ingest", perHost: false },
    { name: "srt", transport: "udp", port: 8890, plane: "ingest", perHost: false },
    { name: "whip", transport: "tcp", port: 8889, plane: "ingest", perHost: false },
    { name: "webrtc", transport: "udp", port: 8189, plane: "ingest", perHost: true },
  ],
  transcoder: [
    { name: "push", transport: "tcp", port: RELAY_RTMP_PORT, plane: "contribution", perHost: false },
    { name: "relay", transport: "tcp", port: RELAY_RTSP_PORT, plane: "contribution", perHost: false },
    { name: "origin", transport: "tcp", port: ORIGIN_PORT, plane: "origin", perHost: false },
  ],
  distributor: [
    { name: "https", transport: "tcp", port: 443, plane: "edge", perHost: false },
    { name: "http3", transport: "udp", port: 443, plane: "edge", perHost: false },
    { name: "whep", transport: "udp", port: 8289, plane: "edge", perHost: true },
  ],
};

/** Planes of a role. Fixed per role, so that an edit never attaches a running host to another network. */
export const ROLE_PLANES: Readonly<Record<Role, readonly Plane[]>> = {
  multiplexer: ["ingest", "contribution"],
  transcoder: ["contribution", "origin"],
  distributor: ["origin", "edge"],
};

/** The port a given host of the role uses. */
export function portOf(fact: PortFact, ordinal: number): number {
  return fact.perHost ? fact.port + ordinal : fact.port;
}
