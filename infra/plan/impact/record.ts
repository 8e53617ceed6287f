import { z } from "zod";
import type { Bundle, RenderedFile, Service } from "../../render/bundle.ts";
import { shortHash } from "../names.ts";
import type { DeployedOtherwise } from "./compare.ts";
import { launch } from "./services.ts";
import type { Side } from "./side.ts";

const texts = z.record(z.string(), z.string());
const schema = z.object({
  version: z.literal(1),
  /** Name of the topology file, for messages. */
  file: z.string(),
  /** The file itself: what is deployed is planned and rendered again from it. */
  topology: z.string(),
  scale: z.number(),
  /** By host. */
  facts: z.record(z.string(), texts),
  /** Fingerprints of secrets that the topology does not decide; see `Side.secrets`. */
  secrets: texts,
  /** Host → path of a file, "firewall", or "service NAME" → hash, to notice when headend itself renders otherwise than when it was deployed. */
  hashes: z.record(z.string(), texts),
});

/** What a stack keeps of its last deployment, without any secret; enough to compare the next one with it. */
export type DeployedRecord = z.infer<typeof schema>;

/** The record of a deployment. The same deployment gives the same record. */
export function recordOf(side: Pick<Side, "plan" | "bundles" | "facts" | "secrets">, file: string, topology: string): DeployedRecord {
  const hashes = new Hashes();
  return {
    version: 1, file, topology, scale: side.plan.scale, facts: side.facts, secrets: side.secrets,
    hashes: Object.fromEntries(side.bundles.map((bundle) => [bundle.host, hashes.of(bundle)])),
  };
}

/** Reads a record from a stack's outputs; null when there is none that this headend understands. */
export function readRecord(text: unknown): DeployedRecord | null {
  if (typeof text !== "string") return null;
  try { return schema.parse(JSON.parse(text)); } catch { return null; }
}

/**
 * What headend, as it is now, would not have written as it was deployed. Whether it changes is known from its hash all the same.
 * `rendered`: the deployed topology as rendered now.
 */
export function deployedOtherwise(record: DeployedRecord, rendered: readonly Bundle[], after: readonly Bundle[]): DeployedOtherwise {
  const hashes = new Hashes();
  const of = (bundles: readonly Bundle[]) => new Map(bundles.map((b) => [b.host, hashes.of(b)]));
  const now = of(rendered), next = of(after);
  const otherwise = new Map<string, "changes" | "stays">();
  for (const [host, deployed] of Object.entries(record.hashes)) {
    for (const [item, hash] of Object.entries(deployed)) {
      if (now.get(host)?.[item] !== hash) otherwise.set(`${host} ${item}`, next.get(host)?.[item] === hash ? "stays" : "changes");
    }
  }
  return otherwise;
}

/** Hashes of the parts of bundles. */
class Hashes {
  private readonly files = new Map<RenderedFile, string>();
  private readonly launches = new Map<Service, string>();

  of(bundle: Bundle): Record<string, string> {
    return {
      ...Object.fromEntries(bundle.files.map((file) => [file.path, this.file(file)])),
      firewall: shortHash(bundle.firewall ?? ""),
      ...Object.fromEntries(bundle.services.map((service) => [`service ${service.name}`, this.launch(service)])),
    };
  }

  /** Hosts share files: each is hashed once. */
  private file(file: RenderedFile): string {
    const hash = this.files.get(file) ?? shortHash(`${file.mode} ${file.content}`);
    this.files.set(file, hash);
    return hash;
  }

  private launch(service: Service): string {
    const hash = this.launches.get(service) ?? shortHash(launch(service));
    this.launches.set(service, hash);
    return hash;
  }
}
