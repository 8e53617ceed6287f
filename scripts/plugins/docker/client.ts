/** A small Docker Engine API client over Node's own http: the few calls the plugin needs, with errors people can act on. */
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import path from "node:path";
import { PluginError } from "../resource.ts";
import { isObject } from "../wire/values.ts";
import type { Properties, Value } from "../wire/values.ts";

/** API version asked for: of Docker Engine 20.10, the oldest supported; newer engines serve it too. */
const API = "v1.41";

/** Where the engine is and how to trust it; the provider's configuration. */
export interface DockerConfig {
  /** `unix:///path`, `tcp://host:port`, `http://…` or `https://…`. */
  readonly host: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** An answer of the engine that is not a success. */
export class DockerError extends PluginError {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface CallOptions {
  readonly body?: Properties | Buffer;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly signal?: AbortSignal;
}

export interface DockerClient {
  /** Calls the engine; resolves to the decoded JSON answer, or the text where it is none. Statuses in `accept` are no errors. */
  call(method: "GET" | "POST" | "PUT" | "DELETE", url: string, options?: CallOptions): Promise<Value>;
  /** Like `call`, for answers that are raw bytes. */
  bytes(url: string, options?: CallOptions): Promise<Buffer>;
}

/** Takes the connection settings from the provider's configuration, then the environment, then the default socket. */
export function dockerConfig(config: Properties): DockerConfig {
  const text = (key: string): string | undefined => (typeof config[key] === "string" && config[key] !== "" ? config[key] : undefined);
  const host = text("host") ?? (process.env["DOCKER_HOST"] || "unix:///var/run/docker.sock");
  const folder = text("certPath") ?? (process.env["DOCKER_TLS_VERIFY"] ? process.env["DOCKER_CERT_PATH"] : undefined);
  const pem = (key: string, file: string): string | undefined => text(key) ?? (folder === undefined ? undefined : readPem(path.join(folder, file)));
  const ca = pem("caMaterial", "ca.pem");
  const cert = pem("certMaterial", "cert.pem");
  const key = pem("keyMaterial", "key.pem");
  return { host, ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
}

function readPem(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    throw new PluginError(`cannot read ${file}: the docker provider's certPath must hold ca.pem, cert.pem and key.pem`);
  }
}

/** Connects lazily: nothing is dialled before the first call. */
export function createDockerClient(config: DockerConfig): DockerClient {
  const target = targetOf(config);
  const agent = new target.module.Agent({ keepAlive: true, maxSockets: 16 });

  const request = (method: string, url: string, options: CallOptions): Promise<{ status: number; data: Buffer }> =>
    new Promise((resolve, reject) => {
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(options.query ?? {})) if (value !== undefined) query.set(name, String(value));
      const body = Buffer.isBuffer(options.body) ? options.body : options.body === undefined ? undefined : Buffer.from(JSON.stringify(options.body));
      const call = target.module.request({
        ...target.options, agent, method, path: `/${API}${url}${query.size > 0 ? `?${query}` : ""}`,
        headers: body === undefined ? {} : { "content-type": Buffer.isBuffer(options.body) ? "application/x-tar" : "application/json", "content-length": body.length },
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, data: Buffer.concat(chunks) }));
        answer.on("error", reject);
      });
      call.on("error", (error: NodeJS.ErrnoException) => reject(connectionError(error, config.host, options.signal)));
      call.end(body);
    });

  const checked = async (method: string, url: string, options: CallOptions): Promise<Buffer> => {
    const { status, data } = await request(method, url, options);
    if (status >= 200 && status < 400) return data;
    throw new DockerError(status, messageOf(data, status));
  };
  return {
    async call(method, url, options = {}) {
      const text = (await checked(method, url, options)).toString("utf8");
      try {
        return text === "" ? null : (JSON.parse(text) as Value);
      } catch {
        return text;
      }
    },
    bytes: (url, options = {}) => checked("GET", url, options),
  };
}

interface Target { readonly module: typeof http | typeof https; readonly options: http.RequestOptions & https.RequestOptions }

function targetOf(config: DockerConfig): Target {
  const unix = /^unix:\/\/(.+)$/.exec(config.host);
  if (unix?.[1] !== undefined) return { module: http, options: { socketPath: unix[1], host: "docker" } };
  const tcp = /^(tcp|https?):\/\/(.+)$/.exec(config.host);
  if (tcp !== null) {
    const url = new URL(`http://${tcp[2]}`);
    const secure = tcp[1] === "https" || config.ca !== undefined || config.cert !== undefined;
    const options = { host: url.hostname, port: url.port || (secure ? 2376 : 2375) };
    return secure
      ? { module: https, options: { ...options, ...(config.ca ? { ca: config.ca } : {}), ...(config.cert ? { cert: config.cert } : {}), ...(config.key ? { key: config.key } : {}) } }
      : { module: http, options };
  }
  throw new PluginError(`the Docker address "${config.host}" is not supported by headend's stand-in for the docker plugin. ` +
    "Use unix:///path/to.sock or tcp://host:port, or install the official plugin for ssh:// addresses.");
}

function connectionError(error: NodeJS.ErrnoException, host: string, signal: AbortSignal | undefined): Error {
  if (signal?.aborted) return error;
  if (error.code === "EACCES") return new PluginError(`no permission to use Docker at ${host}: run as root, or add your user to the group "docker"`);
  if (error.code === "ENOENT" || error.code === "ECONNREFUSED" || error.code === "ENOTFOUND" || error.code === "EHOSTUNREACH") {
    return new PluginError(`no Docker engine answers at ${host} (${error.code}). Start it, or set docker:host or DOCKER_HOST to the right address.`);
  }
  return new PluginError(`the connection to the Docker engine at ${host} failed: ${error.message}`);
}

function messageOf(data: Buffer, status: number): string {
  const text = data.toString("utf8").trim();
  try {
    const parsed = JSON.parse(text) as Value;
    if (isObject(parsed) && typeof parsed["message"] === "string") return parsed["message"];
  } catch { /* not JSON: the text itself is the message */ }
  return text === "" ? `the Docker engine answered with status ${status}` : text;
}
