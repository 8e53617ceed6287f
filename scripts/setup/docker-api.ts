import { request } from "node:http";
import type { Readable } from "node:stream";
import { SetupError } from "./errors.ts";

/** How the engine answered. `denied`: it is there, and this user may not talk to it. */
export type Ping = "ok" | "absent" | "denied" | "silent";

export interface EngineInfo {
  /** Where the engine keeps its images. */
  readonly rootDir: string;
  readonly version: string;
}

/** The few calls of the engine's API that set-up needs; spares the start of the docker program, and works without it. */
export interface Engine {
  ping(): Promise<Ping>;
  info(): Promise<EngineInfo>;
  hasImage(name: string): Promise<boolean>;
  /** Makes an image of a root file system (a tar stream). @throws Error */
  importImage(name: string, tar: Readable, changes: readonly string[], onLine: (line: string) => void, signal: AbortSignal): Promise<void>;
  pull(name: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void>;
  /** Builds a context (a tar stream with a Dockerfile in it) with the engine's own builder, which every engine has. */
  build(name: string, tar: Readable, options: { readonly args: Readonly<Record<string, string>>; readonly network: boolean }, onLine: (line: string) => void, signal: AbortSignal): Promise<void>;
}

type Target = { readonly socketPath: string } | { readonly host: string; readonly port: number };

const DEFAULT_SOCKET = "/var/run/docker.sock";

/** Reads DOCKER_HOST. @throws SetupError for one that set-up cannot use */
export function engineTarget(env: Readonly<Record<string, string | undefined>>): Target {
  const host = env["DOCKER_HOST"];
  if (host === undefined || host === "") return { socketPath: DEFAULT_SOCKET };
  if (host.startsWith("unix://")) return { socketPath: host.slice("unix://".length) };
  const tcp = /^(?:tcp|http):\/\/(\[[^\]]+\]|[^:/]+):(\d+)\/?$/.exec(host);
  if (tcp?.[1] !== undefined && (env["DOCKER_TLS_VERIFY"] ?? "") === "") return { host: tcp[1].replace(/[[\]]/g, ""), port: Number(tcp[2]) };
  throw new SetupError("docker-unusable", `DOCKER_HOST is "${host}"; the local studio needs a Docker engine on this machine.`,
    "Unset DOCKER_HOST, or set it to unix:///path/to/docker.sock, and run the same command again.");
}

interface Answer { readonly status: number; readonly body: string }

function call(target: Target, method: string, path: string, options: { readonly body?: Readable; readonly headers?: Record<string, string>; readonly timeoutMs?: number; readonly onLine?: (line: string) => void; readonly signal?: AbortSignal } = {}): Promise<Answer> {
  return new Promise((done, fail) => {
    const req = request({ ...target, method, path, headers: options.headers ?? {}, ...(options.signal ? { signal: options.signal } : {}) }, (res) => {
      let body = "";
      let rest = "";
      res.setEncoding("utf8");
      res.on("data", (text: string) => {
        if (!options.onLine || (res.statusCode ?? 0) >= 400) { body += text; return; }
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line.trim() !== "") options.onLine(line);
      });
      res.on("end", () => { if (rest.trim() !== "") options.onLine?.(rest); done({ status: res.statusCode ?? 0, body }); });
      res.on("error", fail);
    });
    if (options.timeoutMs !== undefined) req.setTimeout(options.timeoutMs, () => req.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
    req.on("error", fail);
    if (options.body) options.body.on("error", fail).pipe(req);
    else req.end();
  });
}

/** Work that reports as it goes: one JSON object a line, `error` in one of them being the only sign of failure. */
async function progress(target: Target, path: string, options: { readonly body?: Readable; readonly onLine: (line: string) => void; readonly signal: AbortSignal }): Promise<void> {
  let failure: string | null = null;
  const answer = await call(target, "POST", path, {
    ...(options.body ? { body: options.body, headers: { "Content-Type": "application/x-tar" } } : {}), signal: options.signal,
    onLine(line) {
      try {
        const message = JSON.parse(line) as { readonly error?: string; readonly stream?: string; readonly status?: string };
        failure = message.error ?? failure;
        const text = (message.stream ?? message.status ?? "").trim();
        if (text !== "") options.onLine(text);
      } catch { /* not for us */ }
    },
  });
  if (answer.status >= 400) throw new Error(messageOf(answer.body));
  if (failure !== null) throw new Error(failure);
}

function messageOf(body: string): string {
  try { return (JSON.parse(body) as { readonly message: string }).message; } catch { return body.trim(); }
}

/** Talks to the engine that DOCKER_HOST names, or to this machine's. */
export function connectEngine(env: Readonly<Record<string, string | undefined>>): Engine {
  const target = engineTarget(env);
  return {
    async ping() {
      try {
        const { status } = await call(target, "GET", "/_ping", { timeoutMs: 4000 });
        return status === 200 ? "ok" : "silent";
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        return code === "EACCES" || code === "EPERM" ? "denied" : code === "ENOENT" || code === "ECONNREFUSED" || code === "ENOTDIR" ? "absent" : "silent";
      }
    },
    async info() {
      const { status, body } = await call(target, "GET", "/info", { timeoutMs: 15_000 });
      if (status !== 200) throw new Error(messageOf(body));
      const info = JSON.parse(body) as { readonly DockerRootDir: string; readonly ServerVersion: string };
      return { rootDir: info.DockerRootDir, version: info.ServerVersion };
    },
    async hasImage(name) {
      const { status, body } = await call(target, "GET", `/images/${name}/json`, { timeoutMs: 15_000 });
      if (status !== 200 && status !== 404) throw new Error(messageOf(body));
      return status === 200;
    },
    async importImage(name, tar, changes, onLine, signal) {
      const [repo = name, tag = "latest"] = name.split(":");
      const query = new URLSearchParams([["fromSrc", "-"], ["repo", repo], ["tag", tag], ...changes.map((c): [string, string] => ["changes", c])]);
      await progress(target, `/images/create?${query}`, { body: tar, onLine, signal });
    },
    async pull(name, onLine, signal) {
      const [fromImage = name, tag = "latest"] = name.split(":");
      await progress(target, `/images/create?${new URLSearchParams({ fromImage, tag })}`, { onLine, signal });
    },
    async build(name, tar, options, onLine, signal) {
      const query = new URLSearchParams({ t: name, version: "1", rm: "1", forcerm: "1", buildargs: JSON.stringify(options.args), ...(options.network ? {} : { networkmode: "none" }) });
      await progress(target, `/build?${query}`, { body: tar, onLine, signal });
    },
  };
}
