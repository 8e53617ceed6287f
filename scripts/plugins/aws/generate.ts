/**
 * Writes schemas/aws.json from the declarations in @pulumi/aws: inputs and outputs with type, required, secret, and, where the
 * documentation of a property says so, that a change replaces. Run it after changing types.ts or the package's version:
 * `npx tsx scripts/plugins/aws/generate.ts` (`--check` only tells whether the file is up to date).
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import type { SchemaFile } from "../bridge/schema.ts";
import { AWS_TYPES, tokenOf } from "./types.ts";

type Property = SchemaFile["types"][string] extends { properties?: infer P } ? P extends Record<string, infer V> | undefined ? V : never : never;
type Resource = SchemaFile["resources"][string];

const PACKAGE = dirname(createRequire(import.meta.url).resolve("@pulumi/aws/package.json"));
const FILE = resolve(dirname(fileURLToPath(import.meta.url)), "../schemas/aws.json");
/** Said in a property's documentation when a change means a new resource. */
const REPLACES = /forces? (?:a )?new resource|forces? (?:a )?replacement|will (?:destroy|force).{0,40}recreat|forces? (?:the )?(?:creation|recreation) of a new/i;

class Generator {
  private readonly inputs = declarations(join(PACKAGE, "types/input.d.ts"));
  readonly types: SchemaFile["types"] = {};

  resource(type: string): Resource {
    const token = tokenOf(type);
    const [module = "", name = ""] = type.split("/");
    const base = join(PACKAGE, module, `${name.charAt(0).toLowerCase()}${name.slice(1)}`);
    const js = readFileSync(`${base}.js`, "utf8");
    if (!js.includes(`__pulumiType = '${token}'`)) throw new Error(`${base}.js does not define ${token}`);
    const source = parse(`${base}.d.ts`);
    let inputs: Record<string, Property> = {}, outputs: Record<string, Property> = {};
    ts.forEachChild(source, (node) => {
      if (ts.isInterfaceDeclaration(node) && node.name.text === `${name}Args`) inputs = this.members(node.members, source);
      if (ts.isClassDeclaration(node) && node.name?.text === name) outputs = this.members(node.members, source);
    });
    const secrets = new Set([...js.matchAll(/resourceInputs\["(\w+)"\] = args\?\.\1 \? pulumi\.secret/g)].map((m) => m[1] ?? ""));
    for (const key of Object.keys(inputs)) if (secrets.has(key)) inputs[key] = { ...inputs[key] as Property, secret: true };
    // An input's own description is the same as the output's: only names, type and presence are kept of outputs.
    return { inputs, outputs: Object.fromEntries(Object.entries(outputs).map(([key, p]) => [key, { type: p.type, ...(p.required ? { always: true } : {}) }])) };
  }

  private members(members: ts.NodeArray<ts.TypeElement> | ts.NodeArray<ts.ClassElement>, source: ts.SourceFile): Record<string, Property> {
    const found: [string, Property][] = [];
    for (const member of members) {
      if (!(ts.isPropertySignature(member) || ts.isPropertyDeclaration(member)) || member.type === undefined) continue;
      const modifiers = ts.getModifiers(member as ts.PropertyDeclaration) ?? [];
      if (modifiers.some((m) => m.kind === ts.SyntaxKind.StaticKeyword)) continue;
      const name = member.name.getText(source);
      const doc = ts.getJSDocCommentsAndTags(member).map((d) => d.getText(source)).join(" ");
      const optional = member.questionToken !== undefined || /\| undefined>?$/.test(member.type.getText(source));
      found.push([name, { type: this.type(member.type, source), ...(optional ? {} : { required: true }), ...(REPLACES.test(doc) ? { replaces: true } : {}) }]);
    }
    return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private type(node: ts.TypeNode, source: ts.SourceFile): Property["type"] {
    if (ts.isArrayTypeNode(node)) return { array: this.type(node.elementType, source) };
    if (ts.isUnionTypeNode(node)) {
      const known = node.types.map((t) => this.type(t, source)).filter((t) => t !== "undefined");
      // Text or something that stands for it: a policy as an object, a resource for its id.
      return known.find((t) => t === "string") ?? known[0] ?? "Any";
    }
    if (ts.isTypeLiteralNode(node)) {
      const index = node.members.find(ts.isIndexSignatureDeclaration);
      return index ? { map: this.type(index.type, source) } : "Any";
    }
    if (ts.isTypeReferenceNode(node)) return this.reference(node, source);
    const text = node.getText(source);
    return text === "number" || text === "string" || text === "boolean" || text === "undefined" ? text : "Any";
  }

  private reference(node: ts.TypeReferenceNode, source: ts.SourceFile): Property["type"] {
    const name = node.typeName.getText(source);
    const [argument] = node.typeArguments ?? [];
    if (argument && (name === "pulumi.Input" || name === "pulumi.Output")) return this.type(argument, source);
    const nested = /^(?:inputs|outputs)\.(.+)$/.exec(name);
    if (nested) return this.nested(nested[1] ?? "");
    if (name.startsWith("pulumi.asset.Asset")) return "Asset";
    if (name.startsWith("pulumi.asset.Archive")) return "Archive";
    // Enumerations, and resources given in place of their id.
    return "string";
  }

  private nested(name: string): Property["type"] {
    const found = this.inputs.get(name);
    if (found === undefined) return "Any";
    if (this.types[name] === undefined) {
      this.types[name] = {};
      this.types[name] = { properties: this.members(found.node.members, found.source) };
    }
    return { ref: name };
  }
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022, true);
}

interface Declaration { readonly node: ts.InterfaceDeclaration; readonly source: ts.SourceFile }

/** Interfaces by dotted name: `ec2.InstanceMetadataOptions`. */
function declarations(file: string): Map<string, Declaration> {
  const source = parse(file);
  const found = new Map<string, Declaration>();
  const walk = (node: ts.Node, prefix: string): void => {
    if (ts.isInterfaceDeclaration(node)) found.set(`${prefix}${node.name.text}`, { node, source });
    if (ts.isModuleDeclaration(node) && node.body) ts.forEachChild(node.body, (inner) => walk(inner, `${prefix}${node.name.text}.`));
  };
  ts.forEachChild(source, (node) => walk(node, ""));
  return found;
}

/** One line a type, so that a new version of the package shows a readable diff. */
function format(file: SchemaFile): string {
  const lines = (of: Record<string, unknown>): string => Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => `  ${JSON.stringify(k)}: ${JSON.stringify(v)}`).join(",\n");
  return `{\n "plugin": "${file.plugin}",\n "version": "${file.version}",\n "resources": {\n${lines(file.resources)}\n },\n "types": {\n${lines(file.types)}\n }\n}\n`;
}

/** The text of schemas/aws.json as the installed @pulumi/aws has it. */
export function generate(): string {
  const generator = new Generator();
  const resources = Object.fromEntries(AWS_TYPES.map((type) => [tokenOf(type), generator.resource(type)]));
  const { version } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as { version: string };
  return format({ plugin: "aws", version, resources, types: generator.types });
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const text = generate();
  if (!process.argv.includes("--check")) writeFileSync(FILE, text);
  else if (readFileSync(FILE, "utf8") !== text) {
    process.stderr.write("scripts/plugins/schemas/aws.json is not what the installed @pulumi/aws says. Run: npx tsx scripts/plugins/aws/generate.ts\n");
    process.exitCode = 1;
  }
}
