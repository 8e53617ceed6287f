import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { PRICES, type PriceList } from "../../../infra/plan/cost/prices.ts";
import { priceListSchema } from "../../../infra/plan/cost/price-schema.ts";
import { currentPrices, pricesFile } from "../../../infra/user-files/user-files.ts";
import { prices, priceText } from "../../../scripts/cli/prices.ts";
import { cellsOf } from "../../../scripts/cli/prices/offers.ts";

/** Columns of AWS's CSV form that matter, in its order, and rows in its words. */
const COLUMNS = ["SKU", "OfferTermCode", "RateCode", "TermType", "PriceDescription", "EffectiveDate", "StartingRange", "EndingRange", "Unit", "PricePerUnit", "Currency", "Product Family", "serviceCode", "Location", "Instance Type", "Tenancy", "Operating System", "To Location", "usageType", "operation", "CapacityStatus", "Pre Installed S/W"];
type Row = Partial<Record<string, string>>;
const PUBLISHED = "2026-11-02";
function csv(offer: string, rows: readonly Row[], published = PUBLISHED): string {
  const line = (cells: readonly string[]): string => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",");
  return [line(["FormatVersion", "v1.0"]), line(["Disclaimer", "This pricing list is for informational purposes only, \"as is\"."]), line(["Publication Date", `${published}T10:00:00Z`]), line(["Version", "20261102"]), line(["OfferCode", offer]),
    line(COLUMNS), ...rows.map((row) => line(COLUMNS.map((name) => ({ SKU: "X", TermType: "OnDemand", StartingRange: "0", EndingRange: "Inf", Currency: "USD", ...row } as Row)[name] ?? "")))].join("\n") + "\n";
}
const instance = (size: string, price: string, more: Row = {}): Row => ({ "Instance Type": size, usageType: `BoxUsage:${size}`, "Operating System": "Linux", Tenancy: "Shared", CapacityStatus: "Used", "Pre Installed S/W": "NA", Unit: "Hrs", PricePerUnit: price, ...more });
const EC2 = [
  instance("c7g.large", "0.0800000000"), instance("c7g.large", "0.9", { "Operating System": "Windows" }), instance("c7g.large", "0.0400000000", { TermType: "Reserved" }), instance("c7g.large", "0.0000000000", { CapacityStatus: "AllocatedCapacityReservation" }),
  instance("c7g.xlarge", "0.1450000000"), { usageType: "EBS:VolumeUsage.gp3", Unit: "GB-Mo", PricePerUnit: "0.0800000000" },
];
const CLOUDFRONT = [
  { usageType: "US-DataTransfer-Out-Bytes", Unit: "GB", StartingRange: "10240", EndingRange: "Inf", PricePerUnit: "0.07" }, { usageType: "US-DataTransfer-Out-Bytes", Unit: "GB", StartingRange: "0", EndingRange: "10240", PricePerUnit: "0.08" },
  { usageType: "US-Requests-Tier2-HTTPS", Unit: "Requests", PricePerUnit: "0.0000010000" },
];

const root = mkdtempSync(join(tmpdir(), "headend-prices-"));
const env = { ...process.env };
let out = "", told = "";
beforeAll(() => { process.env["HEADEND_CONFIG"] = join(root, "config"); });
afterAll(() => { process.env["HEADEND_CONFIG"] = env["HEADEND_CONFIG"]; rmSync(root, { recursive: true, force: true }); });
afterEach(() => { vi.restoreAllMocks(); rmSync(join(root, "config"), { recursive: true, force: true }); });
async function run(options: Parameters<typeof prices>[0]): Promise<number> {
  out = told = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => { out += String(text); return true; });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => { told += String(text); return true; });
  return prices(options, Date.UTC(2026, 10, 21));
}
function folder(files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(root, "offers-"));
  for (const [name, text] of Object.entries(files)) { mkdirSync(join(path, name, ".."), { recursive: true }); writeFileSync(join(path, name), text); }
  return path;
}

describe("headend prices", () => {
  it("shows what is counted with, where from and how old", async () => {
    expect(await run({})).toBe(0);
    expect(out).toMatch(/as they come with headend[^]*gp3 .*not verified[^]*Prices of 2026-07-20, 124 days old\./);
    expect(priceText(PRICES, Date.UTC(2027, 6, 1))).toContain("too old to rely on");
    expect(await run({ json: true })).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ date: "2026-07-20", file: null, age: { days: 124, stale: false } });
    await expect(run({ from: "x" })).rejects.toThrow(/go with --refresh/);
  });
});

describe("headend prices --refresh", () => {
  let server: Server, address = "";
  const asked: string[] = [];
  let files: Readonly<Record<string, string>> = {};
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? "");
      const body = files[request.url ?? ""];
      response.statusCode = body === undefined ? 404 : 200;
      response.end(body ?? "no such file");
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((done) => server.close(done)));

  it("reads the public list's layout over HTTP, keeps the rest, says what changed, and is used from then on", async () => {
    files = {
      "/offers/v1.0/aws/AmazonEC2/current/region_index.json": JSON.stringify({ regions: { "us-east-1": { regionCode: "us-east-1", currentVersionUrl: "/offers/v1.0/aws/AmazonEC2/20261102/us-east-1/index.json" } } }),
      "/offers/v1.0/aws/AmazonEC2/20261102/us-east-1/index.csv": csv("AmazonEC2", EC2),
      "/offers/v1.0/aws/AmazonCloudFront/current/index.csv": csv("AmazonCloudFront", CLOUDFRONT, "2026-11-05"),
    };
    expect(await run({ refresh: true, from: address })).toBe(0);
    expect(asked).toContain("/offers/v1.0/aws/AmazonEC2/20261102/us-east-1/index.csv");
    expect(out).toMatch(/compute\.perHour\.c7g\.large +\$0\.0725 +\$0\.08 +\+10\.3 %/);
    expect(out).toMatch(/cloudfront\.tiers\.us .*\$0\.08 to 10240 GB, \$0\.07 /);
    expect(out).toMatch(/publicIpv4\.perHour +no file AmazonVPC/);
    expect(out).toContain(`Prices are now of ${PUBLISHED} (before: 2026-07-20)`);
    const list = currentPrices();
    expect(list).not.toBe(PRICES);
    expect(list.date).toBe(PUBLISHED);
    expect(list.compute.perHour).toMatchObject({ "c7g.large": 0.08, "c7g.xlarge": 0.145, "c7g.2xlarge": 0.29 });
    expect(list.requests.per10000.us).toBe(0.01);
    expect(list.gp3).toMatchObject({ perGbMonth: 0.08, verified: true, date: PUBLISHED, source: `AWS price list AmazonEC2 20261102 of ${PUBLISHED}` });
    expect(list.compute).toMatchObject({ verified: false, source: expect.stringMatching(/AmazonEC2 20261102 .*; the rest: Karpenter/) as string });
    expect(list.publicIpv4).toEqual(PRICES.publicIpv4);
    expect(readdirSync(join(root, "config"))).toEqual(["prices.json"]);
  });

  it("refuses prices that cannot be right, and changes nothing", async () => {
    const refuse = (rows: readonly Row[]) => run({ refresh: true, from: folder({ "AmazonEC2.csv": csv("AmazonEC2", rows) }) });
    await expect(refuse([instance("c7g.large", "72.5")])).rejects.toThrow(/c7g\.large: \$0\.0725 → \$72\.5, which is 1000\.0 times as much/);
    await expect(refuse([instance("c7g.large", "0.08", { Currency: "CNY" })])).rejects.toThrow(/is in CNY a Hrs/);
    await expect(refuse([instance("c7g.large", "0.08", { Unit: "Seconds" })])).rejects.toThrow(/is in USD a Seconds/);
    expect(() => readFileSync(pricesFile())).toThrow(/ENOENT/);
  });

  it("leaves what it cannot tell as it was", async () => {
    expect(await run({ refresh: true, from: folder({ "AmazonEC2.csv": csv("AmazonEC2", [instance("c7g.large", "0.08"), instance("c7g.large", "0.09"), instance("c7g.xlarge", "0.15")]) }) })).toBe(0);
    expect(out).toMatch(/c7g\.large +AWS's list holds 2 prices for it/);
    expect(currentPrices().compute.perHour).toMatchObject({ "c7g.large": 0.0725, "c7g.xlarge": 0.15 });
  });

  it("says what is wrong with a place that holds no list", async () => {
    await expect(run({ refresh: true, from: join(root, "none") })).rejects.toThrow(/does not exist/);
    await expect(run({ refresh: true, from: folder({ "readme.txt": "" }) })).rejects.toThrow(/holds none of the files AmazonEC2\.csv/);
    await expect(run({ refresh: true, from: folder({ "AmazonEC2.csv": "<html>" }) })).rejects.toThrow(/not the price list AmazonEC2 of AWS/);
    await expect(run({ refresh: true, from: folder({ "AmazonEC2.csv": csv("AmazonEC2", EC2).slice(0, -40) }) })).rejects.toThrow(/cut off or damaged/);
    await expect(run({ refresh: true, from: folder({ "AmazonEC2.csv": csv("AmazonEC2", []) }) })).rejects.toThrow(/none of the prices/);
    await expect(run({ refresh: true, from: "http://127.0.0.1:9" })).rejects.toThrow(/does not answer/);
  });

  it("takes a list in headend's own form, and writes where it is told to", async () => {
    const newer: PriceList = { ...PRICES, date: "2027-01-01", gp3: { ...PRICES.gp3, perGbMonth: 0.09 } };
    const place = join(root, "newer.json"), file = join(root, "out.json");
    writeFileSync(place, JSON.stringify(newer));
    expect(await run({ refresh: true, from: place, out: file, json: true })).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ file, changes: [{ price: "gp3.perGbMonth", from: "$0.08", to: "$0.09" }] });
    expect(priceListSchema.parse(JSON.parse(readFileSync(file, "utf8")))).toEqual(newer);
    expect(currentPrices()).toBe(PRICES);
    writeFileSync(place, JSON.stringify({ ...newer, gp3: { ...newer.gp3, perGbMonth: 80 } }));
    await expect(run({ refresh: true, from: place })).rejects.toThrow(/gp3\.perGbMonth/);
  });

  it("prefers the newer of two lists, and says what to do with a broken one", async () => {
    mkdirSync(join(root, "config"), { recursive: true });
    writeFileSync(pricesFile(), JSON.stringify({ ...PRICES, date: "2020-01-01" }));
    expect(currentPrices()).toBe(PRICES);
    writeFileSync(pricesFile(), "{");
    expect(() => currentPrices()).toThrow(/is not JSON .* npx headend prices --refresh/);
  });
});

it("cells of a CSV line", () => {
  expect(cellsOf('"a","b ""c"", d",,e,""')).toEqual(["a", 'b "c", d', "", "e", ""]);
});
