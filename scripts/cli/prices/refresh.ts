import type { PriceList, Tier } from "../../../infra/plan/cost/prices.ts";
import { priceListSchema } from "../../../infra/plan/cost/price-schema.ts";
import { InputError } from "../lib/errors.ts";
import type { OfferFile } from "./offers.ts";
import { wantedPrices, type Row, type Wanted } from "./wanted.ts";

/** A price that moved further than this, up or down, is more likely misread than true. */
const MOST_CHANGE = 4;

export interface Change { readonly price: string; readonly from: string; readonly to: string; readonly factor: number }
export interface Refreshed {
  readonly prices: PriceList;
  readonly changes: readonly Change[];
  readonly same: number;
  /** Prices that AWS's list did not hold, or more than once; they stay as they were, with their own date. */
  readonly kept: readonly { readonly price: string; readonly why: string }[];
}

/**
 * A price list with the prices that AWS's files hold. Pure. Every price is checked: its currency and unit, bounds, and that it has
 * not moved more than fourfold. @throws InputError that names every price which fails; then nothing is to be kept
 */
export function refreshed(old: PriceList, files: readonly OfferFile[]): Refreshed {
  const next = structuredClone(old) as unknown as Record<string, unknown>;
  const byOffer = new Map(files.map((file) => [file.offer, file]));
  const changes: Change[] = [], kept: { price: string; why: string }[] = [], wrong: string[] = [];
  const found = new Map<string, Set<OfferFile>>();
  const incomplete = new Set<string>();
  let same = 0;
  for (const wanted of wantedPrices(old)) {
    const file = byOffer.get(wanted.offer);
    const name = wanted.path.join(".");
    const read = file === undefined ? `no file ${wanted.offer}` : valueOf(wanted, file);
    if (typeof read === "string") {
      kept.push({ price: name, why: read });
      incomplete.add(wanted.path[0]);
      continue;
    }
    const before = at(old, wanted.path) as number | Tier[];
    const factor = first(read.value) / first(before);
    if (read.wrong !== null) wrong.push(`${name}: ${read.wrong}`);
    else if (!(factor <= MOST_CHANGE && factor >= 1 / MOST_CHANGE)) wrong.push(`${name}: ${shown(before)} → ${shown(read.value)}, which is ${factor > 1 ? `${factor.toFixed(1)} times as much` : `a ${(1 / factor).toFixed(1)}th`}`);
    else if (shown(before) === shown(read.value)) same++;
    else changes.push({ price: name, from: shown(before), to: shown(read.value), factor });
    put(next, wanted.path, read.value);
    found.set(wanted.path[0], (found.get(wanted.path[0]) ?? new Set()).add(file as OfferFile));
  }
  for (const [section, from] of found) provenance(next[section] as Record<string, unknown>, [...from], !incomplete.has(section));
  const dates = files.map(({ published }) => published).sort();
  if (found.size > 0 && dates[0] !== undefined) next["date"] = dates[0];
  const checked = priceListSchema.safeParse(next);
  if (!checked.success) wrong.push(...checked.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`));
  if (wrong.length > 0 || !checked.success) throw new InputError(`The list holds ${wrong.length === 1 ? "a price" : `${wrong.length} prices`} that cannot be right, so nothing was changed:\n${wrong.map((line) => `  ${line}`).join("\n")}`, "Look at AWS's pricing pages; prices that really moved so far go into infra/plan/cost/prices.json by hand.");
  return { prices: checked.data, changes, same, kept };
}

interface Read { readonly value: number | Tier[]; readonly wrong: string | null }

/** The price that rows hold; text: why there is none. */
function valueOf(wanted: Wanted, { rows }: OfferFile): Read | string {
  const fitting = rows.filter((row) => wanted.usage.some((usage) => plainUsage(usageOf(row)) === usage || usageOf(row) === usage) && (wanted.where?.(row) ?? true));
  const priced = fitting.filter((row) => Number(row["PricePerUnit"]) !== 0 || wanted.tiers);
  if (priced.length === 0) return "AWS's list does not hold it";
  const odd = priced.find((row) => row["Currency"] !== "USD" || !wanted.unit.test(row["Unit"] ?? ""));
  const wrong = odd === undefined ? null : `is in ${odd["Currency"]} a ${odd["Unit"]}, not in US dollars for what headend counts`;
  const price = (row: Row): number => Number((Number(row["PricePerUnit"]) * (wanted.times ?? 1)).toPrecision(10));
  if (wanted.tiers) {
    const steps = priced.map((row) => ({ from: Number(row["StartingRange"]), upToGb: /^(Inf|)$/.test(row["EndingRange"] ?? "") ? null : Number(row["EndingRange"]), perGb: price(row) }))
      .filter(({ perGb }) => perGb > 0).sort((a, b) => a.from - b.from);
    const gap = steps.some(({ from }, i) => i > 0 && from !== steps[i - 1]?.upToGb);
    if (steps.length === 0 || gap) return "its steps do not follow each other";
    return { value: steps.map(({ upToGb, perGb }) => ({ upToGb, perGb })), wrong };
  }
  // The first step is what headend counts where a price falls with the amount (S3, zones).
  const least = Math.min(...priced.map((row) => Number(row["StartingRange"] || 0)));
  const prices = new Set(priced.filter((row) => Number(row["StartingRange"] || 0) === least).map(price));
  return prices.size === 1 ? { value: [...prices][0] as number, wrong } : `AWS's list holds ${prices.size} prices for it`;
}

const usageOf = (row: Row): string => row["usageType"] ?? row["UsageType"] ?? row["usagetype"] ?? "";
/** Usage types of us-east-1 stand alone or with that region's prefix. */
const plainUsage = (usage: string): string => usage.replace(/^(USE1|us-east-1)-/, "");

function provenance(section: Record<string, unknown>, files: readonly OfferFile[], complete: boolean): void {
  const told = files.map(({ offer, version, published }) => `AWS price list ${offer}${version === "" ? "" : ` ${version}`} of ${published}`).join(", ");
  // Where only some prices of a section were found, the others' source stays in sight.
  section["source"] = complete ? told : `${told}; the rest: ${String(section["source"])}`;
  section["evidence"] = "read";
  section["date"] = files.map(({ published }) => published).sort()[0];
  section["verified"] = complete;
}

function at(list: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((node, step) => (node as Record<string, unknown>)[step], list);
}

function put(list: Record<string, unknown>, path: readonly string[], value: unknown): void {
  (at(list, path.slice(0, -1)) as Record<string, unknown>)[path.at(-1) as string] = value;
}

const first = (value: number | readonly Tier[]): number => (typeof value === "number" ? value : value[0]?.perGb ?? Number.NaN);
const shown = (value: number | readonly Tier[]): string => (typeof value === "number" ? `$${value}` : value.map(({ upToGb, perGb }) => `$${perGb}${upToGb === null ? "" : ` to ${upToGb} GB`}`).join(", "));
