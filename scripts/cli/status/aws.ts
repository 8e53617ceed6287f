import { deskAt } from "../desk/aws.ts";
import { EXIT } from "../lib/errors.ts";
import { columns, note, paint, print, printJson } from "../lib/output.ts";
import { openStack, type StackOutputs } from "../lib/stack.ts";
import { type Playable, tryToPlay } from "../lib/viewer.ts";
import type { AwsHost } from "./aws-hosts.ts";
import { CREDENTIALS, readAwsHosts, storeAt } from "./aws-store.ts";

export interface AwsStream { readonly name: string; readonly url: string | null; readonly played: Playable | null }

/** What a transcoder has on air, as it told last. */
interface Aired { readonly stream: string; readonly transcoder: string; readonly active: string; readonly override: string }

/** Plays every stream from here, as a viewer does. Null for what cannot be tried: WHEP, and streams that need a viewer's cookie. */
export function playStreams({ streams, ca, signing }: StackOutputs): Promise<AwsStream[]> {
  return Promise.all(Object.entries(streams).map(async ([name, { playlist }]): Promise<AwsStream> => {
    const played = playlist === null ? null : await tryToPlay(playlist, ca);
    return { name, url: playlist, played: played !== null && !played.ok && signing !== undefined && /status 403/.test(played.reason) ? null : played };
  }));
}

/** `headend status` of a stack on AWS: hosts by their reports in the store, streams by playing them. @returns 0 when all is in force and plays */
export async function awsStatus(options: { readonly stack: string; readonly json?: boolean }): Promise<number> {
  const outputs = await (await openStack(options.stack)).outputs();
  if (outputs === null) {
    note(`The stack ${options.stack} is not deployed. See what would be: npx headend preview --stack ${options.stack}\nDeploy it: npx headend up --stack ${options.stack}`);
    return EXIT.failure;
  }
  const [read, streams, aired] = await Promise.all([readAwsHosts(outputs), playStreams(outputs), onAir(outputs)]);
  const hosts = "hosts" in read ? read.hosts : [];
  const ready = "hosts" in read && hosts.every((h) => h.state === "in force") && streams.every((s) => s.played?.ok !== false);
  if (options.json) printJson({ stack: options.stack, ready, hosts, ...("problem" in read ? { problem: read.problem } : {}), streams, onAir: aired });
  else print(text(options.stack, read, streams, aired));
  return ready ? EXIT.ok : EXIT.failure;
}

/** Empty when the store does not tell: the hosts' section says why. */
async function onAir({ store, hosts }: StackOutputs): Promise<Aired[]> {
  if (store === undefined) return [];
  const told = await deskAt(storeAt(store), hosts).hosts().catch(() => []);
  return told.flatMap(({ host, agent }) => (agent?.streams ?? []).map(({ name, active, override }) => ({ stream: name, transcoder: host, active, override })));
}

const COLOUR: Readonly<Record<AwsHost["state"], (text: string) => string>> = { "in force": paint.green, refused: paint.red, behind: paint.yellow, silent: paint.yellow };

function text(stack: string, read: Awaited<ReturnType<typeof readAwsHosts>>, streams: readonly AwsStream[], aired: readonly Aired[]): string {
  const hosts = "problem" in read ? `  ${paint.yellow(read.problem)}\n  ${CREDENTIALS}`
    : columns(["host", "instance", "configuration", "reported", ""], read.hosts.map((h) => [h.host, h.instance ?? "–", COLOUR[h.state](h.state), h.reported ?? "never", h.state === "in force" ? "" : h.message.split("\n")[0] ?? ""]));
  const played = columns(["stream", "", "newest segment"], streams.map(({ name, played: p }) => [
    name, p === null ? "not tried: WHEP, or a viewer's cookie" : p.ok ? paint.green("plays") : paint.red(p.reason), p?.ok && p.ageSeconds !== null ? `${Math.max(0, p.ageSeconds).toFixed(1)} s` : "–",
  ]));
  const air = aired.length === 0 ? [] : [`${paint.bold("On air")}\n${columns(["stream", "transcoder", "on air", "choice"], aired.map((a) => [a.stream, a.transcoder, a.active === "slate" ? paint.yellow("slate") : a.active, a.override === "auto" ? "auto" : paint.yellow(a.override)]))}`];
  return [`${paint.bold("Hosts")}\n${hosts}`, `${paint.bold("Streams")}\n${played}`, ...air, `Bitrates and encoders' speed: CloudWatch, namespace headend/${stack}; hosts' logs: groups /headend/${stack}/….`].join("\n\n");
}
