import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import type { Readiness } from "../render/bundle.ts";

/** silent: neither an answer nor a refusal, as of a process that stands still. */
export type Answer = "ready" | "unready" | "silent";

/** Asks once whether a service answers. Never throws. */
export type Probe = (ready: Readiness) => Promise<Answer>;

const PROBE_TIMEOUT_MS = 1000;

/** TCP: it accepts. HTTP: it answers below 500, so a protected or empty page counts as ready. */
export const probeNetwork: Probe = (ready) => {
  switch (ready.kind) {
    case "none": return Promise.resolve("ready");
    case "tcp": return probeTcp(ready.host, ready.port);
    case "http": return probeHttp(ready.url, ready.insecure ?? false);
  }
};

function probeTcp(host: string, port: number): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PROBE_TIMEOUT_MS });
    const done = (answer: Answer): void => { socket.destroy(); resolve(answer); };
    socket.once("connect", () => done("ready"));
    socket.once("timeout", () => done("silent"));
    socket.once("error", () => done("unready"));
  });
}

function probeHttp(url: string, insecure: boolean): Promise<Answer> {
  return new Promise((resolve) => {
    const options = { timeout: PROBE_TIMEOUT_MS, agent: false as const };
    const request = url.startsWith("https:") ? httpsRequest(url, { ...options, rejectUnauthorized: !insecure }) : httpRequest(url, options);
    request.once("response", (response) => {
      response.resume();
      request.destroy();
      resolve((response.statusCode ?? 500) < 500 ? "ready" : "unready");
    });
    request.once("timeout", () => { request.destroy(); resolve("silent"); });
    request.on("error", () => resolve("unready"));
    request.end();
  });
}
