import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { createInterface, type Interface } from "node:readline/promises";
import { formatProblems, parseTopology, TopologyError } from "../../infra/spec/load.ts";
import { CliError, EXIT, InputError } from "./lib/errors.ts";
import { note } from "./lib/output.ts";
import { ROOT, shown } from "./lib/places.ts";

export interface InitOptions {
  readonly name?: string; readonly stream?: readonly string[]; readonly resolution?: string; readonly fps?: string; readonly bitrate?: string;
  readonly latency?: string; readonly redundant?: boolean; readonly record?: string; readonly yes?: boolean; readonly force?: boolean;
}

/** What a topology is written from. */
export interface Answers {
  readonly name: string; readonly streams: readonly string[]; readonly resolution: string; readonly fps: string; readonly bitrate: string;
  readonly latency: string; readonly redundant: boolean; readonly record: string | null;
}

/** `headend init [FILE]`: asks on a terminal; elsewhere, or with --yes, takes options and defaults. */
export async function init(file: string, options: InitOptions): Promise<void> {
  const target = resolve(file);
  if (existsSync(target) && !options.force) throw new InputError(`${shown(target)} exists.`, "Choose another name, or overwrite it with --force.");
  const answers = options.yes || !process.stdin.isTTY ? fromOptions(options) : await ask(fromOptions(options));
  const schema = relative(dirname(target), resolve(ROOT, "infra/spec/topology.schema.json"));
  const text = topologyText(answers, schema);
  try { parseTopology(text, file); } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    throw new InputError("that is not a valid topology; nothing was written.", formatProblems(error.problems, { color: false, file }));
  }
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
  note(`${shown(target)} written. Next:\n  npx headend plan ${shown(target)}\n  npx headend up --topology ${shown(target)}`);
}

function fromOptions(o: InitOptions): Answers {
  return {
    name: o.name ?? "event", streams: o.stream ?? ["main"], resolution: o.resolution ?? "1280x720", fps: o.fps ?? "30", bitrate: o.bitrate ?? "4 Mbps",
    latency: o.latency ?? "standard", redundant: o.redundant ?? false, record: o.record ?? null,
  };
}

async function ask(defaults: Answers): Promise<Answers> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const interrupted = new Promise<never>((_, fail) => terminal.once("SIGINT", () => {
    terminal.close();
    fail(new CliError("interrupted; nothing was written", null, EXIT.interrupted));
  }));
  try { return await Promise.race([questions(terminal, defaults), interrupted]); } finally { terminal.close(); }
}

async function questions(terminal: Interface, d: Answers): Promise<Answers> {
  const text = async (question: string, fallback: string): Promise<string> => (await terminal.question(`${question} [${fallback}] `)).trim() || fallback;
  const yes = async (question: string, fallback: boolean): Promise<boolean> => /^y/i.test((await terminal.question(`${question} [${fallback ? "Y/n" : "y/N"}] `)).trim() || (fallback ? "y" : "n"));
  const name = await text("Name of the event", d.name);
  const streams = (await text("Streams, with blanks between", d.streams.join(" "))).split(/[\s,]+/).filter(Boolean);
  const resolution = await text("Picture that the publishers send", d.resolution);
  const fps = await text("Pictures a second", d.fps);
  const bitrate = await text("Bitrate that the publishers send", d.bitrate);
  const latency = await text("Latency: standard (9 s, most robust), low (3 s), ultra (under 1 s)", d.latency);
  const redundant = await yes("Two of every role, so that one may fail?", d.redundant);
  const record = await yes("Record?", d.record !== null) ? await text("Keep recordings for", d.record ?? "30 d") : null;
  return { name, streams, resolution, fps, bitrate, latency, redundant, record };
}

/** The file as a person would write it: only what differs from the defaults. */
export function topologyText(a: Answers, schema: string): string {
  const lines = [`# yaml-language-server: $schema=${schema}`, "headend: 1", `name: ${scalar(a.name)}`, "streams:"];
  for (const stream of a.streams) {
    lines.push(`  ${scalar(stream)}:`, `    source: { resolution: ${scalar(a.resolution)}, fps: ${scalar(a.fps)}, bitrate: ${scalar(a.bitrate)} }`);
    lines.push(a.redundant ? "    publishers:\n      main:   { via: [srt, rtmp] }\n      backup: { via: [rtmp], backup: true }" : "    publishers:\n      main: { via: [srt, rtmp] }");
    if (a.latency !== "standard") lines.push(`    latency: ${scalar(a.latency)}`);
    if (a.redundant && a.latency === "standard") lines.push("    redundancy: 2");
    if (a.record !== null) lines.push(`    record: { keep: ${scalar(a.record)} }`);
  }
  if (a.redundant) lines.push("regions:       { home: {} }", "multiplexers:  { home: 2 }", "transcoders:   { home: 2 }", "distributors:  { home: { min: 2 } }");
  return `${lines.join("\n")}\n`;
}

/** Quotes what YAML might read as something else. */
function scalar(text: string): string {
  return /^[A-Za-z][A-Za-z0-9 -]*$|^\d+(\.\d+)?( ?[A-Za-z]+)?$|^\d+x\d+$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text) ? text : JSON.stringify(text);
}
