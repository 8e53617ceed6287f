import { resolve } from "node:path";
import { deriveKey } from "../../infra/plan/keys.ts";
import type { Plan, PublishPath } from "../../infra/plan/model.ts";
import { publicAddresses } from "../../infra/targets/aws/addresses.ts";
import { publicNames } from "../../infra/targets/aws/public-names.ts";
import { LOCAL_HTTPS, publishedPorts } from "../../infra/targets/local/ports.ts";
import type { IngestProtocol } from "../../infra/spec/topology.ts";
import { buildKit, type Kit, type KitSources, type ViewerLinks } from "./kit/kit.ts";
import { kitFiles, kitOf } from "./kit/files.ts";
import { kitText } from "./kit/text.ts";
import { CliError, InputError } from "./lib/errors.ts";
import { refuseToOverwrite, writeFolder, type FolderKind } from "./lib/folder.ts";
import { note, print, printJson } from "./lib/output.ts";
import { shown } from "./lib/places.ts";
import { openStack, type Stack, type StackConfig, type StackOutputs } from "./lib/stack.ts";
import { loadAndPlan } from "./lib/topology.ts";

export interface KitOptions { readonly stack: string; readonly stackGiven: boolean; readonly showSecrets?: boolean; readonly json?: boolean; readonly out?: string; readonly force?: boolean; readonly publisher?: string }

/** `headend kit [FILE]`: publish settings and viewer links, of a file alone or of a stack. */
export async function kit(file: string | undefined, options: KitOptions): Promise<void> {
  const out = options.out === undefined ? null : resolve(options.out);
  if (out !== null) refuseToOverwrite(out, KIND, options.force === true);
  const whole = file !== undefined && !options.stackGiven ? fileKit(file, options) : await stackKit(await openStack(options.stack), { ...options, file });
  const made = options.publisher === undefined ? whole : only(whole, options.publisher);
  if (out !== null) writeOut(out, made, options.json === true);
  else if (options.json) printJson(made);
  else print(kitText(made));
}

const KIND: FolderKind = { command: "headend kit", mark: ".headend-kit", mode: 0o700 };

function writeOut(out: string, made: Kit, json: boolean): void {
  const files = kitFiles(made);
  writeFolder(out, KIND, files);
  if (json) printJson({ out, files: files.map((f) => f.path), secretsShown: made.secretsShown });
  else note(`${made.publishers.length} ${made.publishers.length === 1 ? "sheet" : "sheets"} with OBS profiles in ${shown(out)}. ${made.secretsShown ? "They hold keys: only you can read them, so hand each to its publisher alone." : "Keys are left out; --show-secrets puts them in."}`);
}

/** The kit of one publisher, named "truck" or "main-stage/truck". @throws InputError when there is none */
function only(kit: Kit, name: string): Kit {
  const publishers = kit.publishers.filter((p) => name === p.publisher || name === `${p.stream}/${p.publisher}`);
  if (publishers.length > 0) return kitOf(kit, ...publishers);
  const known = kit.publishers.map((p) => `${p.stream}/${p.publisher}`);
  throw new InputError(`There is no publisher ${JSON.stringify(name)}.`, `Known: ${known.slice(0, 12).join(", ")}${known.length > 12 ? ` and ${known.length - 12} more` : ""}.`);
}

/** Without a stack there are no keys yet; addresses are those that a stack on AWS will have, or of this machine where there is no domain. */
function fileKit(file: string, options: KitOptions): Kit {
  if (options.showSecrets) throw new InputError("Keys belong to a stack: a file alone has none.", `Name the stack: npx headend kit --stack ${options.stack} --show-secrets`);
  const { loaded: { topology }, plan } = loadAndPlan(file, 1, { lint: false });
  if (!options.json) note("Addresses as planned; a running stack knows better: npx headend kit --stack NAME\n");
  if (plan.domain === null) return buildKit({ topology, plan, secretOf: null, address: localAddress(plan), viewers: localViewers(plan) });
  const names = publicNames(topology, plan, plan.domain);
  const ports = new Map(plan.hosts.map((host) => [host.name, host.listeners]));
  const address: KitSources["address"] = (_path, multiplexer, protocol) => {
    const port = ports.get(multiplexer)?.find((listener) => listener.name === protocol)?.port;
    return port === undefined ? null : { host: names.ingestOf.get(multiplexer) ?? names.ingest, port };
  };
  return buildKit({ topology, plan, secretOf: null, address, viewers: publicAddresses(topology, plan, names).streams });
}

/** Each multiplexer publishes its ports at numbers of its own. */
function localAddress(plan: Plan): KitSources["address"] {
  const ports = new Map(plan.hosts.filter((host) => host.role === "multiplexer").map((host) => [host.name, publishedPorts(host, 0)]));
  return (_path: PublishPath, multiplexer: string, protocol: IngestProtocol) => {
    const port = ports.get(multiplexer)?.find((one) => one.name === protocol)?.external;
    return port === undefined ? null : { host: "localhost", port };
  };
}

function localViewers(plan: Plan): Record<string, ViewerLinks> {
  const base = `https://localhost:${LOCAL_HTTPS}`;
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
  const { loaded, plan } = loadAndPlan(options.file ?? stack.topologyFile(config), stack.scale(config), { lint: false });
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
