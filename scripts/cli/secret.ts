import { InputError } from "./lib/errors.ts";
import { note } from "./lib/output.ts";
import { askHidden } from "./lib/prompt.ts";
import { openStack } from "./lib/stack.ts";

/** `headend secret set NAME`: from a prompt that shows nothing, or from standard input. */
export async function setSecret(name: string, options: { readonly stack: string }): Promise<void> {
  if (!/^[a-z0-9][a-z0-9-]*$/i.test(name)) throw new InputError(`"${name}" is not the name of a secret.`, "Allowed: letters, digits and `-`, as in `secret:youtube`.");
  const stack = await openStack(options.stack);
  const value = process.stdin.isTTY ? await askHidden(`Value of ${name}: `) : (await readAll(process.stdin)).replace(/\r?\n$/, "");
  if (value === "") throw new InputError("The value is empty.", `Type it, or: printf %s "$KEY" | npx headend secret set ${name}`);
  if (/[\r\n\0]/.test(value)) throw new InputError("The value has more than one line.", "Give a single line.");
  await stack.setConfig(`headend:secrets["${name}"]`, value, { secret: true, path: true });
  note(`secret:${name} stored in stack ${stack.name}; the next \`npx headend up\` uses it.`);
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  stream.setEncoding("utf8");
  for await (const part of stream) text += part as string;
  return text;
}
