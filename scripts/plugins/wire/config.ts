/** A provider's own configuration: which keys exist, and which change means another system. */
import type { CheckFailure, DiffKind, Plugin } from "../resource.ts";
import { nearest } from "../suggest.ts";
import { sameValue } from "./values.ts";
import type { Properties } from "./values.ts";

/** Keys every provider gets from the engine, whatever its schema says. */
const ENGINE_KEYS: readonly string[] = ["version", "pluginDownloadURL", "__internal", "__defaults"];

/** Refuses keys the plugin does not have. */
export function checkConfig(plugin: Plugin, news: Properties): CheckFailure[] {
  return Object.keys(news)
    .filter((key) => !ENGINE_KEYS.includes(key) && !plugin.configKeys.includes(key))
    .map((key) => {
      const near = nearest(key, plugin.configKeys);
      return { property: key, reason: `"${key}" is not a setting of the ${plugin.name} provider${near === undefined ? "" : `; did you mean "${near}"?`}` };
    });
}

/** What changed between two configurations; a key that names another system replaces the provider. */
export function diffConfig(plugin: Plugin, olds: Properties, news: Properties): Map<string, DiffKind> {
  const changes = new Map<string, DiffKind>();
  for (const key of plugin.configKeys) {
    if (sameValue(olds[key], news[key])) continue;
    changes.set(key, plugin.replacingConfigKeys.includes(key) ? "update-replace" : "update");
  }
  return changes;
}
