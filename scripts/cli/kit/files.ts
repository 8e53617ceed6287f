import type { OutputFile } from "../lib/folder.ts";
import { kitHtml } from "./html.ts";
import type { Kit, PublisherKit } from "./kit.ts";
import { obsProfiles } from "./obs.ts";

/** What one publisher needs of a kit: nothing of other streams. */
export function kitOf(kit: Kit, ...publishers: readonly PublisherKit[]): Kit {
  const streams = new Set(publishers.map((p) => p.stream));
  return { ...kit, publishers, viewers: Object.fromEntries(Object.entries(kit.viewers).filter(([stream]) => streams.has(stream))) };
}

/**
 * Everything to hand out, as files: per publisher a sheet, its data and OBS profiles; `kit.json` is the whole.
 * Files are for their owner only when they hold keys.
 */
export function kitFiles(kit: Kit): OutputFile[] {
  const mode = kit.secretsShown ? 0o600 : 0o644;
  const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
  const publishers = kit.publishers.flatMap((publisher): OutputFile[] => {
    // Names hold no dots, so no two publishers share a folder.
    const folder = `${publisher.stream}.${publisher.publisher}`;
    return [
      { path: `${folder}/sheet.html`, content: kitHtml(kit, publisher), mode },
      { path: `${folder}/kit.json`, content: json(kitOf(kit, publisher)), mode },
      ...obsProfiles(kit.name, publisher).flatMap((profile) => Object.entries(profile.files).map(([name, content]) => ({ path: `${folder}/obs/${profile.folder}/${name}`, content, mode }))),
    ];
  });
  return [...publishers, { path: "kit.json", content: json(kit), mode }];
}
