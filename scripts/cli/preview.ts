import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ensureToolchain } from "../setup/index.ts";
import { note } from "./lib/output.ts";
import { ROOT } from "./lib/places.ts";
import { onAws, openStack, type Stack, stackNamed } from "./lib/stack.ts";
import { configValues, currentConfig, prepareStack } from "./up/configure.ts";

export interface PreviewOptions { readonly stack: string; readonly topology?: string; readonly json?: boolean }

/** What a first look at AWS shows, where no topology is named. */
const AWS_EXAMPLE = "stacks/festival.yaml";

/** `headend preview`: what `up` would change. @returns Pulumi's exit code */
export async function preview(options: PreviewOptions): Promise<number> {
  const aws = onAws(options.stack);
  await ensureToolchain({ root: ROOT, docker: !aws });
  const stack = aws ? await awsStack(options) : await openStack(options.stack);
  return await stack.interactive(["preview", "--diff", ...(options.json ? ["--json"] : [])]) === 0 ? 0 : 1;
}

/** A stack named aws makes itself, so that anybody can read what would be created: it needs no credentials, and deploys nothing. */
async function awsStack({ stack: name, topology }: PreviewOptions): Promise<Stack> {
  const stack = stackNamed(name);
  const current = await currentConfig(stack);
  if (current !== null && topology === undefined) return stack;
  const values = configValues(topology === undefined ? {} : { topology });
  values.set("target", "aws");
  if (!values.has("topology") && !current?.["topology"] && existsSync(resolve(ROOT, AWS_EXAMPLE))) {
    values.set("topology", AWS_EXAMPLE);
    note(`Shown: ${AWS_EXAMPLE}. Another one: npx headend preview --stack ${name} --topology FILE`);
  }
  await prepareStack(stack, current, values);
  return stack;
}
