import type { Calibration, CalibrationEntry } from "../../infra/plan/capacity/calibration.ts";
import { THIS_MACHINE } from "../../infra/plan/capacity/calibration.ts";
import { DEFAULT_CPU, streamCpu } from "../../infra/plan/capacity/cpu.ts";
import { sizeFacts } from "../../infra/plan/capacity/sizes.ts";
import { calibrationFile, userCalibration, writeWhole } from "../../infra/user-files/user-files.ts";
import { calibrate } from "../bench/calibrate/calibrate.ts";
import { streamOf } from "../bench/calibrate/cases.ts";
import { Lab } from "../bench/calibrate/lab.ts";
import { ensureToolchain } from "../setup/index.ts";
import { CliError, EXIT, InputError } from "./lib/errors.ts";
import { columns, note, paint, print, printJson } from "./lib/output.ts";
import { ROOT, shown } from "./lib/places.ts";

export interface BenchOptions { readonly calibrate?: boolean; readonly hostType?: string; readonly json?: boolean }

/** `headend bench --calibrate`: measures this machine and keeps it for capacity, lint and `up`. @returns the exit code */
export async function bench(options: BenchOptions): Promise<number> {
  if (!options.calibrate) throw new InputError("`headend bench` measures this machine's processor: say --calibrate.", "headend's own speed is measured by: npm run bench");
  const name = options.hostType ?? THIS_MACHINE;
  if (options.hostType !== undefined && sizeFacts(options.hostType) === null) throw new InputError(`--host-type is "${options.hostType}".`, "Allowed: an EC2 instance type that headend knows, e.g. c7g.2xlarge; without it, this machine.");
  const before = userCalibration();
  const { hostImage } = await ensureToolchain({ root: ROOT });
  if (hostImage === null) throw new CliError("There is no host image to measure with.", "Set it up: npx headend setup");
  note(`Measuring this machine as ${name}: about two and a half minutes, of which little is used twice; close other programs.`);
  const entry = await measured(hostImage);
  const file = calibrationFile();
  const all: Calibration = { headendCalibration: 1, hosts: { ...before?.hosts, [name]: entry } };
  writeWhole(file, `${JSON.stringify(all, null, 2)}\n`);
  if (options.json) printJson({ file, name, ...entry });
  else print(text(name, entry, file));
  return EXIT.ok;
}

async function measured(image: string): Promise<CalibrationEntry> {
  const lab = await Lab.open(image);
  const leave = (): void => { void lab.close().finally(() => process.exit(EXIT.interrupted)); };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, leave);
  try {
    return await calibrate(lab, (line) => note(`  ${line}`), new Date().toISOString().slice(0, 10));
  } catch (error) {
    throw new CliError((error as Error).message, "Nothing was kept.");
  } finally {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, leave);
    await lab.close();
  }
}

/** The figures, and what they make of usual ladders beside the defaults. */
export function text(name: string, entry: CalibrationEntry, file: string): string {
  const model = { from: "", measured: true, ...entry.camera, testPicture: null, presets: entry.presets };
  const easy = { ...model, ...entry.testPicture };
  const usual = DEFAULT_CPU[sizeFacts(name)?.architecture ?? (process.arch === "arm64" ? "arm" : "x86")];
  const ladders: readonly (readonly [string, string])[] = [
    ["1280x720 at 30, source and 360p", "source: { resolution: 1280x720, bitrate: 3 Mbps }, ladder: [source, 360p]"],
    ["1920x1080 at 30, standard ladder", "source: { resolution: 1920x1080, bitrate: 6 Mbps }, ladder: standard"],
  ];
  const cores = (n: number): string => n.toFixed(2);
  return [
    paint.bold(`${name}: ${entry.machine}`),
    columns(["stream", "camera", "test picture", "default"], ladders.map(([what, body]) => {
      const stream = streamOf(body);
      return [what, ...[model, easy, usual].map((m) => `${cores(streamCpu(stream, m).cores)} cores`)];
    })),
    `The formula differs from what it was made of by ${Math.ceil(entry.worstError * 100)} % at most. One core sends ${(entry.tlsMbpsPerCore ?? 0).toLocaleString("en-US")} Mbps over TLS.`,
    `Kept in ${shown(file)}; \`plan\`, \`check\`, \`cost\`, \`up\` and \`doctor\` use it from now on.`,
  ].join("\n\n");
}
