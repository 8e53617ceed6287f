import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import type { Readiness } from "../render/bundle.ts";

/** Asks once whether a service answers. Never throws. */
export type Probe = (ready: Readiness) => Promise<boolean>;

const PROBE_TIMEOUT_MS = 1000;

/** TCP: it accepts. HTTP: it answers below 500, so a protected or empty page counts as ready. */
export const probeNetwork: Probe = (ready) => {
  switch (ready.kind) {
    case "none": return Promise.resolve(true);
    case "tcp": return probeTcp(ready.host, ready.port);
    case "http": return probeHttp(ready.url, ready.insecure ?? false);
  }
};

function probeTcp(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PROBE_TIMEOUT_MS });
    const done = (ok: boolean): void => { socket.destroy(); resolve(ok); };
    socket.once("connect", () => done(true));
    socket.once("timeout", () => done(false));
    socket.once("error", () => done(false));
  });
}

function probeHttp(url: string, insecure: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { timeout: PROBE_TIMEOUT_MS, agent: false as const };
    const request = url.startsWith("https:") ? httpsRequest(url, { ...options, rejectUnauthorized: !insecure }) : httpRequest(url, options);
    request.once("response", (response) => {
      response.resume();
      request.destroy();
      resolve((response.statusCode ?? 500) < 500);
    });
    request.once("timeout", () => { request.destroy(); resolve(false); });
    request.on("error", () => resolve(false));
    request.end();
  });
}
