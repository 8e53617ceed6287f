// First thing that runs in a clean clone: plain Node, no dependencies. It brings the npm packages, then hands over to TypeScript.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NEEDED = [20, 20];

/** A sentence when this Node is too old, else null. */
export function nodeProblem(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return null;
  return `headend needs Node ${NEEDED.join(".")} or newer; this is ${version}. Install a newer Node, then run the same command again.`;
}

/** True when every package that the lock file asks for is in node_modules with that version; `installed` is npm's own record of what it put there. */
export function samePackages(lock, installed) {
  return Object.entries(lock.packages).every(([path, wanted]) =>
    path === "" || wanted.optional === true || wanted.peer === true || installed.packages[path]?.version === wanted.version);
}

/** True when node_modules is what package-lock.json asks for. The stamp makes the answer quick the next time. */
export function dependenciesReady(root) {
  const modules = join(root, "node_modules");
  const lockText = readFileSync(join(root, "package-lock.json"), "utf8");
  const stamp = createHash("sha256").update(lockText).digest("hex");
  const stampFile = join(modules, ".headend-stamp");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return { ready: true, stamp, stampFile };
  const record = join(modules, ".package-lock.json");   // npm writes it last, so a broken-off install has none
  let ready = false;
  if (existsSync(record)) {
    try { ready = samePackages(JSON.parse(lockText), JSON.parse(readFileSync(record, "utf8"))); } catch { /* unreadable record: install again */ }
  }
  if (ready) writeFileSync(stampFile, stamp);
  return { ready, stamp, stampFile };
}

function run(command, args, options) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, options);
    const forward = (signal) => { child.kill(signal); };
    // A terminal sends Ctrl-C to the child as well; staying alive lets the child clean up first.
    const ignore = () => {};
    process.on("SIGINT", ignore);
    process.on("SIGTERM", forward);
    process.on("SIGHUP", forward);
    child.on("error", fail);
    child.on("close", (code, signal) => {
      for (const [name, handler] of [["SIGINT", ignore], ["SIGTERM", forward], ["SIGHUP", forward]]) process.off(name, handler);
      done({ code: code ?? 1, signal });
    });
  });
}

async function installDependencies(root, stampFile, stamp) {
  const began = Date.now();
  process.stderr.write("npm packages: installing the versions in package-lock.json\n");
  rmSync(stampFile, { force: true });
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { code } = await run("npm", args, { cwd: root, stdio: ["ignore", 2, 2] }).catch((error) => {
    throw new Error(`npm could not be started (${error.code ?? error.message}). It comes with Node: install Node with npm, then run the same command again.`);
  });
  if (code !== 0) {
    throw new Error("The npm packages could not be installed; npm says why above.\n"
      + "Without a network, connect one; behind a proxy, set it for npm (npm config set proxy). What was fetched is kept in npm's cache: run the same command again.");
  }
  writeFileSync(stampFile, stamp);
  process.stderr.write(`npm packages: ready (${((Date.now() - began) / 1000).toFixed(1)} s)\n`);
}

/** Programs to run one after the other, as arguments for Node. */
export function programs(args) {
  const [command, ...rest] = args;
  // Said by headend.mjs: whatever follows is a command of headend, also where npm has a script of that name.
  if (command === "headend") return [["scripts/headend.ts", ...rest]];
  if (command === "bench") return [["scripts/bench.ts", ...rest]];
  if (command === "test") return [["scripts/test.ts", ...rest]];
  return [["scripts/headend.ts", ...args]];
}

async function main(args) {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
  const problem = nodeProblem(process.version);
  if (problem) throw new Error(problem);
  const { ready, stamp, stampFile } = dependenciesReady(root);
  if (!ready) await installDependencies(root, stampFile, stamp);
  const loader = pathToFileURL(join(root, "node_modules/tsx/dist/loader.mjs")).href;
  for (const [program, ...rest] of programs(args)) {
    const { code, signal } = await run(process.execPath, ["--import", loader, join(root, program), ...rest], { stdio: "inherit" });
    if (signal) { process.kill(process.pid, signal); return 1; }
    if (code !== 0) return code;
  }
  return 0;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).then((code) => { process.exitCode = code; }, (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
