import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { CliError } from "../lib/errors.ts";
import { OFFERS, type Offer, type Row } from "./wanted.ts";

/** AWS's public price list (AWS Price List Bulk API); no account is needed. */
export const PUBLIC_LIST = "https://pricing.us-east-1.amazonaws.com";
const TIMEOUT_MS = 900_000;

/** One price list file: what it says of itself, and its rows that matter. */
export interface OfferFile { readonly offer: Offer; readonly published: string; readonly version: string; readonly rows: readonly Row[] }

/**
 * Reads an offer in its CSV form line by line: EC2's has several hundred megabytes.
 * `from`: address of a price list, or a folder with its files (OFFER.csv, or the tree of the address).
 * @returns null when there is no such file @throws CliError when the place does not answer or is no price list
 */
export async function readOffer(from: string, offer: Offer, region: string, wanted: (usage: string) => boolean): Promise<OfferFile | null> {
  const source = /^https?:\/\//.test(from) ? await remote(from.replace(/\/+$/, ""), offer, region) : local(from, offer, region);
  return source === null ? null : parseOffer(offer, createInterface({ input: source, crlfDelay: Infinity }), wanted);
}

function local(folder: string, offer: Offer, region: string): Readable | null {
  const file = [join(folder, `${offer}.csv`), join(folder, "offers/v1.0/aws", offer, "current", region, "index.csv"), join(folder, "offers/v1.0/aws", offer, "current/index.csv")].find(existsSync);
  return file === undefined ? null : createReadStream(file);
}

async function remote(base: string, offer: Offer, region: string): Promise<Readable | null> {
  const current = `${base}/offers/v1.0/aws/${offer}/current`;
  if (OFFERS[offer] === "all") return get(`${current}/index.csv`);
  const index = await get(`${current}/region_index.json`);
  if (index === null) return null;
  const text = (await index.toArray() as Buffer[]).map(String).join("");
  let path: string | undefined;
  try { path = (JSON.parse(text) as { readonly regions?: Readonly<Record<string, { readonly currentVersionUrl?: string }>> }).regions?.[region]?.currentVersionUrl; } catch { /* told below */ }
  if (typeof path !== "string" || !path.startsWith("/")) throw new CliError(`${current}/region_index.json does not name a file for ${region}.`, "Is --from the address of a price list? AWS's own: leave --from out.");
  return get(`${base}${path.replace(/\.json$/, ".csv")}`);
}

async function get(url: string): Promise<Readable | null> {
  let response: Response;
  try { response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) }); } catch (error) {
    const why = error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);
    throw new CliError(`The price list does not answer (${why}): ${url}`, "Connect the network, or give a copy: npx headend prices --refresh --from FOLDER");
  }
  if (response.status === 404 || response.status === 403) return null;
  if (!response.ok || response.body === null) throw new CliError(`The price list answers ${response.status}: ${url}`, "Try again later, or give a copy with --from.");
  return Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
}

/** @throws CliError when the lines are no price list, or end in the middle of one */
export async function parseOffer(offer: Offer, lines: AsyncIterable<string>, wanted: (usage: string) => boolean): Promise<OfferFile> {
  const about = new Map<string, string>();
  let head: readonly string[] | null = null;
  let usageAt = -1;
  const rows: Row[] = [];
  for await (const line of lines) {
    if (line === "") continue;
    if (head === null) {
      const cells = cellsOf(line);
      if (cells[0] === "SKU") { head = cells; usageAt = cells.findIndex((name) => name.toLowerCase() === "usagetype"); } else about.set(cells[0] ?? "", cells[1] ?? "");
      if (about.size > 20) break;
      continue;
    }
    // Splitting a line is dear and few are wanted: most are left out by a look at their text.
    if (!line.includes('"OnDemand"')) continue;
    const cells = cellsOf(line);
    if (cells.length !== head.length) throw new CliError(`The price list ${offer} is cut off or damaged: a line has ${cells.length} of ${head.length} columns.`, "Get it again.");
    if (wanted(cells[usageAt] ?? "")) rows.push(Object.fromEntries(head.map((name, i) => [name, cells[i] ?? ""])));
  }
  const published = /^\d{4}-\d{2}-\d{2}/.exec(about.get("Publication Date") ?? "")?.[0];
  const missing = ["PricePerUnit", "Unit", "Currency", "TermType"].filter((name) => !head?.includes(name));
  if (head === null || usageAt === -1 || missing.length > 0 || published === undefined || about.get("OfferCode") !== offer) {
    throw new CliError(`This is not the price list ${offer} of AWS in CSV form${missing.length > 0 && head !== null ? ` (no column ${missing.join(", ")})` : ""}.`, "Is --from the address of a price list? AWS's own: leave --from out.");
  }
  return { offer, published, version: about.get("Version") ?? "", rows };
}

/** Cells of a CSV line (RFC 4180); AWS's have no line breaks in them. */
export function cellsOf(line: string): string[] {
  const cells: string[] = [];
  let at = 0;
  while (at <= line.length) {
    if (line[at] === '"') {
      let text = "";
      for (at++; at < line.length; at++) {
        if (line[at] !== '"') text += line[at];
        else if (line[at + 1] === '"') { text += '"'; at++; } else break;
      }
      cells.push(text);
      at += 2;
    } else {
      const end = line.indexOf(",", at);
      cells.push(line.slice(at, end === -1 ? undefined : end));
      at = end === -1 ? line.length + 1 : end + 1;
    }
  }
  return cells;
}
