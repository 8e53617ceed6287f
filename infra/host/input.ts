import type { Bundle } from "../render/bundle.ts";
import { HostFailure } from "./failure.ts";
import type { Applied } from "./store.ts";
import { startOrder } from "./supervisor.ts";

function isRecord(v: unknown): v is Record<string, unknown> { return typeof v === "object" && v !== null && !Array.isArray(v); }
function isTexts(v: unknown): v is string[] { return Array.isArray(v) && v.every((x) => typeof x === "string"); }
function isTextRecord(v: unknown): v is Record<string, string> { return isRecord(v) && Object.values(v).every((x) => typeof x === "string"); }

/** They stand inside quoted text of other programs' configuration. */
const PLAIN_ADDRESS = /^https:\/\/[\w.:[\]-]+$/;

/** Reads `{ bundle, secrets, public? }`. Checks what hostd relies on, so that a wrong sender is told so instead of half-applied. @throws HostFailure */
export function readApplied(value: unknown): Applied {
  if (!isRecord(value) || !isRecord(value["bundle"])) throw new HostFailure('Expected JSON of the form { "bundle": …, "secrets": { name: value } }.');
  const secrets = value["secrets"] ?? {};
  if (!isTextRecord(secrets)) throw new HostFailure('"secrets" must map names to text.');
  const address = value["public"];
  if (address !== undefined && (typeof address !== "string" || !/^[\w.:-]+$/.test(address))) throw new HostFailure('"public" must be an address or a host name.');
  const bundle = value["bundle"];
  if (bundle["version"] !== 1) throw new HostFailure(`This host understands bundle version 1, not ${String(bundle["version"])}. Update the host image.`);
  const bad = (what: string): never => { throw new HostFailure(`The bundle's ${what} is missing or has the wrong shape.`); };
  if (typeof bundle["host"] !== "string") bad("host");
  if (bundle["firewall"] !== null && typeof bundle["firewall"] !== "string") bad("firewall");
  if (!isTexts(bundle["secrets"])) bad("secrets");
  if (bundle["addresses"] !== undefined && !(isTextRecord(bundle["addresses"]) && Object.values(bundle["addresses"]).every((a) => PLAIN_ADDRESS.test(a)))) bad("addresses");
  for (const list of ["peers", "files", "services"]) if (!Array.isArray(bundle[list]) || !(bundle[list] as unknown[]).every(isRecord)) bad(list);
  const typed = bundle as unknown as Bundle;
  for (const p of typed.peers) {
    if (typeof p.host !== "string" || typeof p.address !== "string" || !/^[\w.-]+$/.test(p.host) || !/^[\w.-]+$/.test(p.address)) bad("peers");
  }
  for (const f of typed.files) if (![f.path, f.content, f.mode].every((x) => typeof x === "string")) bad(`file "${String(f.path)}"`);
  for (const s of typed.services) {
    const ok = typeof s.name === "string" && /^[\w.-]+$/.test(s.name) && isTexts(s.argv) && s.argv.length > 0 && s.argv[0]?.startsWith("/") === true
      && !s.argv.some((a) => a.includes("\0")) && isTextRecord(s.env) && (s.user === null || typeof s.user === "string") && isTexts(s.reads)
      && isRecord(s.reload) && isRecord(s.ready) && Array.isArray(s.prepare) && (s.check === null || isTexts(s.check)) && isTexts(s.after)
      && isTextRecord(s.checkEnv) && (s.checkAliveMs === null || typeof s.checkAliveMs === "number");
    if (!ok) bad(`service "${String(s.name)}"`);
  }
  const twice = (names: readonly string[]): string | undefined => names.find((n, i) => names.indexOf(n) !== i);
  const file = twice(typed.files.map((f) => f.path));
  if (file !== undefined) throw new HostFailure(`The bundle has the file ${file} twice.`);
  const service = twice(typed.services.map((s) => s.name));
  if (service !== undefined) throw new HostFailure(`The bundle has the service ${service} twice.`);
  for (const name of typed.secrets) {
    if (!Object.hasOwn(secrets, name)) throw new HostFailure(`The bundle needs the secret "${name}", which was not given.`);
  }
  startOrder(typed.services);
  return { bundle: typed, secrets, ...(address === undefined ? {} : { public: address }) };
}
