/** command:local:Command, by the rules of pulumi-command 1.2.1. */
import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { checkInputs } from "../bridge/check.ts";
import { fieldsOf } from "../bridge/schema.ts";
import type { SchemaFile } from "../bridge/schema.ts";
import { PluginError } from "../resource.ts";
import type { Context, DiffKind, Resource } from "../resource.ts";
import schema from "../schemas/command.json" with { type: "json" };
import { UNKNOWN, assetArchive, fileAsset, hasSecret, hasUnknown, isObject, plain, plainProperties, sameValue, secret, secretTexts } from "../wire/values.ts";
import type { Properties, Value } from "../wire/values.ts";
import { globFiles } from "./glob.ts";
import { redact, runCommand } from "./run.ts";

export const commandSchema = schema as unknown as SchemaFile;
const LOGGING = ["stdout", "stderr", "stdoutAndStderr", "none"];

export const LOCAL_COMMAND = fieldsOf(commandSchema, "command:local:Command", {
  lists: ["triggers", "interpreter", "assetPaths", "archivePaths"],
  validators: {
    logging: (value) => typeof value === "string" && LOGGING.includes(value) ? undefined : `${JSON.stringify(value)} is not allowed here; use one of ${LOGGING.join(", ")}`,
  },
});

/** Every change of an input. A trigger replaces the command, unless `update` says how to follow. */
export function diffCommand(olds: Properties, news: Properties): Map<string, DiffKind> {
  const changes = new Map<string, DiffKind>();
  const follows = typeof news["update"] === "string";
  const walk = (path: string, before: Value | undefined, after: Value | undefined): void => {
    if (sameValue(before, after) && !hasUnknown(after)) return;
    const absent = (value: Value | undefined): boolean => value === undefined || value === null;
    if (isObject(before) && isObject(after)) {
      for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
        walk(/^[A-Za-z_]\w*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`, before[key], after[key]);
      }
    } else if (Array.isArray(before) && Array.isArray(after)) {
      for (let i = 0; i < Math.max(before.length, after.length); i++) walk(`${path}[${i}]`, before[i], after[i]);
    } else {
      const kind = absent(before) ? "add" : absent(after) ? "delete" : "update";
      changes.set(path, path.startsWith("triggers") && !follows ? `${kind}-replace` : kind);
    }
  };
  for (const name of Object.keys(LOCAL_COMMAND)) walk(name, olds[name], news[name]);
  return changes;
}

export function localCommandResource(): Resource {
  const run = async (text: string | undefined, inputs: Properties, previous: Properties, context: Context): Promise<Properties> => {
    if (text === undefined) return outputsOf(inputs, previous, {});
    const values = plainProperties(inputs);
    const before = plainProperties(previous);
    const environment = isObject(values["environment"]) ? values["environment"] : {};
    const hide = secretTexts(inputs);
    const interpreter = stringsOf(values["interpreter"]);
    const dir = typeof values["dir"] === "string" ? path.resolve(values["dir"]) : process.cwd();
    const logging = values["logging"] ?? "stdoutAndStderr";
    const withPrevious = values["addPreviousOutputInEnv"] !== false;
    const output = await runCommand({
      args: [...(interpreter.length > 0 ? interpreter : ["/bin/sh", "-c"]), text],
      dir, hide, title: `the command ${context.name}`, signal: context.signal,
      env: {
        ...process.env, ...Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, String(value)])),
        ...(withPrevious && before["stdout"] ? { PULUMI_COMMAND_STDOUT: String(before["stdout"]) } : {}),
        ...(withPrevious && before["stderr"] ? { PULUMI_COMMAND_STDERR: String(before["stderr"]) } : {}),
      },
      stdin: typeof values["stdin"] === "string" ? values["stdin"] : "",
      onLine: (stream, line) => {
        if (logging === stream || logging === "stdoutAndStderr") context.log("info", redact(line, hide), true);
      },
    });
    return outputsOf(inputs, { stdout: output.stdout, stderr: output.stderr }, filesOf(values, dir));
  };
  const previewed = (inputs: Properties): Properties => outputsOf(inputs, { stdout: UNKNOWN, stderr: UNKNOWN }, {
    ...(inputs["assetPaths"] === undefined ? {} : { assets: UNKNOWN }),
    ...(inputs["archivePaths"] === undefined ? {} : { archive: UNKNOWN }),
  });

  return {
    check({ news }) {
      const { failures } = checkInputs(LOCAL_COMMAND, {}, plainProperties(news), { defaults: false });
      // The program's own values go on, secrets still wrapped.
      const inputs = Object.fromEntries(Object.entries(news).filter(([name, value]) => value !== null && !name.startsWith("__")));
      return { inputs, failures };
    },
    diff({ state, oldInputs, news }) {
      const olds = Object.keys(oldInputs).length > 0 ? oldInputs : state;
      return { changes: diffCommand(plainProperties(olds), plainProperties(news)), deleteBeforeReplace: false };
    },
    async create({ inputs, preview }, context) {
      if (preview) return { id: "", outputs: previewed(inputs) };
      const id = `${context.name}${randomBytes(4).toString("hex")}`;
      return { id, outputs: await run(textOf(inputs, "create"), inputs, {}, context) };
    },
    async read({ id, state, inputs }) {
      if (Object.keys(state).length === 0) throw new PluginError("a command:local:Command cannot be imported: there is nothing outside of Pulumi to read");
      return { id, outputs: state, inputs };
    },
    async update({ state, inputs, preview }, context) {
      if (preview) return previewed(inputs);
      return run(textOf(inputs, "update") ?? textOf(inputs, "create"), inputs, state, context);
    },
    async delete({ state }, context) {
      const text = textOf(state, "delete");
      if (text !== undefined) await run(text, state, state, context);
    },
  };
}

function textOf(properties: Properties, name: string): string | undefined {
  const value = plain(properties[name] ?? null);
  return typeof value === "string" ? value : undefined;
}

function stringsOf(value: Value | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** Inputs and results together. A command that was handed a secret may print it, so then its output is secret too. */
function outputsOf(inputs: Properties, results: Properties, files: Properties): Properties {
  const inherit = Object.values(inputs).some(hasSecret) ? secret : (value: Value): Value => value;
  const known = Object.fromEntries(Object.keys(LOCAL_COMMAND).filter((name) => inputs[name] !== undefined).map((name) => [name, inputs[name] ?? null]));
  return { ...known, stdout: inherit(results["stdout"] ?? ""), stderr: inherit(results["stderr"] ?? ""), ...files };
}

/** `assets` and `archive` of the files the command left behind. */
function filesOf(values: Properties, dir: string): Properties {
  const asset = (file: string): Properties => {
    const full = path.join(dir, file);
    return fileAsset(full, createHash("sha256").update(fs.readFileSync(full)).digest("hex"));
  };
  const select = (name: string): Properties => Object.fromEntries(globFiles(dir, stringsOf(values[name])).map((file) => [file, asset(file)]));
  return {
    ...(values["assetPaths"] === undefined ? {} : { assets: select("assetPaths") }),
    ...(values["archivePaths"] === undefined ? {} : { archive: assetArchive(select("archivePaths")) }),
  };
}
