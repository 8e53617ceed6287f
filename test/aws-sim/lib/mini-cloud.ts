/**
 * The few AWS calls that one host makes, in one process on one port: S3 by path, SSM GetParameters, CloudWatch Logs, Auto Scaling's
 * CompleteLifecycleAction, and instance metadata version 2. For tests of the host side alone; the whole cloud is in ../cloud.
 */
import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface StoredObject { readonly body: Buffer; readonly version: string; readonly modified: Date }

/** What a host sent to CloudWatch Logs. */
export interface LogLine { readonly group: string; readonly stream: string; readonly message: string }

export class MiniCloud {
  readonly objects = new Map<string, StoredObject>();
  readonly parameters = new Map<string, string>();
  readonly metadata = new Map<string, string>([
    ["instance-id", "i-0123456789abcdef0"], ["placement/region", "eu-central-1"], ["local-ipv4", "10.0.0.5"], ["public-ipv4", "203.0.113.5"],
    ["iam/security-credentials", "headend-host"],
    ["iam/security-credentials/headend-host", JSON.stringify({
      Code: "Success", Type: "AWS-HMAC", LastUpdated: "2026-01-01T00:00:00Z", AccessKeyId: "ASIATEST", SecretAccessKey: "c2VjcmV0", Token: "session/token==", Expiration: "2099-01-01T00:00:00Z",
    }, null, 2)],
  ]);
  userData: string | null = null;
  readonly logs: LogLine[] = [];
  readonly lifecycle: string[] = [];
  /** Names of calls, newest last. */
  readonly calls: string[] = [];
  /** While set, S3 and SSM answer this status. */
  outage: number | null = null;
  /** Values of security tokens and keys seen in addresses; must stay empty. */
  readonly leaks: string[] = [];
  private readonly tokens = new Set<string>();
  private server: Server | null = null;

  /** @param address to listen on. Resolves to the port. */
  async start(address = "127.0.0.1"): Promise<number> {
    const server = createServer((request, response) => {
      void this.handle(request, response).catch((error: unknown) => { response.writeHead(500); response.end(String(error)); });
    });
    this.server = server;
    await new Promise<void>((resolve) => { server.listen(0, address, resolve); });
    return (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise<void>((resolve) => { if (this.server) this.server.close(() => resolve()); else resolve(); });
  }

  /** Puts an object under "bucket/key". */
  put(path: string, body: Buffer | string): void {
    this.objects.set(path, { body: Buffer.from(body), version: randomUUID(), modified: new Date() });
  }

  json(path: string): unknown {
    const found = this.objects.get(path);
    return found === undefined ? null : JSON.parse(found.body.toString());
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://mini");
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const answer = (status: number, text: string | Buffer = "", headers: Record<string, string> = {}): void => { response.writeHead(status, headers); response.end(text); };
    if (url.pathname.startsWith("/latest/")) return this.metadataAnswer(request, url.pathname, answer);
    if (/ASIATEST.*c2VjcmV0|session/.test(url.search)) this.leaks.push(url.search);
    if (request.headers.authorization === undefined || request.headers["x-amz-security-token"] !== "session/token==") return answer(403, errorXml("AccessDenied", "not signed by the role"));
    if (this.outage !== null) return answer(this.outage, errorXml("ServiceUnavailable", "outage"));
    const target = request.headers["x-amz-target"];
    if (typeof target === "string") return this.json11(target, JSON.parse(body.toString() || "{}") as Record<string, unknown>, answer);
    if (request.headers["content-type"]?.includes("x-www-form-urlencoded")) return this.query(new URLSearchParams(body.toString()), answer);
    this.s3(request, url, body, answer);
  }

  private metadataAnswer(request: IncomingMessage, path: string, answer: (status: number, text?: string) => void): void {
    if (path === "/latest/api/token") {
      const token = randomUUID();
      this.tokens.add(token);
      return request.method === "PUT" ? answer(200, token) : answer(405);
    }
    if (!this.tokens.has(String(request.headers["x-aws-ec2-metadata-token"]))) return answer(401);
    if (path === "/latest/user-data") return this.userData === null ? answer(404) : answer(200, this.userData);
    const found = this.metadata.get(path.replace("/latest/meta-data/", "").replace(/\/$/, ""));
    return found === undefined ? answer(404) : answer(200, found);
  }

  private s3(request: IncomingMessage, url: URL, body: Buffer, answer: (status: number, text?: string | Buffer, headers?: Record<string, string>) => void): void {
    const path = decodeURIComponent(url.pathname.slice(1));
    this.calls.push(`s3 ${request.method} ${path}`);
    if (request.method === "PUT") {
      if (url.searchParams.has("partNumber")) { this.put(`${path}#${url.searchParams.get("partNumber")}`, body); return answer(200, "", { etag: `"${md5(body)}"` }); }
      this.put(path, body);
      return answer(200, "", { etag: `"${md5(body)}"` });
    }
    if (request.method === "POST" && url.searchParams.has("uploads")) return answer(200, `<?xml version="1.0"?><InitiateMultipartUploadResult><UploadId>up</UploadId></InitiateMultipartUploadResult>`);
    if (request.method === "POST" && url.searchParams.has("uploadId")) {
      const numbers = [...body.toString().matchAll(/<PartNumber>(\d+)</g)].map((m) => Number(m[1])).sort((a, b) => a - b);
      this.put(path, Buffer.concat(numbers.map((n) => this.objects.get(`${path}#${n}`)?.body ?? Buffer.alloc(0))));
      return answer(200, `<?xml version="1.0"?><CompleteMultipartUploadResult><ETag>"x-${numbers.length}"</ETag></CompleteMultipartUploadResult>`);
    }
    const found = this.objects.get(path);
    if (found === undefined) return answer(404, request.method === "HEAD" ? "" : errorXml("NoSuchKey", "The specified key does not exist."), { "content-type": "application/xml" });
    answer(200, request.method === "HEAD" ? "" : found.body, {
      etag: `"${md5(found.body)}"`, "x-amz-version-id": found.version, "last-modified": found.modified.toUTCString(), "content-length": String(found.body.length),
    });
  }

  private json11(target: string, input: Record<string, unknown>, answer: (status: number, text?: string, headers?: Record<string, string>) => void): void {
    const name = target.split(".")[1] ?? "";
    this.calls.push(name);
    const json = (value: unknown): void => answer(200, JSON.stringify(value), { "content-type": "application/x-amz-json-1.1" });
    if (name === "GetParameters") {
      const names = input["Names"] as string[];
      return json({ Parameters: names.filter((n) => this.parameters.has(n)).map((n) => ({ Name: n, Type: "SecureString", Value: this.parameters.get(n) })), InvalidParameters: names.filter((n) => !this.parameters.has(n)) });
    }
    if (name === "PutLogEvents") {
      for (const event of input["logEvents"] as { message: string }[]) this.logs.push({ group: String(input["logGroupName"]), stream: String(input["logStreamName"]), message: event.message });
      return json({});
    }
    if (name === "CreateLogStream") return json({});
    answer(400, JSON.stringify({ __type: "UnknownOperationException", message: target }), { "content-type": "application/x-amz-json-1.1" });
  }

  private query(input: URLSearchParams, answer: (status: number, text?: string, headers?: Record<string, string>) => void): void {
    const name = input.get("Action") ?? "";
    this.calls.push(name);
    if (name === "CompleteLifecycleAction") {
      this.lifecycle.push(`${input.get("LifecycleHookName")} ${input.get("InstanceId")}`);
      return answer(200, `<CompleteLifecycleActionResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><CompleteLifecycleActionResult/></CompleteLifecycleActionResponse>`, { "content-type": "text/xml" });
    }
    answer(400, `<ErrorResponse><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>${name}</Message></Error></ErrorResponse>`, { "content-type": "text/xml" });
  }
}

function md5(body: Buffer): string { return createHash("md5").update(body).digest("hex"); }
function errorXml(code: string, message: string): string { return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`; }
