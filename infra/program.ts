import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { nowMs } from "./clock.ts";
import { foresee, PlanSummary, secretPrints } from "./foresight.ts";
import { deriveKey } from "./plan/keys.ts";
import { EDGE_LOCK_SECRET } from "./plan/secrets.ts";
import { planTopology } from "./plan/plan.ts";
import { renderPlan } from "./render/render.ts";
import { loadTopology } from "./spec/load.ts";
import { checkedCertificate } from "./targets/own-certificate.ts";
import type { Deployed, Deployment, Target, TargetSettings } from "./targets/target.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** Each loads only what it needs: @pulumi/aws alone takes longer than the whole local program. */
const TARGETS: Readonly<Record<string, () => Promise<Target>>> = {
  local: async () => (await import("./targets/local/target.ts")).localTarget,
  aws: async () => (await import("./targets/aws/target.ts")).awsTarget,
};

/** What a preview takes for a secret that is not set yet. */
const MISSING = "not set yet";

/** The stack's outputs. */
export interface Outputs extends Deployed {
  /** What runs, in a few lines. */
  readonly plan: { readonly name: string; readonly target: string; readonly hosts: Record<string, string>; readonly streams: readonly string[]; readonly capacity: string; readonly cost: string; readonly checks: string };
  /** What the next deployment is compared with. It holds no secret; it is marked as one only so that terminals do not fill up with it. */
  readonly deployed: pulumi.Output<string>;
}

/**
 * Reads the stack's config, plans, renders, says what that will do, and hands over to the target.
 * @throws TopologyError, RangeError and Error with messages for the user.
 */
export async function deploy(): Promise<Outputs> {
  const config = new StackConfig();
  const load = TARGETS[config.text("target", "local")];
  if (!load) throw new Error(`headend:target is "${config.text("target", "local")}". Allowed: ${Object.keys(TARGETS).join(", ")}.`);
  const target = await load();
  const stackSecret = config.text("stackSecret", "");
  if (stackSecret.length < 32) {
    throw new Error(`headend:stackSecret ${stackSecret ? "is too short (32 characters at least)" : "is missing"}: every stream key derives from it.\nSet it once: pulumi config set --secret headend:stackSecret "$(openssl rand -base64 32)"\nor let headend do it: npx headend up --stack ${pulumi.getStack()}`);
  }
  const file = config.text("topology", "stacks/studio.yaml");
  const loaded = loadTopology(resolve(ROOT, file));
  const plan = planTopology(loaded.topology, { scale: config.number("scale", 1) });
  const rotations = new Map(plan.secrets.map((need) => [need.name, need.rotation]));
  const secretValue = (name: string): string =>
    name === EDGE_LOCK_SECRET && !target.locksEdge ? ""
    : name.startsWith("config/") ? config.secret(name.slice("config/".length)) : deriveKey(stackSecret, name, rotations.get(name) ?? 1);
  const deployment: Deployment = { stack: pulumi.getStack(), topology: loaded.topology, plan, bundles: renderPlan(plan, stackSecret), secretValue, settings: settings(config), config: (key) => pulumi.runtime.getConfig(`headend:${key}`) };

  const made = target.made(deployment);
  const own = Object.fromEntries(plan.secrets.filter((need) => need.source === "config").map((need) => [need.name, secretValue(need.name)]));
  const { text, summary, record } = await foresee({
    loaded, file, root: ROOT, stackSecret, target: target.kind, nowMs: nowMs(), accepted: config.text("duringEvent", "") || null,
    onAir: (multiplexers, outputs) => target.onAir(pulumi.getStack(), multiplexers, outputs),
    side: { topology: loaded.topology, plan, bundles: deployment.bundles, facts: made.facts, secrets: { ...made.secrets, ...secretPrints(stackSecret, own) } },
  });
  const shown = new PlanSummary("plan", { topology: loaded.text, ...summary });
  const { outputs, settled } = target.deploy(deployment);
  // A preview with --diff prints as things come: what matters comes last. Before an `up` it comes first.
  if (pulumi.runtime.isDryRun()) settled.apply(() => pulumi.log.info(text, shown));
  else await pulumi.log.info(text, shown);
  return {
    ...outputs,
    plan: { name: plan.name, target: target.kind, hosts: Object.fromEntries(plan.hosts.map((host) => [host.name, `${host.role}, ${host.region}`])), streams: plan.streams.map((s) => s.name), ...summary },
    deployed: pulumi.secret(settled.apply(() => JSON.stringify(record))),
  };
}

function settings(config: StackConfig): TargetSettings {
  const file = (key: string): string | null => {
    const path = config.text(key, "");
    return path ? readFileSync(resolve(ROOT, path), "utf8") : null;
  };
  const chain = file("certificateFile");
  const key = file("certificateKeyFile");
  if ((chain === null) !== (key === null)) throw new Error("headend:certificateFile and headend:certificateKeyFile go together: one is missing.");
  return {
    expose: config.text("expose", "127.0.0.1"),
    portOffset: config.number("portOffset", 0),
    certificate: chain !== null && key !== null ? checkedCertificate({ chain, key }, { chain: config.text("certificateFile", ""), key: config.text("certificateKeyFile", "") }, new Date()) : null,
    recordingsDir: resolve(ROOT, config.text("recordings", join(".headend", "recordings", pulumi.getStack()))),
    root: ROOT,
  };
}

/**
 * Config of the stack as plain values. Secret ones are read plain too, on purpose: only what derives from them and may be shown
 * (hashes) goes into rendered text, everything else is marked secret again where it is handed to a resource.
 */
class StackConfig {
  private readonly missed = new Set<string>();

  text(key: string, fallback: string): string {
    return pulumi.runtime.getConfig(`headend:${key}`) ?? fallback;
  }

  number(key: string, fallback: number): number {
    const text = this.text(key, "");
    const value = text === "" ? fallback : Number(text);
    if (!Number.isFinite(value)) throw new Error(`headend:${key} is "${text}". Allowed: a number.`);
    return value;
  }

  /** A secret of the user, e.g. a platform's stream key: `headend:secrets` is an object. */
  secret(name: string): string {
    const all = JSON.parse(this.text("secrets", "{}")) as Record<string, unknown>;
    const value = all[name];
    if (typeof value === "string" && value !== "") return value;
    const why = `The topology uses secret:${name}, which this stack does not have.\nSet it: npx headend secret set ${name} --stack ${pulumi.getStack()}`;
    if (!pulumi.runtime.isDryRun()) throw new Error(why);
    if (!this.missed.has(name)) void pulumi.log.warn(why);
    this.missed.add(name);
    return MISSING;
  }
}
