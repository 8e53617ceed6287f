/** The stand-in for the command plugin 1.2.1: commands on this machine; remote ones are refused by name. */
import { packageSchema } from "../bridge/package-schema.ts";
import type { Plugin } from "../resource.ts";
import { commandSchema, localCommandResource } from "./local.ts";

export function commandPlugin(): Plugin {
  return {
    name: "command", version: commandSchema.version, acceptSecrets: true,
    resources: new Map([["command:local:Command", localCommandResource()]]),
    configKeys: [], replacingConfigKeys: [],
    schema: () => packageSchema(commandSchema),
    configure: () => undefined,
  };
}
