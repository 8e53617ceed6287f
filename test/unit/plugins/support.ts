import { commandPlugin } from "../../../scripts/plugins/command/plugin.ts";
import { dockerPlugin } from "../../../scripts/plugins/docker/plugin.ts";
import type { Context, DiffResult, Plugin, Resource } from "../../../scripts/plugins/resource.ts";
import { tlsPlugin } from "../../../scripts/plugins/tls/plugin.ts";
import type { Properties } from "../../../scripts/plugins/wire/values.ts";

export const PLUGINS: readonly Plugin[] = [dockerPlugin(), commandPlugin(), tlsPlugin()];

export function resource(token: string): Resource {
  const found = PLUGINS.map((plugin) => plugin.resources.get(token)).find((r) => r !== undefined);
  if (found === undefined) throw new Error(`no resource ${token}`);
  return found;
}

export function context(over: Partial<Context> = {}): Context {
  return { urn: "urn:pulumi:s::p::t::box", name: "box", signal: new AbortController().signal, log: () => undefined, ...over };
}

/** Inputs of a program that the plugin accepts. */
export function checked(token: string, news: Properties, olds: Properties = {}): Properties {
  const { inputs, failures } = resource(token).check({ olds, news, seed: new Uint8Array([1, 2, 3]) }, context());
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
  return inputs;
}

export function diff(token: string, state: Properties, oldInputs: Properties, news: Properties): DiffResult {
  return resource(token).diff({ id: "id", state, oldInputs, news }, context());
}
