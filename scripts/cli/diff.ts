import { nowMs as clock } from "../../infra/clock.ts";
import { compare } from "../../infra/plan/impact/compare.ts";
import { figureLines, figures, findingsLine, staleLines } from "../../infra/plan/impact/figures.ts";
import { countdown } from "../../infra/plan/impact/freeze.ts";
import { type Impact, IMPACT_CLASSES, type ImpactClass, isWorse } from "../../infra/plan/impact/impact.ts";
import { locator } from "../../infra/plan/impact/locate.ts";
import type { HostFacts, Side } from "../../infra/plan/impact/side.ts";
import { changeLines } from "../../infra/plan/impact/text.ts";
import { lintFile } from "../../infra/plan/lint/lint-file.ts";
import type { PriceList } from "../../infra/plan/cost/prices.ts";
import type { Finding } from "../../infra/plan/model.ts";
import { Readings } from "../../infra/plan/readings.ts";
import { renderPlan } from "../../infra/render/render.ts";
import { currentPrices, userCalibration } from "../../infra/user-files/user-files.ts";
import { EXIT, InputError } from "./lib/errors.ts";
import { print, printJson, wantsColor } from "./lib/output.ts";
import { loadAndPlan, type Planned } from "./lib/topology.ts";

export interface DiffOptions { readonly json?: boolean; readonly scale: number; readonly target?: string; readonly max?: string; readonly lines?: boolean }

type TargetName = "local" | "aws";

/**
 * `headend diff OLD NEW`: what applying NEW does to people where OLD runs, with capacity, cost and findings.
 * @returns the exit code: 1 when the impact is worse than `--max`
 */
export async function diff(oldFile: string, newFile: string, options: DiffOptions, nowMs = clock()): Promise<number> {
  const max = classOf(options.max);
  const target = targetOf(options.target);
  const before = loadAndPlan(oldFile, options.scale, { lint: false }), after = loadAndPlan(newFile, options.scale, { lint: false });
  const sides = { before: await sideOf(before, target), after: await sideOf(after, target) };
  const impact = compare(sides.before, sides.after);
  const known = { prices: currentPrices(), calibration: userCalibration() };
  const readings = { before: new Readings(before.loaded.topology, before.plan, known), after: new Readings(after.loaded.topology, after.plan, known) };
  const numbers = { before: figures(readings.before), after: figures(readings.after) };
  const found = { before: findings(before, readings.before, nowMs), after: findings(after, readings.after, nowMs) };
  if (options.json) printJson({ ...located(impact, before, after), capacity: pick(numbers, "capacity"), cost: pick(numbers, "cost"), findings: { before: found.before, after: found.after } });
  else print(diffText(impact, { before, after, sides, numbers, found, nowMs, prices: known.prices, lines: options.lines !== false }));
  return max !== null && isWorse(impact.class, max) ? EXIT.failure : EXIT.ok;
}

interface Shown {
  readonly before: Planned; readonly after: Planned;
  readonly sides: { readonly before: Side; readonly after: Side };
  readonly numbers: { readonly before: ReturnType<typeof figures>; readonly after: ReturnType<typeof figures> };
  readonly found: { readonly before: readonly Finding[]; readonly after: readonly Finding[] };
  readonly nowMs: number; readonly prices: PriceList; readonly lines: boolean;
}

function diffText(impact: Impact, { before, after, sides, numbers, found, nowMs, prices, lines }: Shown): string {
  const figure = figureLines(numbers.before, numbers.after);
  const key = (f: Finding): string => `${f.id} ${f.provenance.path.join(".")}`;
  const known = new Set(found.before.map(key));
  const fresh = found.after.filter((f) => !known.has(key(f)));
  return [
    [after.plan.name, countdown(after.loaded.topology.event, nowMs)].filter((part) => part !== null).join("  ·  "),
    ...(impact.changes.length === 0 ? ["  nothing changes"] : changeLines(impact, {
      color: wantsColor(process.stdout), locate: locator(after.loaded, before.loaded), ...(lines ? { bundles: { before: sides.before.bundles, after: sides.after.bundles } } : {}),
    })),
    `  capacity  ${figure.capacity}`,
    `  cost      ${figure.cost}`,
    ...staleLines(nowMs, prices),
    `  checks    ${findingsLine(found.after)}`,
    ...fresh.map((f) => `            new: ${f.severity} ${f.id}: ${f.message}`),
    `  felt by   ${impact.sentence}`,
  ].join("\n");
}

/** The impact with the place of every cause. */
function located(impact: Impact, before: Planned, after: Planned): object {
  const locate = locator(after.loaded, before.loaded);
  return { ...impact, changes: impact.changes.map((c) => ({ ...c, effects: c.effects.map((e) => ({ ...e, at: e.cause === null ? null : locate(e.cause) })) })) };
}

function pick({ before, after }: Shown["numbers"], what: "capacity" | "cost"): object {
  const of = ({ cost, ...held }: ReturnType<typeof figures>): object => (what === "cost" ? cost : held);
  return { before: of(before), after: of(after) };
}

function findings({ loaded, plan }: Planned, readings: Readings, nowMs: number): Finding[] {
  return lintFile(loaded, plan, { readings, nowMs }).kept.map((one) => one.finding);
}

async function sideOf({ loaded, plan }: Planned, target: TargetName): Promise<Side> {
  return { topology: loaded.topology, plan, bundles: renderPlan(plan), ...await madeBy(target, { loaded, plan }) };
}

/** What hosts are made of on a target, as far as the files decide it. */
async function madeBy(target: TargetName, { loaded, plan }: Planned): Promise<Pick<Side, "facts" | "secrets">> {
  if (target === "local") {
    const { localFacts } = await import("../../infra/targets/local/facts.ts");
    const names = JSON.stringify([plan.domain, ...plan.hosts.map((h) => h.address)]);
    return localFacts(plan, { image: "", expose: "127.0.0.1", publicAddress: "127.0.0.1", portOffset: 0, recordings: "", certificate: names });
  }
  const { hostSizes } = await import("../../infra/targets/aws/sizes.ts");
  try {
    const sizes = hostSizes(loaded.topology, plan);
    const facts: HostFacts = Object.fromEntries(plan.hosts.map((host) => [host.name, {
      size: sizes.get(host.name)?.name ?? "", zone: String(host.zone), region: loaded.topology.regions[host.region]?.aws ?? "",
    }]));
    return { facts, secrets: {} };
  } catch (error) {
    throw new InputError(`${loaded.file} does not fit the target aws: ${(error as Error).message}`);
  }
}

function classOf(text: string | undefined): ImpactClass | null {
  if (text === undefined) return null;
  const found = IMPACT_CLASSES.find((c) => c === text);
  if (!found) throw new InputError(`--max is "${text}".`, `Allowed: ${IMPACT_CLASSES.join(", ")}.`);
  return found;
}

function targetOf(text = "local"): TargetName {
  if (text !== "local" && text !== "aws") throw new InputError(`--target is "${text}".`, "Allowed: local, aws.");
  return text;
}
