import type { Architecture } from "../../plan/capacity/sizes.ts";

/** Stack config that only this target reads. */
export interface AwsSettings {
  /** Id of a hosted zone that the domain lies in; null: the stack makes one for the domain, and somebody must delegate it. */
  readonly zoneId: string | null;
  /** AMI by "region/architecture", pinned: a look-up for the newest would replace hosts at any `up`. */
  readonly images: Readonly<Record<string, string>>;
  /** Zone ids by AWS region, instead of headend's table. */
  readonly availabilityZones: Readonly<Record<string, readonly string[]>>;
  /** `acme`: hosts get their own; `own`: certificateFile; `local`: a CA that no CDN or browser trusts, for simulations. */
  readonly certificates: "acme" | "own" | "local";
  readonly acme: { readonly directory: string; readonly email: string | null };
  /** An AWS emulator as hosts reach it; null for AWS itself. */
  readonly endpoint: string | null;
}

const LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";

/**
 * Reads config keys of the namespace `headend:`.
 * @throws Error with the key, its value and what is allowed
 */
export function awsSettings(config: (key: string) => string | undefined, env: Readonly<Record<string, string | undefined>>): AwsSettings {
  const certificates = config("certificates") ?? (config("certificateFile") ? "own" : "acme");
  if (!["acme", "own", "local"].includes(certificates)) throw new Error(`headend:certificates is "${certificates}". Allowed: acme, own (with headend:certificateFile), local (simulations only).`);
  if (certificates === "own" && !config("certificateFile")) throw new Error("headend:certificates is own, but headend:certificateFile and headend:certificateKeyFile are missing.");
  const zoneId = config("zone") || null;
  if (zoneId !== null && !/^Z[A-Z0-9]+$/.test(zoneId)) throw new Error(`headend:zone is "${zoneId}". Allowed: the id of a hosted zone, e.g. Z0123456789ABCDEFGHIJ (aws route53 list-hosted-zones).`);
  const images = texts(config, "images");
  for (const [place, image] of Object.entries(images)) {
    if (!/^[a-z0-9-]+\/(arm|x86)$/.test(place) || !/^ami-[0-9a-z-]+$/.test(image)) throw new Error(`headend:images has "${place}: ${image}". Allowed: AMIs by region and architecture, e.g. eu-central-1/arm: ami-0123456789abcdef0.\nLet headend find them: npx headend ami`);
  }
  return {
    zoneId, images, availabilityZones: lists(config, "availabilityZones"), certificates: certificates as AwsSettings["certificates"],
    acme: { directory: config("acmeDirectory") ?? LETS_ENCRYPT, email: config("acmeEmail") ?? null },
    endpoint: config("awsEndpoint") ?? env["AWS_ENDPOINT_URL"] ?? null,
  };
}

function object(config: (key: string) => string | undefined, key: string): Record<string, unknown> {
  const text = config(key);
  if (text === undefined) return {};
  let value: unknown;
  try { value = JSON.parse(text); } catch { value = null; }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`headend:${key} is "${text}". Allowed: an object, as in stacks/Pulumi.<stack>.yaml.`);
  return value as Record<string, unknown>;
}

function texts(config: (key: string) => string | undefined, key: string): Record<string, string> {
  return Object.fromEntries(Object.entries(object(config, key)).map(([name, value]) => {
    if (typeof value !== "string") throw new Error(`headend:${key} has ${JSON.stringify(value)} for ${name}. Allowed: text.`);
    return [name, value];
  }));
}

function lists(config: (key: string) => string | undefined, key: string): Record<string, string[]> {
  return Object.fromEntries(Object.entries(object(config, key)).map(([name, value]) => {
    if (!Array.isArray(value) || !value.every((v) => typeof v === "string")) throw new Error(`headend:${key} has ${JSON.stringify(value)} for ${name}. Allowed: a list of zone ids, e.g. [euc1-az1, euc1-az2].`);
    return [name, value];
  }));
}

/** The pinned AMI; null when there is none for this region and architecture. */
export function pinnedImage(settings: Pick<AwsSettings, "images">, region: string, architecture: Architecture): string | null {
  return settings.images[`${region}/${architecture}`] ?? null;
}
