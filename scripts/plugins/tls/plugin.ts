/** The stand-in for the tls plugin 5.6.1. */
import { packageSchema } from "../bridge/package-schema.ts";
import type { Plugin } from "../resource.ts";
import { TLS_KINDS, tlsResource } from "./resources.ts";
import { tlsSchema } from "./tables.ts";

export function tlsPlugin(): Plugin {
  return {
    name: "tls", version: tlsSchema.version, acceptSecrets: false,
    resources: new Map(TLS_KINDS.map((kind) => [kind.token, tlsResource(kind)])),
    configKeys: ["proxy"], replacingConfigKeys: [],
    schema: () => packageSchema(tlsSchema),
    configure: () => undefined,
  };
}
