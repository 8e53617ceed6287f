import http from "node:http";
import type { Track } from "./tracks.ts";

/** A path of the relay, as far as the agent needs it. */
export interface RelayPath {
  readonly name: string;
  /** A publisher is connected (an air path on its slate is not online). */
  readonly online: boolean;
  readonly bytes: number;
  readonly tracks: readonly Track[];
  /** Identity of the publisher's connection. */
  readonly source: string | null;
  /** When it began to be readable: of an air path that never ends, another time means another path (the relay or the path began anew). */
  readonly since: string | null;
}

/** A forward as MediaMTX runs it, which may be another than its configuration says. */
export interface RunningForward { readonly dest: string; readonly failed: boolean; readonly error: string }

/** What choosing an input needs of the relay. */
export type RelayControl = Pick<Relay, "rtsp" | "rtmp" | "forwardOf" | "running" | "setForward">;

interface RawTrack { readonly codec: string; readonly codecProps: Readonly<Record<string, unknown>> | null }
interface RawPath { readonly name: string; readonly online: boolean; readonly inboundBytes: number; readonly tracks2: readonly RawTrack[] | null; readonly source: { readonly id: string } | null; readonly availableTime?: string | null }
interface RawForward { readonly state: string; readonly lastError: string; readonly conf: { readonly dest: string } }

const TIMEOUT_MS = 1000;
/**
 * Between two changes of one path: MediaMTX 1.20.1 hands each to the path in a goroutine of its own (path_manager.go, doReloadConf), so of two
 * at once the first may be the one that stays, while the API tells the second.
 */
const APART_MS = 60;
const PAGE = 1000;

/** Client of MediaMTX's control API (v3), over one kept connection. Every method rejects when the relay does not answer within a second. */
export class Relay {
  /** The last change of each path, and the pause after it. */
  private readonly changes = new Map<string, Promise<void>>();
  private readonly agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  private readonly at: { readonly host: string; readonly port: string };
  constructor(api: string, readonly rtsp: string, readonly rtmp: string) {
    const { hostname, port } = new URL(api);
    this.at = { host: hostname, port };
  }

  async paths(): Promise<Map<string, RelayPath>> {
    const all = new Map<string, RelayPath>();
    for (let page = 0, pages = 1; page < pages; page++) {
      const answer = await this.call<{ pageCount: number; items: readonly RawPath[] }>("GET", `/v3/paths/list?itemsPerPage=${PAGE}&page=${page}`);
      pages = answer.pageCount;
      for (const item of answer.items) all.set(item.name, pathOf(item));
    }
    return all;
  }

  /** Where a path is configured to be forwarded to now. */
  async forwardOf(path: string): Promise<readonly string[]> {
    const conf = await this.call<{ forward?: readonly { dest: string }[] }>("GET", `/v3/config/paths/get/${path}`);
    return (conf.forward ?? []).map((f) => f.dest);
  }

  /** Hot change: the path's publisher stays. An empty list ends forwarding. */
  async setForward(path: string, destinations: readonly string[]): Promise<void> {
    const before = this.changes.get(path);
    const change = (async () => {
      await before?.catch(() => undefined);
      await this.patch(path, destinations);
    })();
    // The next one waits; whoever asked for this one does not.
    const apart = change.then(() => new Promise<void>((done) => { setTimeout(done, APART_MS); }));
    this.changes.set(path, apart);
    void apart.catch(() => undefined).finally(() => { if (this.changes.get(path) === apart) this.changes.delete(path); });
    await change;
  }

  private async patch(path: string, destinations: readonly string[]): Promise<void> {
    await this.call("PATCH", `/v3/config/paths/patch/${path}`, { forward: destinations.map((dest) => ({ dest })) });
  }

  /** Where a path is forwarded to now, in fact. */
  async running(path: string): Promise<RunningForward[]> {
    const list = await this.call<{ items: readonly RawForward[] }>("GET", `/v3/paths/forward/list?itemsPerPage=${PAGE}&path=${encodeURIComponent(path)}`);
    return list.items.map((f) => ({ dest: f.conf.dest, failed: f.state === "error", error: f.lastError }));
  }

  close(): void { this.agent.destroy(); }

  private call<T>(method: string, path: string, body?: unknown): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const request = http.request({ ...this.at, path, method, agent: this.agent, timeout: TIMEOUT_MS, headers: body === undefined ? {} : { "content-type": "application/json" } }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (c: Buffer) => chunks.push(c));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          if (response.statusCode !== 200) { reject(new Error(`relay answered ${response.statusCode} to ${method} ${path}: ${text.slice(0, 200)}`)); return; }
          try { resolve((text === "" ? {} : JSON.parse(text)) as T); } catch { reject(new Error(`relay answered ${path} with something that is not JSON`)); }
        });
      });
      request.on("timeout", () => request.destroy(new Error("relay does not answer")));
      request.on("error", reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function pathOf(raw: RawPath): RelayPath {
  return { name: raw.name, online: raw.online, bytes: raw.inboundBytes, tracks: (raw.tracks2 ?? []).map(trackOf), source: raw.source?.id ?? null, since: raw.availableTime ?? null };
}

function trackOf(raw: RawTrack): Track {
  const number = (key: string): number | null => { const v = raw.codecProps?.[key]; return typeof v === "number" ? v : null; };
  return { codec: raw.codec, sampleRate: number("sampleRate"), channels: number("channelCount"), width: number("width"), height: number("height") };
}
