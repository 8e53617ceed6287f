/** Any aws type: checked against the schema and AWS's own rules, compared like the official plugin, carried out by a backend. */
import { autoname, hasFixedName } from "../bridge/autoname.ts";
import { checkInputs } from "../bridge/check.ts";
import { diffInputs } from "../bridge/diff.ts";
import { fieldsOf } from "../bridge/schema.ts";
import type { Fields, SchemaFile } from "../bridge/schema.ts";
import { refreshedInputs, withFallbacks } from "../bridge/state.ts";
import type { CheckFailure, DiffKind, Resource } from "../resource.ts";
import { UNKNOWN, isObject, isUnknown } from "../wire/values.ts";
import type { Properties } from "../wire/values.ts";
import type { AwsBackend } from "./backend.ts";
import { JSON_DOCUMENTS, LISTS, REPLACES, rulesOf } from "./overlay.ts";
import { tokenOf } from "./types.ts";

/** Input fields of a type. */
export function awsFields(schema: SchemaFile, type: string): Fields {
  const token = tokenOf(type), inputs = Object.keys(schema.resources[token]?.inputs ?? {});
  return fieldsOf(schema, token, {
    lists: LISTS[type] ?? [],
    forceNew: [...REPLACES[type] ?? [], ...inputs.filter((name) => name === "region" || /(^namePrefix|Prefix)$/.test(name) && inputs.includes(name.replace(/Prefix$/, "")))],
  });
}

export function awsResource(schema: SchemaFile, type: string, backend: AwsBackend): Resource {
  const fields = awsFields(schema, type), outputs = schema.resources[tokenOf(type)]?.outputs ?? {};
  const naming = namingOf(fields);
  return {
    check({ olds, news, seed, autonaming }, context) {
      const { inputs, failures } = checkInputs(fields, olds, withDocuments(news), { defaults: true });
      if (naming !== null && inputs[`${naming}Prefix`] === undefined) failures.push(...nameAs(naming, inputs, olds, context.name, seed, autonaming));
      const found: CheckFailure[] = failures.length > 0 ? failures : [...rulesOf(type).flatMap((rule) => rule(inputs)), ...checkTags(inputs)];
      return { inputs, failures: found };
    },
    diff({ state, news }) {
      const changes = diffInputs(fields, state, news, (name, _old, given) => given === undefined && name === `${naming}Prefix`);
      if (type === "ec2/Instance" && news["userDataReplaceOnChange"] === true) replaceFor(changes, "userData", "userDataBase64");
      if (type === "lb/LoadBalancer" && state["loadBalancerType"] === "network") keepBalancer(changes, state, news);
      return { changes, deleteBeforeReplace: naming !== null && !changes.has(naming) && hasFixedName(renamed(news, naming, "name")), stables: [] };
    },
    async create(args, context) {
      if (!args.preview) return backend.create(type, args, context);
      return { id: "", outputs: { ...unknowns(outputs), ...withFallbacks(fields, args.inputs), ...tagsAll(args.inputs, outputs) } };
    },
    async update(args, context) {
      if (!args.preview) return backend.update(type, args, context);
      return { ...args.state, ...withFallbacks(fields, args.inputs), ...tagsAll(args.inputs, outputs) };
    },
    async read(args, context) {
      const found = await backend.read(type, args, context);
      return found && { ...found, inputs: Object.keys(args.inputs).length === 0 ? found.inputs : refreshedInputs(fields, args.inputs, found.outputs) };
    },
    delete: (args, context) => backend.delete(type, args, context),
  };
}

function unknowns(outputs: Readonly<Record<string, unknown>>): Properties {
  return Object.fromEntries(Object.keys(outputs).map((name) => [name, UNKNOWN]));
}

function tagsAll(inputs: Properties, outputs: Readonly<Record<string, unknown>>): Properties {
  return "tagsAll" in outputs ? { tagsAll: inputs["tags"] ?? {} } : {};
}

/** The optional input that the official plugin fills with the resource's name and random digits. */
function namingOf(fields: Fields): "name" | "bucket" | null {
  if (fields["name"] !== undefined && !fields["name"].required && fields["name"].kind === "string") return "name";
  return fields["bucketPrefix"] !== undefined ? "bucket" : null;
}

function nameAs(property: "name" | "bucket", inputs: Properties, olds: Properties, ...rest: [string, Uint8Array, Parameters<typeof autoname>[4]]): CheckFailure[] {
  const named = renamed(inputs, property, "name");
  const failures = autoname(named, renamed(olds, property, "name"), ...rest);
  Object.assign(inputs, renamed(named, "name", property));
  if (property !== "name") delete inputs["name"];
  return failures;
}

function renamed(properties: Properties, from: string, to: string): Properties {
  if (from === to) return properties;
  const { [from]: value, ...others } = properties;
  const defaults = Array.isArray(others["__defaults"]) ? { __defaults: others["__defaults"].map((name) => (name === from ? to : name)) } : {};
  return { ...others, ...defaults, ...(value === undefined ? {} : { [to]: value }) };
}

function withDocuments(news: Properties): Properties {
  const documents = JSON_DOCUMENTS.filter((name) => isObject(news[name])).map((name) => [name, JSON.stringify(news[name])] as const);
  return documents.length === 0 ? news : { ...news, ...Object.fromEntries(documents) };
}

function replaceFor(changes: Map<string, DiffKind>, ...names: readonly string[]): void {
  for (const name of names) {
    const kind = changes.get(name);
    if (kind !== undefined && !kind.endsWith("-replace")) changes.set(name, `${kind}-replace` as DiffKind);
  }
}

/** A network load balancer takes further subnets and other security groups; it is replaced when it loses a subnet, or gets its first group or loses its last. */
function keepBalancer(changes: Map<string, DiffKind>, state: Properties, news: Properties): void {
  const some = (list: unknown): boolean => Array.isArray(list) && list.length > 0;
  const grouped = some(state["securityGroups"]) === some(news["securityGroups"]), lost = [...changes].some(([path, kind]) => path.startsWith("subnets") && !kind.startsWith("add"));
  for (const [path, kind] of changes) {
    if ((path.startsWith("subnets") && !lost) || (path.startsWith("securityGroups") && grouped)) changes.set(path, kind.replace(/-replace$/, "") as DiffKind);
  }
}

const TAG = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

function checkTags(inputs: Properties): CheckFailure[] {
  const tags = inputs["tags"];
  if (!isObject(tags)) return [];
  const entries = Object.entries(tags).filter(([name]) => !name.startsWith("__"));
  const failures = entries.flatMap(([name, value]) => {
    const wrong = name.length > 128 || name.startsWith("aws:") || !TAG.test(name) || (typeof value === "string" && !isUnknown(value) && (value.length > 256 || !TAG.test(value)));
    return wrong ? [{ property: `tags.${name}`, reason: `the tag ${JSON.stringify(name)}: ${JSON.stringify(value)} is not allowed; use at most 128 and 256 letters, digits, spaces and _.:/=+-@` }] : [];
  });
  return entries.length > 50 ? [...failures, { property: "tags", reason: `${entries.length} tags; AWS takes 50 at most` }] : failures;
}
