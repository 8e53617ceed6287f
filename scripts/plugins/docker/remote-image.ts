/** docker:index/remoteImage:RemoteImage, for images that are already on the machine. Nothing is pulled or built. */
import { checkInputs } from "../bridge/check.ts";
import { diffInputs } from "../bridge/diff.ts";
import { META, importedInputs, metaOf, withFallbacks } from "../bridge/state.ts";
import { PluginError } from "../resource.ts";
import type { Resource } from "../resource.ts";
import { UNKNOWN } from "../wire/values.ts";
import type { Properties } from "../wire/values.ts";
import { DockerError } from "./client.ts";
import type { DockerClient } from "./client.ts";
import { flag, object, texts } from "./props.ts";
import { REMOTE_IMAGE } from "./tables.ts";

const SCHEMA = metaOf(0, true);

export function remoteImageResource(docker: () => DockerClient): Resource {
  const inspect = async (name: string): Promise<Properties | undefined> => {
    try {
      return object({ info: await docker().call("GET", `/images/${name}/json`) }, "info");
    } catch (error) {
      if (error instanceof DockerError && error.status === 404) return undefined;
      throw error;
    }
  };
  const found = async (inputs: Properties): Promise<{ id: string; outputs: Properties }> => {
    const name = String(inputs["name"]);
    const info = await inspect(name);
    if (info === undefined) throw new PluginError(`No such image ${name}: run \`npx headend setup\` to build it. (headend's stand-in for the docker plugin does not pull images.)`);
    return stateOf(inputs, name, info);
  };
  return {
    check({ olds, news }) {
      const { inputs, failures } = checkInputs(REMOTE_IMAGE, olds, news, { defaults: true });
      if (inputs["build"] !== undefined) failures.push({ property: "build", reason: "building is not supported by headend's stand-in for the docker plugin; install the official one, or build with `npx headend setup`" });
      return { inputs, failures };
    },
    diff: ({ state, news }) => ({ changes: diffInputs(REMOTE_IMAGE, state, news), deleteBeforeReplace: false }),
    async create({ inputs, preview }) {
      if (preview) return { id: "", outputs: { ...withFallbacks(REMOTE_IMAGE, inputs), imageId: UNKNOWN, repoDigest: UNKNOWN } };
      return found(inputs);
    },
    async read({ id, state, inputs }) {
      const name = String(state["name"] ?? id.replace(/^sha256:[0-9a-f]{64}/, ""));
      const info = await inspect(name);
      if (info === undefined) return undefined;
      const read = stateOf(Object.keys(inputs).length > 0 ? inputs : { name }, name, info);
      return { ...read, inputs: Object.keys(inputs).length > 0 ? inputs : importedInputs(REMOTE_IMAGE, read.outputs) };
    },
    update: async ({ inputs, state, preview }) => preview ? { ...state, ...withFallbacks(REMOTE_IMAGE, inputs) } : (await found(inputs)).outputs,
    async delete({ state }) {
      if (flag(state, "keepLocally")) return;
      try {
        await docker().call("DELETE", `/images/${String(state["name"])}`, { query: { force: flag(state, "forceRemove") } });
      } catch (error) {
        if (!(error instanceof DockerError)) throw error;
        if (error.status !== 404) throw new PluginError(`the image ${String(state["name"])} could not be removed: ${error.message}. Set keepLocally to leave images on the machine.`);
      }
    },
  };
}

function stateOf(inputs: Properties, name: string, info: Properties): { id: string; outputs: Properties } {
  const imageId = String(info["Id"]);
  const repository = name.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
  const digests = texts(info, "RepoDigests");
  const repoDigest = digests.find((d) => d.startsWith(`${repository}@`)) ?? digests[0] ?? "";
  return { id: imageId + name, outputs: { ...withFallbacks(REMOTE_IMAGE, inputs), imageId, repoDigest, [META]: SCHEMA } };
}
