/** Headless Chromium: own profile, own home (with the local CA trusted for real when certutil is there). */
import { spawnSync } from "node:child_process";
import { X509Certificate, createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BrowserContext, chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--disable-default-apps", "--mute-audio", "--autoplay-policy=no-user-gesture-required", "--disable-features=WebRtcHideLocalIpsWithMdns,AsyncDns",
  "--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--disable-dev-shm-usage",
];

export interface ChromiumOptions {
  readonly flags?: readonly string[];
  /** PEM of the local CA, or of several. */
  readonly ca?: string | undefined;
  /** Host name → address, without touching the machine's resolver. */
  readonly hosts?: Readonly<Record<string, string>> | undefined;
  /** Allow HTTP/3. */
  readonly quic?: boolean;
  /**
   * The page uses WebRTC. Without, Chromium is kept from seeing the machine's interfaces come and go (steady-network.pl):
   * it would drop every connection whenever a container starts. WebRTC needs to see them, and survives their changes.
   */
  readonly webrtc?: boolean;
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  readonly touch?: boolean;
}

export interface TestChromium { readonly context: BrowserContext; close(): Promise<void>; kill(): void; /** Stops all its processes where they stand. */ freeze(): void; readonly trust: "nss" | "pinned" | "none" }

/** The browser, or null where there is none. */
export const chromiumPath = (): string | null => [process.env["HEADEND_CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) => p && existsSync(p)) ?? null;

/** SHA-256 of a certificate's public key, in the form Chromium's pinning flag takes. */
export const spkiPin = (pem: string): string => createHash("sha256").update(new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" })).digest("base64");

const certificatesIn = (pem: string): string[] => pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];

/** Puts the CAs into a fresh NSS database under `home`; false when certutil is missing or fails. */
function trustInHome(home: string, pem: string): boolean {
  const files = certificatesIn(pem).map((one, i) => { const file = join(home, `ca-${i}.pem`); writeFileSync(file, one); return file; });
  // Newer Chromium looks below XDG_DATA_HOME, older below ~/.pki.
  return [join(home, ".pki/nssdb"), join(home, ".local/share/pki/nssdb")].every((dir) => {
    mkdirSync(dir, { recursive: true });
    const go = (args: string[]): boolean => spawnSync("certutil", ["-d", `sql:${dir}`, ...args], { stdio: "ignore" }).status === 0;
    return go(["-N", "--empty-password"]) && files.every((file) => go(["-A", "-t", "C,,", "-n", `headend test ${file}`, "-i", file]));
  });
}

const STEADY = fileURLToPath(new URL("steady-network.pl", import.meta.url));

/** A program in `home` that starts `browser` behind steady-network.pl. */
function steady(home: string, browser: string): string {
  const file = join(home, "chromium");
  writeFileSync(file, `#!/bin/sh\nexec perl '${STEADY}' '${browser}' "$@"\n`, { mode: 0o755 });
  return file;
}

/** Signals the processes whose command line names `folder` (a fresh folder of ours). */
function signalByArgument(folder: string, signal: NodeJS.Signals): void {
  for (const pid of readdirSync("/proc").filter((p) => /^\d+$/.test(p))) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder)) process.kill(Number(pid), signal);
    } catch { /* ended meanwhile */ }
  }
}

/**
 * Starts Chromium with an empty profile. The CA is trusted through an NSS database; where certutil is missing, only
 * chains that contain this CA's key are let through (they are not otherwise checked: `trust` says "pinned").
 */
export async function launchChromium(o: ChromiumOptions = {}): Promise<TestChromium> {
  const executablePath = chromiumPath();
  if (!executablePath) throw new Error("Chromium is not installed: apt-get install chromium, or set HEADEND_CHROMIUM to its path.");
  const home = mkdtempSync(join(tmpdir(), "headend-chromium-"));
  let trust: TestChromium["trust"] = "none";
  const args = [...FLAGS, ...(o.quic ? [] : ["--disable-quic"]), ...(o.flags ?? [])];
  if (o.ca) {
    trust = trustInHome(home, o.ca) ? "nss" : "pinned";
    // QUIC refuses a private CA whatever the store says, unless its key is named here.
    if (trust === "pinned" || o.quic) args.push(`--ignore-certificate-errors-spki-list=${certificatesIn(o.ca).map(spkiPin).join(",")}`);
  }
  const rules = Object.entries(o.hosts ?? {}).map(([host, address]) => `MAP ${host} ${address}`);
  if (rules.length) args.push(`--host-resolver-rules=${rules.join(",")}`);
  const remove = (): void => rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  try {
    const context = await chromium.launchPersistentContext(join(home, "profile"), {
      executablePath: o.webrtc ? executablePath : steady(home, executablePath), headless: true, args, env: { ...process.env as Record<string, string>, HOME: home, XDG_DATA_HOME: join(home, ".local/share") },
      viewport: { width: o.width ?? 1280, height: o.height ?? 800 }, colorScheme: o.dark ? "dark" : "light",
      ...(o.touch ? { hasTouch: true, isMobile: true, deviceScaleFactor: 2 } : {}), timeout: 30_000,
      // Playwright would end this whole process at a signal; callers clean up first. At exit it ends the browser all the same.
      handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false,
      ignoreDefaultArgs: ["--disable-field-trial-config"],
    });
    return {
      context, trust,
      close: async () => { await context.close().catch(() => undefined); remove(); },
      kill: () => signalByArgument(home, "SIGKILL"),
      freeze: () => signalByArgument(home, "SIGSTOP"),
    };
  } catch (e) {
    remove();
    throw e;
  }
}
