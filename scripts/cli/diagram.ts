import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { compareDiagrams } from "./diagram/compare.ts";
import { diagramMermaid } from "./diagram/mermaid.ts";
import type { Diagram } from "./diagram/model.ts";
import { readDiagram } from "./diagram/read.ts";
import { shorten } from "./diagram/shorten.ts";
import { diagramSvg } from "./diagram/svg.ts";
import { InputError } from "./lib/errors.ts";
import { note, print } from "./lib/output.ts";
import { shown } from "./lib/places.ts";
import { loadAndPlan } from "./lib/topology.ts";

export interface DiagramOptions { readonly format: string; readonly out?: string; readonly scale: number }

const FORMATS: Readonly<Record<string, (diagram: Diagram) => string>> = { svg: diagramSvg, mermaid: diagramMermaid };

/** `headend diagram FILE [NEW]`: the path of the streams, or with two files what the edit between them changes. */
export function diagram(file: string, newer: string | undefined, options: DiagramOptions): void {
  const draw = Object.hasOwn(FORMATS, options.format) ? FORMATS[options.format] : undefined;
  if (draw === undefined) throw new InputError(`--format is "${options.format}".`, `Allowed: ${Object.keys(FORMATS).join(", ")}.`);
  const read = (name: string): Diagram => {
    const { loaded, plan } = loadAndPlan(name, options.scale, { lint: false });
    return readDiagram(loaded.topology, plan);
  };
  const short = shorten(newer === undefined ? read(file) : compareDiagrams(read(file), read(newer)));
  const text = draw(short);
  if (options.out === undefined || options.out === "-") { print(text.trimEnd()); return; }
  writeFileSync(resolve(options.out), text);
  note([`${shown(resolve(options.out))} written.`, ...short.notes.map((line) => `${line[0]!.toUpperCase()}${line.slice(1)}.`)].join("\n"));
}
