import { spawnSync } from "node:child_process";
import type { OnAir } from "../../plan/impact/on-air.ts";
import { RELAY_API_PORT } from "../../render/paths.ts";
import { containerName } from "./host.ts";

interface PathList { readonly items?: readonly { readonly name: string; readonly online?: boolean; readonly ready?: boolean }[] }

/** Who publishes at a stack's multiplexers now, as these say themselves; one that does not answer has nobody whom an apply could cut off. */
export function localOnAir(stack: string, multiplexers: readonly string[]): OnAir[] {
  return multiplexers.flatMap((multiplexer) => {
    const asked = spawnSync("docker", ["exec", containerName(stack, multiplexer), "curl", "-s", "--max-time", "3", `http://127.0.0.1:${RELAY_API_PORT}/v3/paths/list?itemsPerPage=1000`], { encoding: "utf8", timeout: 20_000 });
    if (asked.status !== 0) return [];
    return (JSON.parse(asked.stdout) as PathList).items?.flatMap(({ name, online, ready }) => {
      const [stream = "", publisher = ""] = name.split("/");
      return online ?? ready ?? false ? [{ multiplexer, stream, publisher }] : [];
    }) ?? [];
  });
}
