import { mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
// @ts-expect-error plain JavaScript: it runs before TypeScript is there
import { compile, currentEntry } from "../../../scripts/compiled.mjs";
import { inFolder } from "./fakes.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

/** A clone of two sources. */
function clone(root: string): void {
  mkdirSync(join(root, "scripts/parts"), { recursive: true });
  mkdirSync(join(root, "node_modules"));
  symlinkSync(join(ROOT, "node_modules/picocolors"), join(root, "node_modules/picocolors"));
  writeFileSync(join(root, "scripts/headend.ts"), 'import pc from "picocolors";\nimport { join } from "node:path";\nconst word: string = "one";\nexport const said = pc.createColors(false).red(word);\nexport const late = async (): Promise<string> => (await import("./parts/late.ts")).here;\nexport const spoken = async (): Promise<string> => (await import("./parts/late.ts")).spoken;\nexport const joined = join("a", "b");\n');
  writeFileSync(join(root, "scripts/parts/late.ts"), "export const here: string = import.meta.url;\nexport const spoken: string = 'a banner for others: import.meta.url';\n");
}

describe("the compiled command", () => {
  it("is the sources: packages inside, parts loaded late, addresses those of the sources", () => inFolder(async (root) => {
    clone(root);
    expect(currentEntry(root, "packages")).toBeNull();
    const entry = await compile(root, "packages") as string;
    expect(currentEntry(root, "packages")).toBe(entry);
    const program = await import(pathToFileURL(entry).href) as { said: string; joined: string; late: () => Promise<string>; spoken: () => Promise<string> };
    expect(program.said).toBe("one");
    expect(await program.late()).toBe(pathToFileURL(join(root, "scripts/parts/late.ts")).href);
    // Text stays text: set-up writes such a line into the programs that the host image is named by.
    expect(await program.spoken()).toBe("a banner for others: import.meta.url");
    expect(readFileSync(entry, "utf8")).not.toContain("late.ts\";");
  }));

  it("is made again when a source, the packages or Node change, and not otherwise", () => inFolder(async (root) => {
    clone(root);
    const entry = await compile(root, "packages") as string;
    expect(currentEntry(root, "other packages")).toBeNull();
    const late = join(root, "scripts/parts/late.ts");
    utimesSync(late, new Date(), new Date(Date.now() + 5000));
    expect(currentEntry(root, "packages")).toBeNull();
    expect(await compile(root, "packages")).toBe(entry);
    writeFileSync(late, "export const here: string = \"new\";\n");
    expect(currentEntry(root, "packages")).toBeNull();
    expect(await compile(root, "packages")).not.toBe(entry);
    // An older one stays for a while: a command that runs may still load parts of it.
    expect(readdirSync(join(root, "node_modules/.cache/headend")).filter((name) => name.startsWith("cli-"))).toHaveLength(2);
  }));

  it("is not made of sources with a mistake; whoever asks runs the sources and sees it", () => inFolder(async (root) => {
    clone(root);
    writeFileSync(join(root, "scripts/parts/late.ts"), "export const here = ;\n");
    await expect(compile(root, "packages")).rejects.toThrow(/Unexpected/);
    expect(currentEntry(root, "packages")).toBeNull();
  }));
});
