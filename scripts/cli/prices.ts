import { existsSync, readFileSync, statSync } from "node:fs";
import { extname } from "node:path";
import { nowMs as clock } from "../../infra/clock.ts";
import { priceListSchema } from "../../infra/plan/cost/price-schema.ts";
import { priceAge, PRICES, type PriceList } from "../../infra/plan/cost/prices.ts";
import { currentPrices, pricesFile, writeWhole } from "../../infra/user-files/user-files.ts";
import { CliError, EXIT, InputError } from "./lib/errors.ts";
import { columns, note, paint, print, printJson } from "./lib/output.ts";
import { shown } from "./lib/places.ts";
import { PUBLIC_LIST, readOffer, type OfferFile } from "./prices/offers.ts";
import { refreshed, type Refreshed } from "./prices/refresh.ts";
import { OFFERS, wantedPrices, type Offer } from "./prices/wanted.ts";

export interface PricesOptions { readonly refresh?: boolean; readonly from?: string; readonly out?: string; readonly json?: boolean }

/**
 * `headend prices`: the price list in use. `--refresh` makes a newer one from AWS's public list and keeps it for this user, since a
 * clone's own list belongs to its history (`--out infra/plan/cost/prices.json` writes that). @returns the exit code
 */
export async function prices(options: PricesOptions, nowMs = clock()): Promise<number> {
  if (!options.refresh && (options.from !== undefined || options.out !== undefined)) throw new InputError("--from and --out go with --refresh.", "Say: npx headend prices --refresh");
  const list = currentPrices();
  if (!options.refresh) {
    if (options.json) printJson({ ...list, file: list === PRICES ? null : pricesFile(), age: priceAge(nowMs, list) });
    else print(priceText(list, nowMs));
    return EXIT.ok;
  }
  const from = options.from ?? PUBLIC_LIST;
  const result = await newList(list, from);
  const file = options.out ?? pricesFile();
  writeWhole(file, `${JSON.stringify(result.prices, null, 2)}\n`);
  if (options.json) printJson({ file, date: result.prices.date, changes: result.changes, unchanged: result.same, kept: result.kept });
  else print(changeText(result, file, list));
  return EXIT.ok;
}

async function newList(list: PriceList, from: string): Promise<Refreshed> {
  const remote = /^https?:\/\//.test(from);
  if (!remote && !existsSync(from)) throw new InputError(`${from} does not exist.`, "Give the address of a price list, a folder with its CSV files, or a price list in headend's form.");
  if (!remote && statSync(from).isFile()) return ownList(list, from);
  const wanted = wantedPrices(list);
  const files: OfferFile[] = [];
  for (const offer of Object.keys(OFFERS) as Offer[]) {
    note(`reading ${offer}`);
    const usages = new Set(wanted.filter((w) => w.offer === offer).flatMap((w) => w.usage));
    const file = await readOffer(from, offer, list.region, (usage) => usages.has(usage) || usages.has(usage.replace(/^(USE1|us-east-1)-/, "")));
    if (file !== null) files.push(file);
  }
  if (files.length === 0) throw new CliError(`${from} holds none of the files ${Object.keys(OFFERS).map((offer) => `${offer}.csv`).join(", ")}.`, "Is it a copy of AWS's price list?");
  const result = refreshed(list, files);
  if (result.changes.length + result.same === 0) throw new CliError("The files hold none of the prices that headend counts with, so nothing was changed.", "Is it a copy of AWS's price list?");
  return result;
}

/** A whole list in headend's own form, e.g. one that a colleague refreshed. */
function ownList(list: PriceList, file: string): Refreshed {
  if (extname(file) === ".csv") throw new InputError(`${file} is one file of a price list.`, "Give the folder that it is in: headend needs several of them.");
  let data: unknown;
  try { data = JSON.parse(readFileSync(file, "utf8")); } catch (error) { throw new InputError(`${file} is not JSON (${(error as Error).message}).`, "Give a price list in headend's form (headend prices --json), or a folder with AWS's CSV files."); }
  const result = priceListSchema.safeParse(data);
  if (!result.success) throw new InputError(`${file} is not a price list in headend's form:\n${result.error.issues.slice(0, 5).map((issue) => `  ${issue.path.join(".")}: ${issue.message}`).join("\n")}`, "Take prices.json of another headend.");
  const before = flat(list), after = flat(result.data);
  const changes = [...after].flatMap(([price, to]) => { const was = before.get(price); return was === undefined || was === to ? [] : [{ price, from: `$${was}`, to: `$${to}`, factor: to / was }]; });
  return { prices: result.data, changes, same: after.size - changes.length, kept: [] };
}

/** Every number of a list by its path; assumptions are not prices. */
function flat(list: PriceList): Map<string, number> {
  const found = new Map<string, number>();
  const walk = (node: unknown, path: string): void => {
    if (typeof node === "number") found.set(path, node);
    else if (node !== null && typeof node === "object") for (const [key, value] of Object.entries(node)) walk(value, path === "" ? key : `${path}.${key}`);
  };
  for (const [section, value] of Object.entries(list)) if (typeof value === "object" && section !== "assumptions") walk(value, section);
  return found;
}

function changeText({ prices: list, changes, same, kept }: Refreshed, file: string, before: PriceList): string {
  const percent = (factor: number): string => `${factor >= 1 ? "+" : "−"}${Math.abs((factor - 1) * 100).toFixed(1)} %`;
  const moved = changes.length === 0 ? ["No price changed."] : [columns(["price", "before", "now", "change"], changes.map((c) => [c.price, c.from, c.to, percent(c.factor)]))];
  const staying = kept.length === 0 ? [] : [`${paint.yellow(`${kept.length} prices stay as they were`)}, with their own date:\n${columns(["price", "why"], kept.map((k) => [k.price, k.why]))}`];
  return [...moved, ...staying, `${changes.length} changed, ${same} the same. Prices are now of ${list.date} (before: ${before.date}); kept in ${shown(file)}.`].join("\n\n");
}

/** The list for people: each part with its evidence and date. */
export function priceText(list: PriceList, nowMs: number): string {
  const age = priceAge(nowMs, list);
  const money = (value: unknown): string => (typeof value === "number" ? `$${value}` : "");
  const rows: string[][] = [];
  for (const [name, section] of Object.entries(list)) {
    if (typeof section !== "object" || !("evidence" in section) || name === "regionFactors") continue;
    const { evidence, source, date, verified, ...values } = section as Record<string, unknown>;
    const told = Object.entries(values).map(([key, value]) => {
      if (typeof value === "number") return `${key} ${money(value)}`;
      const entries = Array.isArray(value) ? value : Object.values(value as object);
      return `${key}: ${entries.length} ${Array.isArray(value) ? "steps" : "prices"}${Array.isArray(value) ? ` from $${(value[0] as { perGb: number }).perGb}` : ""}`;
    });
    rows.push([name, told.join(", "), String(date ?? "not dated"), verified === true ? String(evidence) : `${String(evidence)}, not verified`, String(source).slice(0, 70)]);
  }
  return [
    paint.bold(`Prices in US dollars, ${list.region}, ${list === PRICES ? "as they come with headend" : `from ${shown(pricesFile())}`}`),
    columns(["part", "prices", "date", "evidence", "source"], rows),
    `${age.stale ? paint.yellow(`${age.text}.`) : `${age.text}.`.replace(/^p/, "P")} Every price: npx headend prices --json, docs/cost.md. Newer ones: npx headend prices --refresh`,
  ].join("\n\n");
}
