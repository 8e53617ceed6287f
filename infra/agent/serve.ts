/** A small HTTP server on loopback, for programs of a host that are asked and told things by others on it. */
import http from "node:http";
import { OVERRIDES, type Override } from "./selection.ts";

export interface Reply { readonly code: number; readonly type: string; readonly body: string; readonly headers?: Readonly<Record<string, string>> }

export const plain = (code: number, body: string, headers?: Reply["headers"]): Reply => ({ code, type: "text/plain; charset=utf-8", body: body + "\n", ...(headers ? { headers } : {}) });
export const json = (value: unknown): Reply => ({ code: 200, type: "application/json", body: JSON.stringify(value, null, 2) + "\n", headers: { "Cache-Control": "no-store" } });

/** One request: header names are in lower case, of a header that came twice the first counts. */
export interface Asked { readonly method: string; readonly target: string; readonly body: string; readonly header: (name: string) => string | undefined }

/** Streams that can be set by hand. */
export interface Overridable { names(): readonly string[]; override(stream: string, to: Override): void }

/** Answer to `POST /streams/NAME/override`; null for another address. */
export function overrideReply(source: Overridable, method: string, path: string, body: string): Reply | null {
  const name = /^\/streams\/([^/]+)\/override$/.exec(path)?.[1];
  if (name === undefined) return null;
  if (!source.names().includes(name)) return plain(404, `no stream "${name}" here; there are: ${source.names().join(", ") || "none"}`);
  if (method !== "POST") return plain(405, "POST one of: " + OVERRIDES.join(", "), { Allow: "POST" });
  const wanted = OVERRIDES.find((o) => o === body.trim());
  if (wanted === undefined) return plain(400, `"${body.trim().slice(0, 40)}" is not an override; allowed: ${OVERRIDES.join(", ")}`);
  source.override(name, wanted);
  return plain(200, wanted);
}

/** Characters of a request's body, unless more is asked for. */
const MAX_BODY = 1024;

/** Serves on loopback. Rejects when the port cannot be had. */
export function serve(answer: (asked: Asked) => Reply, port: number, maxBody = MAX_BODY): Promise<http.Server> {
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (c: Buffer) => { body += c.toString("utf8"); if (body.length > maxBody) request.destroy(); });
    request.on("end", () => {
      const reply = answer({ method: request.method ?? "GET", target: request.url ?? "/", body, header: (name) => [request.headers[name] ?? []].flat()[0] });
      response.writeHead(reply.code, { "Content-Type": reply.type, "Content-Length": Buffer.byteLength(reply.body), ...reply.headers });
      response.end(request.method === "HEAD" ? undefined : reply.body);
    });
  });
  server.keepAliveTimeout = 65_000;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => { server.off("error", reject); resolve(server); });
  });
}
