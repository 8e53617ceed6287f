/** docker:index/volume:Volume. Nothing of a volume can be changed: every edit makes a new one. */
import { autoname, hasFixedName } from "../bridge/autoname.ts";
import { checkInputs } from "../bridge/check.ts";
import { diffInputs } from "../bridge/diff.ts";
import { META, importedInputs, metaOf, refreshedInputs, withFallbacks } from "../bridge/state.ts";
import { PluginError } from "../resource.ts";
import type { Resource } from "../resource.ts";
import { UNKNOWN } from "../wire/values.ts";
import type { Properties } from "../wire/values.ts";
import { removeWhenFree } from "./busy.ts";
import { DockerError } from "./client.ts";
import type { DockerClient } from "./client.ts";
import { compact, labelList, labelMap, object, text, textMap } from "./props.ts";
import { VOLUME } from "./tables.ts";

const SCHEMA = metaOf(1, false);

export function volumeResource(docker: () => DockerClient): Resource {
  const inspect = async (id: string): Promise<Properties | undefined> => {
    try {
      return object({ info: await docker().call("GET", `/volumes/${encodeURIComponent(id)}`) }, "info");
    } catch (error) {
      if (error instanceof DockerError && error.status === 404) return undefined;
      throw error;
    }
  };
  return {
    check({ olds, news, seed, autonaming }, context) {
      const { inputs, failures } = checkInputs(VOLUME, olds, news, { defaults: true });
      if (inputs["cluster"] !== undefined) failures.push({ property: "cluster", reason: "\"cluster\" volumes are not supported by headend's stand-in for the docker plugin; install the official one" });
      return { inputs, failures: [...failures, ...autoname(inputs, olds, context.name, seed, autonaming)] };
    },
    diff: ({ state, news }) => ({
      changes: diffInputs(VOLUME, state, news), deleteBeforeReplace: hasFixedName(news), stables: Object.keys(VOLUME),
    }),
    async create({ inputs, preview }, context) {
      const wanted = withFallbacks(VOLUME, inputs);
      if (preview) return { id: "", outputs: { driver: UNKNOWN, mountpoint: UNKNOWN, ...wanted } };
      if (context.signal.aborted) throw new PluginError("cancelled before the create began; nothing was changed");
      const info = await docker().call("POST", "/volumes/create", {
        body: compact({ Name: text(inputs, "name"), Labels: labelMap(inputs), Driver: text(inputs, "driver"), DriverOpts: textMap(inputs, "driverOpts") }),
      });
      const made = object({ info }, "info");
      return { id: String(made["Name"]), outputs: volumeState(made) };
    },
    async read({ id, state, inputs }) {
      const info = await inspect(id);
      if (info === undefined) return undefined;
      const outputs = volumeState(info);
      return { id, outputs, inputs: Object.keys(state).length === 0 ? importedInputs(VOLUME, outputs) : refreshedInputs(VOLUME, inputs, outputs) };
    },
    update: async ({ id }) => volumeState((await inspect(id)) ?? {}),
    async delete({ id }, context) {
      await removeWhenFree(() => docker().call("DELETE", `/volumes/${encodeURIComponent(id)}`, { query: { force: true } }), /volume is in use/, `the volume ${id}`,
        `See \`docker ps -a --filter volume=${id}\`, remove those containers, and run again.`, context);
    },
  };
}

function volumeState(info: Properties): Properties {
  return {
    name: info["Name"] ?? "", labels: labelList(object(info, "Labels")), driver: info["Driver"] ?? "",
    driverOpts: object(info, "Options"), mountpoint: info["Mountpoint"] ?? "", [META]: SCHEMA,
  };
}
