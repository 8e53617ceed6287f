import { existsSync, readdirSync, rmSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { ensureToolchain } from "../setup/index.ts";
import { labelled, remove } from "./lib/docker.ts";
import { EXIT, InputError } from "./lib/errors.ts";
import { note, paintError } from "./lib/output.ts";
import { ROOT, shown, stackDir } from "./lib/places.ts";
import { onAws, stackNamed, type Stack, type StackConfig } from "./lib/stack.ts";
import { recordingsDir } from "./up.ts";

export interface DownOptions { readonly stack: string; readonly yes?: boolean; readonly remove?: boolean }

/** `headend down`: destroys the stack and removes what it left in Docker. @returns the exit code */
export async function down(options: DownOptions): Promise<number> {
  await confirm(options);
  const aws = onAws(options.stack);
  await ensureToolchain({ root: ROOT, docker: !aws });
  const stack = stackNamed(options.stack);
  const exists = await stack.exists();
  const config: StackConfig = exists ? await stack.config() : {};
  if (exists) {
    const code = await stack.interactive(["destroy", "--yes", "--skip-preview", "--suppress-outputs"]);
    if (code !== 0) {
      note(code === EXIT.interrupted ? "\nInterrupted. Run the same command again: it goes on from there."
        : `\n${paintError.red("error:")} Pulumi did not finish; it says why above. Run the same command again: it goes on from there.`);
      return code === EXIT.interrupted ? code : EXIT.failure;
    }
  } else note(`There is no stack named ${stack.name}; looking for what it may have left.`);
  const clean = aws || await removeLeftovers(stack.name);
  if (!aws) tellRecordings(recordingsDir(stack.name, config));
  if (options.remove && exists) await forget(stack);
  return clean ? EXIT.ok : EXIT.failure;
}

async function confirm({ stack, yes, remove: forgetting }: DownOptions): Promise<void> {
  // `npm run down` in a script or a terminal means it: what is lost is rebuilt by `up`. Keys are not.
  if (yes || !forgetting) return;
  if (!process.stdin.isTTY) throw new InputError("down --remove forgets the stack's keys for ever.", "Add --yes to do it without being asked.");
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await ask.question(`Forget stack ${stack} with its stream keys and secrets? They cannot be had back. [y/N] `);
  ask.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new InputError("Nothing was done.");
}

/** Containers first: networks and volumes are held by them. */
async function removeLeftovers(stack: string): Promise<boolean> {
  const left = await labelled(stack);
  const failures: string[] = [];
  for (const thing of left) {
    const problem = await remove(thing);
    note(problem === null ? `removed ${thing.kind} ${thing.name}, which Pulumi did not know any more` : `${paintError.red("error:")} ${thing.kind} ${thing.name} stays: ${problem}`);
    if (problem !== null) failures.push(thing.name);
  }
  return failures.length === 0;
}

function tellRecordings(folder: string): void {
  if (existsSync(folder) && readdirSync(folder, { recursive: true, withFileTypes: true }).some((entry) => entry.isFile())) note(`Recordings are kept in ${shown(folder)}.`);
}

async function forget(stack: Stack): Promise<void> {
  await stack.pulumi(["stack", "rm", stack.name, "--yes"], `forget the stack ${stack.name}`);
  rmSync(stackDir(stack.name), { recursive: true, force: true });
  note(`stack ${stack.name} and its config removed`);
}
