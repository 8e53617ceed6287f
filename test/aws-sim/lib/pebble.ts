/** An ACME authority of one's own: Let's Encrypt's Pebble, with its name server for challenges, from Go modules. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheDir } from "../../../scripts/setup/index.ts";

const VERSION = "v2.10.0";

/** Folder of the programs. @throws Error when Go or the module proxy is not to be had */
export function ensurePebble(): string {
  const folder = join(cacheDir(), `pebble-${VERSION}-${process.arch}`);
  if (existsSync(join(folder, "pebble")) && existsSync(join(folder, "pebble-challtestsrv"))) return folder;
  mkdirSync(folder, { recursive: true });
  for (const program of ["pebble", "pebble-challtestsrv"]) {
    execFileSync("go", ["install", `github.com/letsencrypt/pebble/v2/cmd/${program}@${VERSION}`], { env: { ...process.env, GOBIN: folder, CGO_ENABLED: "0", GOFLAGS: "" }, stdio: "pipe", timeout: 280_000 });
  }
  return folder;
}

export interface Pebble {
  readonly directory: string;
  /** Certificate (PEM) that the directory's own server shows. */
  readonly serverCertificate: string;
  setTxt(name: string, values: readonly string[]): Promise<void>;
  stop(): void;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Starts both programs on loopback. */
export async function startPebble(): Promise<Pebble> {
  const programs = ensurePebble();
  const folder = mkdtempSync(join(tmpdir(), "headend-pebble-"));
  const [acme, management, dns, control] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem"), "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "2"], { stdio: "ignore" });
  writeFileSync(join(folder, "config.json"), JSON.stringify({ pebble: {
    listenAddress: `127.0.0.1:${acme}`, managementListenAddress: `127.0.0.1:${management}`, certificate: join(folder, "cert.pem"), privateKey: join(folder, "key.pem"),
    httpPort: 5002, tlsPort: 5001, ocspResponderURL: "", externalAccountBindingRequired: false, retryAfter: { authz: 1, order: 1 },
  } }));
  const children: ChildProcess[] = [
    spawn(join(programs, "pebble-challtestsrv"), ["-dnsserver", `127.0.0.1:${dns}`, "-management", `127.0.0.1:${control}`, "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", ""], { stdio: "ignore" }),
    spawn(join(programs, "pebble"), ["-config", join(folder, "config.json"), "-dnsserver", `127.0.0.1:${dns}`], { stdio: "ignore", env: { ...process.env, PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0" } }),
  ];
  const post = async (path: string, body: unknown): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${control}${path}`, { method: "POST", body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
  };
  for (let i = 0; ; i++) {
    try { await post("/clear-txt", { host: "x." }); break; } catch (error) { if (i > 50) throw error; await new Promise((r) => { setTimeout(r, 100); }); }
  }
  return {
    directory: `https://127.0.0.1:${acme}/dir`,
    serverCertificate: readFileSync(join(folder, "cert.pem"), "utf8"),
    async setTxt(name, values) {
      await post("/clear-txt", { host: `${name}.` });
      for (const value of values) await post("/set-txt", { host: `${name}.`, value });
    },
    stop() {
      for (const child of children) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
