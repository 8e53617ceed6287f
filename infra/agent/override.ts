import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { OVERRIDES, type Override } from "./selection.ts";

/** A stream's manual choice of input; it survives a restart of the agent. */
export class OverrideFile {
  private override: Override;

  constructor(private readonly file: string) { this.override = read(file); }

  get current(): Override { return this.override; }

  set(override: Override): void {
    this.override = override;
    mkdirSync(dirname(this.file), { recursive: true });
    if (override === "auto") rmSync(this.file, { force: true });
    else writeFileSync(this.file, override);
  }
}

function read(file: string): Override {
  try { const text = readFileSync(file, "utf8").trim(); return OVERRIDES.find((o) => o === text) ?? "auto"; } catch { return "auto"; }
}
