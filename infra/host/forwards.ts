/** What a service was told over its API, added to the file that it is about to read again (see KeptState in render/bundle.ts). */
import { request } from "node:http";
import type { KeptState } from "../render/bundle.ts";
import type { HostFile } from "./stage.ts";

/** Destinations by path. */
export type Forwards = ReadonlyMap<string, readonly string[]>;

/** Asks MediaMTX's API. Resolves to an empty map when it does not answer: then there is nothing to lose. */
export type AskForwards = (api: string) => Promise<Forwards>;

const TIMEOUT_MS = 1000;
const PAGE = 1000;

interface Answer { readonly pageCount: number; readonly items: readonly { readonly name: string; readonly forward?: readonly { readonly dest: string }[] | null }[] }

export const askForwards: AskForwards = async (api) => {
  const found = new Map<string, readonly string[]>();
  try {
    for (let page = 0, pages = 1; page < pages; page++) {
      const answer = JSON.parse(await get(`${api}/v3/config/paths/list?itemsPerPage=${PAGE}&page=${page}`)) as Answer;
      pages = answer.pageCount;
      for (const { name, forward } of answer.items) if (forward && forward.length > 0) found.set(name, forward.map(({ dest }) => dest));
    }
  } catch { return new Map(); }
  return found;
};

/**
 * A rendered MediaMTX configuration with these forwards in those of its paths that have none of their own. MediaMTX 1.20.1 leaves a path
 * alone whose configuration is the same after a reload (tried: the forwarding session goes on).
 */
export function withForwards(text: string, forwards: Forwards): string {
  if (forwards.size === 0) return text;
  const lines = text.split("\n");
  const start = lines.indexOf("paths:");
  if (start < 0) return text;
  const after = lines.findIndex((line, i) => i > start && !line.startsWith(" "));
  return lines.flatMap((line, i) => {
    const name = i > start && i < after ? pathOf(line) : null;
    const kept = name === null ? undefined : forwards.get(name);
    if (kept === undefined || hasForward(lines, i + 1)) return [line];
    return [line, "    forward:", ...kept.map((dest) => `      - dest: ${JSON.stringify(dest)}`)];
  }).join("\n");
}

/** Those of `files` that services would forget something with, with what these know now. */
export async function filesWithKept(keeps: readonly KeptState[], files: readonly HostFile[], ask: AskForwards): Promise<readonly HostFile[]> {
  return (await Promise.all(keeps.map(async ({ file, api }) => {
    const rendered = files.find((f) => f.path === file);
    return rendered ? [{ ...rendered, content: withForwards(rendered.content, await ask(api)) }] : [];
  }))).flat();
}

/** Name of the path whose settings begin with this line of `paths`, plain or quoted. */
function pathOf(line: string): string | null {
  const key = /^ {2}(\S.*):$/.exec(line)?.[1];
  if (key === undefined) return null;
  return key.startsWith('"') ? JSON.parse(key) as string : key;
}

function hasForward(lines: readonly string[], from: number): boolean {
  for (let i = from; lines[i]?.startsWith("    "); i++) if (lines[i]?.startsWith("    forward:")) return true;
  return false;
}

function get(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(url, { timeout: TIMEOUT_MS, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => { if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString("utf8")); else reject(new Error(`answered ${response.statusCode}`)); });
    });
    call.on("timeout", () => call.destroy(new Error("no answer")));
    call.on("error", reject);
    call.end();
  });
}
