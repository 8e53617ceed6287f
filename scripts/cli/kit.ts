import { deriveKey } from "../../infra/plan/keys.ts";
import type { Plan, PublishPath } from "../../infra/plan/model.ts";
import type { IngestProtocol } from "../../infra/spec/topology.ts";
import { buildKit, type Kit, type KitSources, type ViewerLinks } from "./kit/kit.ts";
import { kitText } from "./kit/text.ts";
import { CliError, InputError } from "./lib/errors.ts";
import { note, print, printJson } from "./lib/output.ts";
import { openStack, type Stack, type StackConfig, type StackOutputs } from "./lib/stack.ts";
import { loadAndPlan } from "./lib/topology.ts";

export interface KitOptions { readonly stack: string; readonly stackGiven: boolean; readonly showSecrets?: boolean; readonly json?: boolean }

/** `headend kit [FILE]`: publish settings and viewer links, of a file alone or of a stack. */
export async function kit(file: string | undefined, options: KitOptions): Promise<void> {
  const made = file !== undefined && !options.stackGiven ? fileKit(file, options) : await stackKit(await openStack(options.stack), { ...options, file });
  if (options.json) printJson(made);
  else print(kitText(made));
}

/** Without a stack there are no keys yet; addresses are those of the topology's domain, or of this machine. */
function fileKit(file: string, options: KitOptions): Kit {
  if (options.showSecrets) throw new InputError("Keys belong to a stack: a file alone has none.", `Name the stack: npx headend kit --stack ${options.stack} --show-secrets`);
  const { loaded, plan } = loadAndPlan(file);
  if (!options.json) note("Addresses as planned; a running stack knows better: npx headend kit --stack NAME\n");
  const host = plan.domain ?? "localhost";
  return buildKit({ topology: loaded.topology, plan, secretOf: null, address: plannedAddress(plan, host), viewers: plannedViewers(plan, host) });
}

function plannedAddress(plan: Plan, host: string): KitSources["address"] {
  return (_path: PublishPath, multiplexer: string, protocol: IngestProtocol) => {
    const listener = plan.hosts.find((h) => h.name === multiplexer)?.listeners.find((l) => l.name === protocol);
    return listener ? { host, port: listener.port } : null;
  };
}

function plannedViewers(plan: Plan, host: string): Record<string, ViewerLinks> {
  const base = plan.domain ? `https://${host}` : `https://${host}:8443`;
  return Object.fromEntries(plan.streams.map((s) => [s.name, {
    watch: `${base}/watch/${s.name}`,
    playlist: s.latency === "ultra" ? null : `${base}/live/${s.name}/index.m3u8`,
    dash: s.dash ? `${base}/live/${s.name}/manifest.mpd` : null,
    whep: s.latency === "ultra" ? `${base}/live/${s.name}/whep` : null,
  }]));
}

/** What was read of a stack, for callers that have it already: Pulumi takes half a second to answer. */
export interface Known { readonly config: StackConfig; readonly outputs: StackOutputs | null }

async function read(stack: Stack): Promise<Known> {
  const [config, outputs] = await Promise.all([stack.config(), stack.outputs()]);
  return { config, outputs };
}

/** The kit of a deployed stack. @throws CliError when it is not deployed */
export async function stackKit(stack: Stack, options: { readonly showSecrets?: boolean | undefined; readonly file?: string | undefined; readonly known?: Known }): Promise<Kit> {
  const { config, outputs } = options.known ?? await read(stack);
  const { loaded, plan } = loadAndPlan(options.file ?? stack.topologyFile(config), stack.scale(config));
  if (outputs === null) throw new CliError(`The stack ${stack.name} is not deployed.`, `Start it: npx headend up --stack ${stack.name}`);
  const secret = config["stackSecret"];
  if (options.showSecrets && !secret) throw new CliError(`The stack ${stack.name} has no headend:stackSecret.`, `npx headend up --stack ${stack.name} makes one.`);
  return buildKit({
    topology: loaded.topology, plan, address: deployedAddress(outputs), viewers: outputs.streams,
    secretOf: options.showSecrets && secret ? (name, rotation) => deriveKey(secret, name, rotation) : null,
  });
}

function deployedAddress(outputs: StackOutputs): KitSources["address"] {
  return (path, multiplexer, protocol) => {
    const found = outputs.publish.find((p) => p.stream === path.stream && p.publisher === path.publisher && p.multiplexer === multiplexer && p.protocol === protocol);
    return found ? { host: found.host, port: found.port } : null;
  };
}
