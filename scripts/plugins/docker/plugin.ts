/** The stand-in for the docker plugin 5.2.0. */
import type { Plugin, Resource } from "../resource.ts";
import { PluginError } from "../resource.ts";
import { packageSchema } from "../bridge/package-schema.ts";
import { createDockerClient, dockerConfig } from "./client.ts";
import type { DockerClient } from "./client.ts";
import { containerResource } from "./container.ts";
import { networkResource } from "./network.ts";
import { remoteImageResource } from "./remote-image.ts";
import { dockerSchema } from "./tables.ts";
import { volumeResource } from "./volume.ts";

const CONFIG = ["host", "context", "caMaterial", "certMaterial", "keyMaterial", "certPath", "registryAuth", "sshOpts", "disableDockerDaemonCheck"] as const;

export function dockerPlugin(): Plugin {
  let client: DockerClient | undefined;
  const docker = (): DockerClient => (client ??= createDockerClient(dockerConfig({})));
  const resources = new Map<string, Resource>([
    ["docker:index/container:Container", containerResource(docker)],
    ["docker:index/network:Network", networkResource(docker)],
    ["docker:index/volume:Volume", volumeResource(docker)],
    ["docker:index/remoteImage:RemoteImage", remoteImageResource(docker)],
  ]);
  return {
    name: "docker", version: dockerSchema.version, acceptSecrets: false, resources,
    configKeys: CONFIG, replacingConfigKeys: [],
    schema: () => packageSchema(dockerSchema),
    configure(config) {
      if (typeof config["context"] === "string" && config["context"] !== "") {
        throw new PluginError("docker contexts are not supported by headend's stand-in for the docker plugin: set docker:host to the engine's address instead, or install the official plugin");
      }
      client = createDockerClient(dockerConfig(config));
    },
  };
}
