import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { InputError } from "./errors.ts";
import { shown } from "./places.ts";

/** A file of a folder that a command writes; `mode` as in chmod. */
export interface OutputFile { readonly path: string; readonly content: string; readonly mode: number }

/** What a folder is written by: its mark shows that the folder is ours to replace. */
export interface FolderKind { readonly command: string; readonly mark: string; readonly mode: number }

/** @throws InputError when the folder may not be written: a file, not empty, or not ours while `force` is set */
export function refuseToOverwrite(out: string, { command, mark }: FolderKind, force: boolean): void {
  if (!existsSync(out)) return;
  if (!statSync(out).isDirectory()) throw new InputError(`${shown(out)} is a file.`, "Give a folder that is empty or does not exist.");
  const inside = readdirSync(out);
  if (inside.length === 0) return;
  if (!force) throw new InputError(`${shown(out)} is not empty.`, "Choose another folder, or replace what is in it with --force.");
  if (!inside.includes(mark)) throw new InputError(`${shown(out)} was not written by \`${command}\`; --force replaces only such folders.`, "Choose another folder, or empty this one yourself.");
}

/** Writes a folder that appears whole or not at all. Look with {@link refuseToOverwrite} first. */
export function writeFolder(out: string, { command, mark, mode }: FolderKind, files: readonly OutputFile[]): void {
  mkdirSync(dirname(out), { recursive: true });
  const staged = mkdtempSync(join(dirname(out), `.${basename(out)}-`));
  try {
    writeFileSync(join(staged, mark), `written by ${command}\n`);
    for (const { path, content, mode: fileMode } of files) {
      const target = join(staged, path);
      mkdirSync(dirname(target), { recursive: true, mode });
      writeFileSync(target, content, { mode: fileMode });
    }
  } catch (error) {
    rmSync(staged, { recursive: true, force: true });
    throw error;
  }
  const old = `${staged}-old`;
  if (existsSync(out)) renameSync(out, old);
  renameSync(staged, out);
  rmSync(old, { recursive: true, force: true });
}
