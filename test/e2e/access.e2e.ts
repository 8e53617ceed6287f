/** Who may do what: publishers by address and key, pages by origin, clients by TLS version; with the user's own certificate. */
import { connect as connectHttp2 } from "node:http2";
import { writeFileSync } from "node:fs";
import { request } from "node:https";
import type { IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeCa, type KeyPairPem, type TestCa } from "./lib/ca.ts";
import { containerExec, docker, runArgs, testName } from "../../scripts/live/docker.ts";
import type { HttpAnswer } from "../../scripts/live/http.ts";
import { ffmpegPublishArgs, publish } from "../../scripts/live/publish.ts";
import { openPorts, scan } from "./lib/scan.ts";
import { type Outputs, TestStack } from "./lib/stack.ts";
import { onAir } from "./lib/status.ts";
import { sleep, waitFor } from "../../scripts/live/wait.ts";

const DOMAIN = "live.example.org";
const head = "source: { resolution: 320x180, fps: 15, bitrate: 200 kbps }, ladder: [source], encoder: { kind: x264, preset: ultrafast }";
/** `open` may be published by anyone by RTMP, `listed` only from its addresses; so RTMP is open in the firewall and SRT, RTMPS and WHIP are not. */
const topology = (rotation = 1): string => `domain: ${DOMAIN}
streams:
  open: { ${head}, publishers: { guest: { via: [rtmp], keyRotation: ${rotation} } } }
  listed: { ${head}, publishers: { studio: { via: [rtmp, srt, rtmps, whip], from: [203.0.113.0/24], keyRotation: ${rotation} } }, access: { origins: ["https://example.org", "https://*.example.com"] } }
  quick: { ${head}, latency: low, publishers: { guest: { via: [rtmp] } }, access: { origins: ["https://example.org"] } }
`;
const stack = new TestStack({ name: "e2e-access", topology: topology(), config: {} });
const NETWORK = "headend-e2e-access-ingest", MUX = "mux-home-a.e2e-access.internal", STRANGER = testName("stranger");
let outputs: Outputs, ca: TestCa, own: KeyPairPem, port: number;

beforeAll(async () => {
  ca = await makeCa();
  own = await ca.issue([DOMAIN, "localhost", "127.0.0.1"]);
  const files = { certificateFile: join(stack.dir, "own.crt"), certificateKeyFile: join(stack.dir, "own.key") };
  writeFileSync(files.certificateFile, `${own.cert}\n${ca.pem}\n`);
  writeFileSync(files.certificateKeyFile, own.key);
  Object.assign(stack.options.config as object, files);
  await stack.init();
  await stack.up();
  outputs = await stack.outputs();
  port = Number(new URL(outputs.viewer).port);
  await docker(runArgs(STRANGER, { network: NETWORK }, ["-d", "--init", "--entrypoint", "sleep"]).concat(["900"]));
  await waitFor(async () => (await get("/live/listed/index.m3u8")).status === 200, { what: "a playlist", timeoutMs: 40_000 });
  await waitFor(async () => (await get("/live/quick/index.m3u8?cookieCheck=1")).status === 200, { what: "a low-latency playlist", timeoutMs: 20_000 });
}, 300_000);
afterAll(async () => {
  await docker(["rm", "-f", STRANGER]).catch(() => undefined);
  await stack.destroy();
}, 120_000);

const get = (path: string, o: { headers?: Record<string, string>; method?: string; host?: string } = {}): Promise<HttpAnswer> =>
  raw(path, { ...(o.method ? { method: o.method } : {}), ...(o.headers ? { headers: o.headers } : {}), host: o.host ?? "localhost" });

/** A request whose path is sent as it is written: `new URL` would tidy up what an attacker would not. MediaMTX redirects who lacks its cookie and query. */
function raw(path: string, o: { headers?: Record<string, string>; method?: string; host: string }): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const req = request({ host: "127.0.0.1", servername: o.host, port, path, method: o.method ?? "GET", headers: { host: `${o.host}:${port}`, cookie: "cookieCheck=1", ...o.headers }, ca: ca.pem, agent: false, timeout: 10_000 }, (res) => {
      const parts: Buffer[] = [];
      res.on("data", (b: Buffer) => parts.push(b));
      res.on("end", () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(parts), url: path }));
      res.on("error", reject);
    });
    req.on("timeout", () => req.destroy(new Error(`no answer for ${path}`)));
    req.on("error", reject);
    req.end();
  });
}

/** Publishes from the stranger's container for a moment: FFmpeg's exit code and words. */
async function strangerPublishes(stream: string, publisher: string, via: "rtmp" | "srt", rotation = 1): Promise<{ code: number; text: string }> {
  const user = `${stream}.${publisher}`, key = stack.key(stream, publisher, rotation), path = `${stream}/${publisher}`;
  const url = via === "rtmp" ? `rtmp://${MUX}:1935/${path}?user=${user}&pass=${key}` : `srt://${MUX}:8890?streamid=publish:${path}:${user}:${key}&passphrase=${stack.passphrase(stream, publisher, rotation)}&pkt_size=1316`;
  const r = await containerExec(STRANGER, ["timeout", "15", "ffmpeg", ...ffmpegPublishArgs({ via, url, width: 320, height: 180, fps: 15, seconds: 4 })], { timeoutMs: 30_000 });
  return { code: r.code, text: r.stderr };
}
const muxLog = (): Promise<string> => docker(["logs", stack.container("mux-home-a")]);

describe("publishers by address", () => {
  test("the firewall shows a stranger only what anyone may use", async () => {
    expect(openPorts(await scan(STRANGER, MUX, [1935, 1936, 8889], 800))).toEqual([1935]);
    const { code } = await strangerPublishes("listed", "studio", "srt");
    expect(code).not.toBe(0);
  });

  test("MediaMTX refuses the right key from the wrong address, and takes the one that may come from anywhere", async () => {
    const refused = await strangerPublishes("listed", "studio", "rtmp");
    expect(refused.code).not.toBe(0);
    expect(await muxLog()).toMatch(/authentication/i);
    expect((await strangerPublishes("open", "guest", "rtmp")).code).toBe(0);
  });

  test.each(["rtmp", "srt", "rtmps", "whip"] as const)("the operator's machine may publish by %s", async (via) => {
    const publisher = await publish({ via, url: await stack.ingestUrl("listed", "studio", via), token: `listed.studio:${stack.key("listed", "studio")}`, ca: ca.pem, width: 320, height: 180, fps: 15 });
    try { await onAir(stack, "listed", "studio"); } catch (error) { throw new Error(`${String(error)}\n${publisher.log()}`); } finally { await publisher.stop(); }
    await onAir(stack, "listed", null);
  });
});

describe("pages by origin", () => {
  const acao = (a: HttpAnswer): string | undefined => a.headers["access-control-allow-origin"];
  const LISTED = ["https://example.org", "https://a.example.com", "https://a.b-c.example.com"];
  const OTHERS = ["https://evil-example.org", "https://example.org.evil.com", "http://example.org", "https://example.org:444", "https://example.com", "https://xexample.com",
    "https://evil.com/.example.com", "https://a.example.com.evil.com", "https://a.examplexcom", "null", "https://example.org https://evil.com", "https://evil.com#.example.com", "https://.example.com", "listed|https://example.org"];

  test.each(LISTED)("%s may read", async (origin) => {
    for (const path of ["/live/listed/index.m3u8", "/live/listed/nothing.m3u8", "/live/listed/1/0.m4s"]) {
      const a = await get(path, { headers: { origin } });
      expect(acao(a), path).toBe(origin);
      expect(a.headers.vary).toMatch(/\bOrigin\b/);
    }
  });
  test.each(OTHERS)("%s may not", async (origin) => {
    const a = await get("/live/listed/index.m3u8", { headers: { origin } });
    expect(a.status).toBe(200);
    expect(acao(a)).toBeUndefined();
    expect(a.headers.vary).toMatch(/\bOrigin\b/);
    const preflight = await get("/live/listed/index.m3u8", { method: "OPTIONS", headers: { origin, "access-control-request-method": "GET" } });
    expect(acao(preflight)).toBeUndefined();
  });
  test("without an Origin nothing is allowed on a listed stream, everything on an open one", async () => {
    expect(acao(await get("/live/listed/index.m3u8"))).toBeUndefined();
    const open = await get("/live/open/index.m3u8", { headers: { origin: "https://anywhere.example" } });
    expect(acao(open)).toBe("*");
    expect(open.headers.vary ?? "").not.toMatch(/Origin/);
  });
  test.each(["listed", "quick"])("preflight for %s answers by itself", async (stream) => {
    const a = await get(`/live/${stream}/index.m3u8`, { method: "OPTIONS", headers: { origin: "https://example.org", "access-control-request-method": "GET", "access-control-request-headers": "range" } });
    expect(a.status).toBe(204);
    expect(acao(a)).toBe("https://example.org");
    expect(a.headers["access-control-allow-methods"]).toMatch(/GET.*HEAD/);
    expect(a.headers["access-control-allow-headers"]).toMatch(/Range/);
  });
  test("MediaMTX behind nginx adds no second header", async () => {
    for (const stream of ["listed", "quick", "open"]) {
      const { headers } = await get(`/live/${stream}/index.m3u8?cookieCheck=1`, { headers: { origin: "https://example.org" } });
      expect(acao({ headers } as HttpAnswer)).toBe(stream === "open" ? "*" : "https://example.org");
      expect(headers["access-control-allow-credentials"]).toBeUndefined();
    }
  });

  /** Spellings of a listed stream's address that name another stream, or none, until they are decoded. */
  const spellings = (stream: string): string[] => [`//live/${stream}/`, `/live//${stream}/`, `/%6cive/${stream}/`, `/live/%${stream.charCodeAt(0).toString(16)}${stream.slice(1)}/`, `/live/open/../${stream}/`,
    `/live/open/..%2f${stream}/`, `/live/open/%2e%2e/${stream}/`, `/live/open/%2e%2e%2f${stream}/`, `/./live/${stream}/`, `/live/open/x.m3u8/../../${stream}/`, `/live/open%2f..%2f${stream}/`, `/live/open/..%252f${stream}/`, `/live/open;/../${stream}/`, `/live\\${stream}/`];
  test.each(["listed", "quick"])("no other spelling of %s's address has another policy", async (stream) => {
    let served = 0;
    for (const spelling of spellings(stream)) {
      for (const path of [`${spelling}index.m3u8?cookieCheck=1`, `https://localhost:${port}${spelling}index.m3u8?cookieCheck=1`]) {
        const a = await get(path, { headers: { origin: "https://evil.example" } });
        if (a.status !== 200 || !a.body.toString().startsWith("#EXTM3U")) continue;
        served++;
        expect([path, acao(a)]).toEqual([path, undefined]);
        expect(a.headers.vary, path).toMatch(/Origin/);
      }
    }
    // nginx tidies up most of them: a test that met only refusals would prove nothing.
    expect(served).toBeGreaterThan(stream === "listed" ? 6 : 0);
  });
});

describe("the user's own certificate", () => {
  const fingerprint = (): string => new X509Certificate(own.cert).fingerprint256;
  test("is what viewers and publishers see", async () => {
    expect(outputs.ca).toBeNull();
    const { publish } = outputs;
    const at = (protocol: string): number => publish.find((p) => p.stream === "listed" && p.protocol === protocol)?.port ?? 0;
    for (const p of [port, at("rtmps"), at("whip")]) {
      const socket = await handshake(p, {});
      expect(socket.authorized, `port ${p}`).toBe(true);
      expect(socket.getPeerX509Certificate()?.fingerprint256).toBe(fingerprint());
      socket.destroy();
    }
  });

  test("TLS before 1.2 is refused by the server; 1.2 and 1.3 are spoken, with forward secrecy", async () => {
    const whip = outputs.publish.find((p) => p.stream === "listed" && p.protocol === "whip")?.port ?? 0, rtmps = outputs.publish.find((p) => p.stream === "listed" && p.protocol === "rtmps")?.port ?? 0;
    for (const p of [port, whip, rtmps]) {
      for (const version of ["TLSv1", "TLSv1.1"] as const) {
        await expect(handshake(p, { minVersion: version, maxVersion: version, ciphers: "ALL:@SECLEVEL=0" }), `${version} at ${p}`).rejects.toThrow(/alert protocol version/);
      }
      for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
        const socket = await handshake(p, { minVersion: version, maxVersion: version });
        expect(socket.getProtocol()).toBe(version);
        socket.destroy();
      }
    }
    await expect(handshake(port, { maxVersion: "TLSv1.2", ciphers: "AES128-SHA:AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0" })).rejects.toThrow(/handshake failure/);
  });

  function handshake(p: number, o: ConnectionOptions): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port: p, servername: "localhost", ca: ca.pem, timeout: 8000, ...o }, () => resolve(socket));
      socket.on("error", reject);
      socket.on("timeout", () => socket.destroy(new Error("no answer")));
    });
  }
});

describe("every answer", () => {
  const KINDS: readonly (readonly [what: string, path: string, status: number, method: string])[] = [
    ["page", "/", 200, "GET"], ["player page", "/watch/open", 200, "GET"], ["script", "/player/player.js", 200, "GET"], ["stream list", "/streams.json", 200, "GET"], ["playlist", "/live/open/index.m3u8", 200, "GET"],
    ["low-latency playlist", "/live/quick/index.m3u8?cookieCheck=1", 200, "GET"], ["unknown page", "/nothing", 404, "GET"], ["unknown stream", "/live/nothing/index.m3u8", 404, "GET"], ["unknown script", "/player/nothing.js", 404, "GET"],
    ["playlist that is not there yet", "/live/open/nothing.m3u8", 503, "GET"], ["segment that is gone", "/live/open/1/1.m4s", 404, "GET"], ["preflight", "/live/open/index.m3u8", 204, "OPTIONS"], ["refused method", "/streams.json", 405, "POST"],
  ];
  const check = (what: string, headers: IncomingHttpHeaders, hsts: boolean): void => {
    expect(headers["x-content-type-options"], what).toBe("nosniff");
    expect(headers["referrer-policy"], what).toBe("no-referrer");
    expect(headers["alt-svc"], what).toContain("h3=");
    expect(headers["strict-transport-security"], what).toBe(hsts ? "max-age=63072000" : undefined);
    if (String(headers["content-type"]).startsWith("text/html")) expect(headers["content-security-policy"], what).toContain("default-src 'none'");
    expect(headers.server ?? "", what).not.toMatch(/\d/);
  };
  test.each(KINDS)("%s (%s) carries the security headers; HSTS only under a domain", async (what, path, status, method) => {
    for (const [host, hsts] of [["localhost", false], [DOMAIN, true]] as const) {
      const a = await get(path, { host, headers: { origin: "https://x.example" }, method });
      expect(a.status, JSON.stringify(a.headers) + a.body.toString().slice(0, 200)).toBe(status);
      check(what, a.headers, hsts);
    }
    expect((await get(path, { host: "127.0.0.1", method })).headers["strict-transport-security"]).toBeUndefined();
  });
  test("a segment too", async () => {
    const segment = await segmentOf("open");
    const a = await get(segment, { host: DOMAIN });
    expect(a.status).toBe(200);
    check("segment", a.headers, true);
  });
  test("HTTP/2 is spoken", async () => {
    const session = connectHttp2(`https://localhost:${port}`, { ca: ca.pem, lookup: (_n, o, done) => { if (o.all) (done as unknown as (e: null, a: object[]) => void)(null, [{ address: "127.0.0.1", family: 4 }]); else done(null, "127.0.0.1", 4); } });
    try {
      const headers = await new Promise<IncomingHttpHeaders & { ":status"?: number }>((resolve, reject) => {
        session.on("error", reject);
        session.request({ ":path": "/live/open/index.m3u8" }).on("response", resolve).on("error", reject).end();
      });
      expect(session.alpnProtocol).toBe("h2");
      expect(headers[":status"]).toBe(200);
      expect(headers["alt-svc"]).toContain(`h3=":${port}"`);
      check("over HTTP/2", headers, false);
    } finally { session.destroy(); }
  });

  async function segmentOf(stream: string): Promise<string> {
    const last = (text: string): string => text.split("\n").filter((l) => l && !l.startsWith("#")).at(-1) ?? "";
    const variant = new URL(last((await get(`/live/${stream}/index.m3u8`)).body.toString()), `https://localhost/live/${stream}/`);
    return new URL(last((await get(variant.pathname)).body.toString()), variant).pathname;
  }
});

test("a rotated key: the old one is refused, the new one taken, by RTMP and by SRT with its passphrase", async () => {
  stack.write(topology(2));
  await stack.up();
  for (const [stream, publisher, via] of [["open", "guest", "rtmp"], ["listed", "studio", "srt"]] as const) {
    const old = await publish({ via, url: await stack.ingestUrl(stream, publisher, via), width: 320, height: 180, fps: 15, seconds: 15 });
    const code = await Promise.race([old.exited, sleep(12_000).then(() => null)]);
    await old.kill();
    expect(code, `the old key was let in by ${via}`).not.toBeNull();
    expect(code).not.toBe(0);
  }
  const now = await stack.ingestUrl("listed", "studio", "srt", { rotation: 2 });
  const mixed = await publish({ via: "srt", url: now.replace(stack.passphrase("listed", "studio", 2), stack.passphrase("listed", "studio", 1)), width: 320, height: 180, fps: 15, seconds: 15 });
  const code = await Promise.race([mixed.exited, sleep(12_000).then(() => null)]);
  await mixed.kill();
  expect(code, "the old passphrase was let in").not.toBeNull();
  expect(code).not.toBe(0);
  for (const [stream, publisher, via] of [["open", "guest", "rtmp"], ["listed", "studio", "srt"]] as const) {
    const fresh = await publish({ via, url: await stack.ingestUrl(stream, publisher, via, { rotation: 2 }), width: 320, height: 180, fps: 15 });
    try { await onAir(stack, stream, publisher); } finally { await fresh.stop(); }
  }
});
