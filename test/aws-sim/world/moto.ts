/** moto, the emulator of AWS's API: from PyPI into headend's cache, one server a test. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { cacheDir, recipeHash } from "../../../scripts/setup/cache.ts";
import { findPrograms } from "../../../scripts/setup/machine.ts";
import { run } from "../../../scripts/setup/process.ts";

/** Pinned; parliament judges IAM policies. */
const PACKAGES = ["moto[server]==5.2.5", "parliament==1.6.4", "setuptools<81"] as const;
const INSTALL_MS = 300_000, START_MS = 60_000;

/** Folder of the Python environment, installed at the first call. @throws Error that says what is missing */
export async function pythonEnvironment(): Promise<string> {
  const dir = join(cacheDir(), `aws-tools-${recipeHash(...PACKAGES)}`);
  if (existsSync(join(dir, "done"))) return dir;
  const [python] = findPrograms("python3", process.env["PATH"] ?? "");
  if (python === undefined) throw new Error("python3 is not installed; the AWS simulation runs moto in it. Install it: apt-get install python3 python3-venv");
  const venv = await run([python, "-c", "import ensurepip"]);
  if (venv.code !== 0) {
    const got = process.getuid?.() === 0 ? await run(["apt-get", "install", "-y", "--no-install-recommends", "python3-venv"], { env: { DEBIAN_FRONTEND: "noninteractive" }, timeoutMs: INSTALL_MS }) : null;
    if (got?.code !== 0) throw new Error("Python's venv is not installed; the AWS simulation runs moto in one. Install it: apt-get install python3-venv");
  }
  const work = `${dir}.${process.pid}`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(dir, ".."), { recursive: true });
  const must = async (argv: readonly string[]): Promise<void> => {
    const r = await run(argv, { timeoutMs: INSTALL_MS });
    if (r.code !== 0) throw new Error(`${argv.slice(0, 4).join(" ")} failed: ${(r.stderr || r.stdout).trim().split("\n").slice(-4).join("\n")}`);
  };
  await must([python, "-m", "venv", "--copies", work]);
  await must([join(work, "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PACKAGES]);
  await must(["sh", "-c", `touch ${work}/done`]);
  rmSync(dir, { recursive: true, force: true });
  renameSync(work, dir);
  return dir;
}

/** The server as a module (scripts in bin name the folder where the environment was made), ended by the kernel when this process ends, however. */
const RUN = "import ctypes, runpy, sys; ctypes.CDLL(None).prctl(1, 9); sys.argv[0] = 'moto_server'; runpy.run_module('moto.server', run_name='__main__')";

export interface Moto { readonly port: number; /** The last lines it printed: where an error that it answered with nothing came from. */ said(): string; stop(): void }

/** Starts a server that this machine and its containers reach. */
export async function startMoto(host: string): Promise<Moto> {
  const dir = await pythonEnvironment(), port = await freePort();
  const child: ChildProcess = spawn(join(dir, "bin/python"), ["-c", RUN, "-H", host, "-p", String(port)], { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, MOTO_ACCOUNT_ID: ACCOUNT, MOTO_IAM_LOAD_MANAGED_POLICIES: "false" } });
  let said = "", ended = false;
  child.stderr?.on("data", (b: Buffer) => { said = (said + b.toString()).slice(-4000); });
  child.on("close", () => { ended = true; });
  const stop = (): void => { child.kill("SIGKILL"); };
  process.once("exit", stop);
  const at = host === "0.0.0.0" ? "127.0.0.1" : host;
  for (const end = Date.now() + START_MS; ;) {
    try { if ((await fetch(`http://${at}:${port}/moto-api/data.json`)).ok) return { port, stop, said: () => said }; } catch { /* not yet */ }
    if (ended || Date.now() > end) { stop(); throw new Error(`moto did not start: ${said.trim().split("\n").slice(-5).join("\n")}`); }
    await new Promise((r) => setTimeout(r, 150));
  }
}

/** The simulated account. */
export const ACCOUNT = "123456789012";

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on("error", fail);
    server.listen(0, "127.0.0.1", () => { const address = server.address(); server.close(() => done(typeof address === "object" && address ? address.port : 0)); });
  });
}
