/** A topology file → a {@link LoadedTopology}, or one {@link TopologyError} that holds everything wrong with it. */
import { badNames, explain, type Mistake, nearest, valueAt } from "./issues.ts";
import { noPictures, type PictureReader, picturesBeside } from "./picture.ts";
import { type Problem, quote, type SpecPath, TopologyError } from "./problems.ts";
import { prune } from "./prune.ts";
import { readTopologyText } from "./read-file.ts";
import { type Complaint, resolve } from "./resolve.ts";
import { written } from "./schema.ts";
import type { LoadedTopology, SourcePosition, Topology } from "./topology.ts";
import { migrate } from "./versions.ts";
import { readYaml, type YamlFile } from "./yaml-file.ts";

export { formatProblems, TopologyError, type Problem } from "./problems.ts";

/** Reads and checks a topology file and the pictures it names. @throws TopologyError with every problem found */
export function loadTopology(file: string): LoadedTopology {
  return parseTopology(readTopologyText(file), file, picturesBeside(file));
}

/**
 * Checks the text of a topology file; `file` is only its name in messages. Pictures are read where a reader is given.
 * @throws TopologyError with every problem found
 */
export function parseTopology(text: string, file: string, pictures: PictureReader = noPictures): LoadedTopology {
  const yaml = readYaml(text);
  const collector = new Collector(text, file, yaml);
  for (const { offset, path, message, allowed, suggestion } of yaml.problems) collector.add(offset, path, { message, value: null, allowed, suggestion });
  const topology = check(yaml, collector, pictures);
  if (topology === null || collector.problems.length > 0) throw new TopologyError(file, collector.sorted());
  return {
    file, text, topology,
    position: (path) => collector.position(nearestOffset(yaml, path)),
    isWritten: (path) => yaml.locate(writtenPath(path)) !== null,
  };
}

function check(yaml: YamlFile, collector: Collector, pictures: PictureReader): Topology | null {
  const { data } = yaml;
  if (data === null && collector.problems.length > 0) return null;
  if (data === null || typeof data !== "object" || Array.isArray(data)) {
    collector.add(0, [], data === null
      ? { message: "the file is empty", value: null, allowed: "at least: headend: 1, name, and one stream", suggestion: null }
      : { message: "the file is not a map", value: quote(data), allowed: "`key: value` lines, beginning with headend: 1", suggestion: null });
    return null;
  }
  const version = migrate(data as Record<string, unknown>);
  if (!version.ok) {
    const value = valueAt(data, ["headend"]);
    collector.add(yaml.locate(["headend"]) ?? 0, ["headend"], {
      message: version.message, value: value === undefined || value === null ? null : quote(value), allowed: "1", suggestion: version.suggestion,
    });
    return null;
  }
  // `x-…` at the top holds what anchors share; like in Compose files nothing else reads it.
  const input = Object.fromEntries(Object.entries(version.data).filter(([key]) => !key.startsWith("x-")));
  const parsed = written.safeParse(input);
  const mistakes = badNames(written, input);
  if (parsed.success && mistakes.length === 0) return resolve(parsed.data, (complaint) => collector.complain(complaint, input), pictures);
  if (!parsed.success) mistakes.push(...explain(parsed.error.issues, written, input));
  for (const mistake of mistakes) collector.mistake(mistake, input);
  complainAboutTheRest(input, mistakes.map(({ path }) => path), collector, pictures);
  return null;
}

/** Cross-checks what is left when the wrong places are taken out, so that one run tells of every problem. */
function complainAboutTheRest(input: object, mistaken: readonly SpecPath[], collector: Collector, pictures: PictureReader): void {
  const wrong = [...mistaken];
  let rest = prune(input, wrong);
  // Taking a required key out makes its parent wrong, and so on up.
  for (let attempt = 0; rest !== null && attempt < MAX_PRUNINGS; attempt++) {
    const parsed = written.safeParse(rest);
    if (parsed.success) {
      const touches = (a: SpecPath, b: SpecPath) => a.slice(0, b.length).join("\0") === b.slice(0, a.length).join("\0");
      resolve(parsed.data, (complaint) => {
        const rests = [complaint.path, ...(complaint.uses ?? [])];
        const shaken = wrong.some((bad) => rests.some((path) => touches(path, bad)) || (bad[0] === "regions" && bad.length <= 2 && complaint.usesRegions));
        if (!shaken) collector.complain(complaint, input);
      }, pictures);
      return;
    }
    const more = parsed.error.issues.map((issue) => issue.path as SpecPath);
    wrong.push(...more);
    rest = prune(rest, more);
  }
}

const MAX_PRUNINGS = 5;
type Content = Pick<Problem, "message" | "value" | "allowed" | "suggestion">;

class Collector {
  private readonly found: { readonly offset: number; readonly problem: Problem }[] = [];
  private readonly hiddenLines = new Set<number>();
  private readonly lines: readonly string[];
  constructor(text: string, private readonly file: string, private readonly yaml: YamlFile) {
    this.lines = text.split(/\r?\n/);
  }

  get problems(): readonly Problem[] { return this.found.map(({ problem }) => problem); }
  /** In file order. A line that may hold a key is quoted by none of the problems on it. */
  sorted(): Problem[] {
    return [...this.found].sort((a, b) => a.offset - b.offset)
      .map(({ problem }) => (this.hiddenLines.has(problem.position?.line ?? 0) ? { ...problem, sourceLine: null } : problem));
  }
  position(offset: number): SourcePosition { return { file: this.file, ...this.yaml.linePosition(offset) }; }

  add(offset: number, path: SpecPath, content: Content): void {
    const position = this.position(offset);
    if (mayHoldKey(path)) this.hiddenLines.add(position.line);
    this.found.push({ offset, problem: { position, path, ...content, sourceLine: this.lines[position.line - 1] ?? null } });
  }

  mistake({ path, at, message, allowed, suggestion, hidden }: Mistake, data: unknown): void {
    const offset = at === "missing" ? nearestOffset(this.yaml, path.slice(0, -1), "key") : this.yaml.locate(path, at) ?? nearestOffset(this.yaml, path);
    const value = at === "key" ? path[path.length - 1] : valueAt(data, path);
    if (hidden) this.hiddenLines.add(this.position(offset).line);
    const secret = hidden || (at === "value" && mayHoldKey(path));
    this.add(offset, path, { message, value: secret ? "(not shown: it may be a key)" : shown(value), allowed, suggestion });
  }

  complain({ path, at = "value", message, allowed, suggestion = null, candidates = [], missing = false, ...rest }: Complaint, data: unknown): void {
    const value = "value" in rest ? rest.value : missing ? undefined : valueAt(data, path);
    const near = suggestion ?? (typeof value === "string" ? nearest(value, candidates) : null);
    const offset = missing ? nearestOffset(this.yaml, path.slice(0, -1), "key") : this.yaml.locate(path, at) ?? nearestOffset(this.yaml, path);
    this.add(offset, path, { message, value: shown(value), allowed, suggestion: near });
  }
}

/** Lists and maps are not repeated: the quoted line shows them. */
const shown = (value: unknown): string | null => (value === undefined || (typeof value === "object" && value !== null) ? null : quote(value));

/** Stream keys get pasted next to where they belong; such places are not repeated on screens and in logs. */
const mayHoldKey = (path: SpecPath): boolean => path.includes("restream") || /key|secret|pass|token/i.test(String(path.at(-1))) && path.at(-1) !== "token" && path.at(-1) !== "keyRotation";

/** Names of typed fields → the key they are written under. */
const WRITTEN_AS: Readonly<Record<string, string>> = {
  width: "resolution", height: "resolution", bitrateKbps: "bitrate", keyframeSeconds: "keyframe", segmentSeconds: "segment",
  keepSeconds: "keep", doorsMs: "doors", startMs: "start", endMs: "end", budgetUsd: "budget", ttlSeconds: "ttl", diskGb: "disk",
};
/** Below these, keys are names that people chose. */
const NAMED = new Set(["streams", "publishers", "viewers", "restream", "regions", "multiplexers", "transcoders", "distributors"]);

/** A path of the typed topology as the file writes it; written paths stay as they are. */
export function writtenPath(path: SpecPath): SpecPath {
  return path.map((step, i) => (typeof step === "string" && !NAMED.has(String(path[i - 1])) ? WRITTEN_AS[step] ?? step : step));
}

function nearestOffset(yaml: YamlFile, path: SpecPath, part: "key" | "value" = "value"): number {
  const steps = writtenPath(path);
  for (let length = steps.length; length > 0; length--) {
    const offset = yaml.locate(steps.slice(0, length), length === steps.length ? part : "key");
    if (offset !== null) return offset;
  }
  return 0;
}
