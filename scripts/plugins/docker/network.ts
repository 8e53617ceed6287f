/** docker:index/network:Network. Nothing of a network can be changed: every edit makes a new one. */
import { autoname, hasFixedName } from "../bridge/autoname.ts";
import { checkInputs } from "../bridge/check.ts";
import { diffInputs, normal } from "../bridge/diff.ts";
import { META, importedInputs, metaOf, refreshedInputs, withFallbacks } from "../bridge/state.ts";
import { PluginError } from "../resource.ts";
import type { Resource } from "../resource.ts";
import { UNKNOWN } from "../wire/values.ts";
import type { Properties } from "../wire/values.ts";
import { removeWhenFree } from "./busy.ts";
import { DockerError } from "./client.ts";
import type { DockerClient } from "./client.ts";
import { compact, flag, labelList, labelMap, object, objects, text, textMap } from "./props.ts";
import { NETWORK } from "./tables.ts";

const SCHEMA = metaOf(1, false);
const COMPUTED = ["driver", "internal", "ipamConfigs", "options", "scope"] as const;

export function networkResource(docker: () => DockerClient): Resource {
  const inspect = async (id: string): Promise<Properties | undefined> => {
    try {
      return object({ info: await docker().call("GET", `/networks/${encodeURIComponent(id)}`) }, "info");
    } catch (error) {
      if (error instanceof DockerError && error.status === 404) return undefined;
      throw error;
    }
  };
  return {
    check({ olds, news, seed, autonaming }, context) {
      const { inputs, failures } = checkInputs(NETWORK, olds, news, { defaults: true });
      return { inputs, failures: [...failures, ...autoname(inputs, olds, context.name, seed, autonaming)] };
    },
    diff: ({ state, news }) => ({
      changes: diffInputs(NETWORK, state, news), deleteBeforeReplace: hasFixedName(news), stables: Object.keys(NETWORK),
    }),
    async create({ inputs, preview }, context) {
      const wanted = withFallbacks(NETWORK, inputs);
      if (preview) return { id: "", outputs: { ...Object.fromEntries(COMPUTED.map((name) => [name, UNKNOWN])), ...wanted } };
      if (context.signal.aborted) throw new PluginError("cancelled before the create began; nothing was changed");
      const name = String(inputs["name"]);
      try {
        const made = await docker().call("POST", "/networks/create", {
          // Without this the daemon makes a second network of the same name, and names no longer say which.
          body: { Name: name, CheckDuplicate: true, ...networkBody(inputs) },
        });
        const id = String(object({ made }, "made")["Id"]);
        return { id, outputs: networkState(wanted, (await inspect(id)) ?? {}) };
      } catch (error) {
        throw explain(error, name);
      }
    },
    async read({ id, state, inputs }) {
      const info = await inspect(id);
      if (info === undefined) return undefined;
      const isImport = Object.keys(state).length === 0;
      const outputs = networkState(isImport ? {} : withFallbacks(NETWORK, inputs), info);
      return { id: String(info["Id"]), outputs, inputs: isImport ? importedInputs(NETWORK, outputs) : refreshedInputs(NETWORK, inputs, outputs) };
    },
    update: async ({ id, inputs }) => networkState(withFallbacks(NETWORK, inputs), (await inspect(id)) ?? {}),
    async delete({ id, state }, context) {
      const name = String(state["name"] ?? id);
      await removeWhenFree(() => docker().call("DELETE", `/networks/${id}`), /has active endpoints/, `the network ${name}`,
        `Containers are still connected to it: see \`docker network inspect ${name}\`, disconnect or remove them, and run again.`, context);
    },
  };
}

function networkBody(inputs: Properties): Properties {
  const ipam = compact({
    Driver: text(inputs, "ipamDriver"), Options: textMap(inputs, "ipamOptions"),
    Config: objects(inputs, "ipamConfigs").map((c) => compact({
      Subnet: text(c, "subnet"), IPRange: text(c, "ipRange"), Gateway: text(c, "gateway"), AuxiliaryAddresses: textMap(c, "auxAddress"),
    })),
  });
  return compact({
    Driver: text(inputs, "driver"), Labels: labelMap(inputs), Options: textMap(inputs, "options"), Internal: flag(inputs, "internal"),
    Attachable: flag(inputs, "attachable"), Ingress: flag(inputs, "ingress"), EnableIPv6: flag(inputs, "ipv6"), IPAM: ipam,
  });
}

/** Outputs: the daemon's word, in the program's spelling where both say the same (a subnet without its default gateway). */
function networkState(wanted: Properties, info: Properties): Properties {
  const ipam = object(info, "IPAM");
  const configs = objects(ipam, "Config").map((c) => compact({
    subnet: text(c, "Subnet"), ipRange: text(c, "IPRange"), gateway: text(c, "Gateway"), auxAddress: object(c, "AuxiliaryAddresses"),
  }));
  const found: Properties = {
    name: info["Name"] ?? "", driver: info["Driver"] ?? "", internal: flag(info, "Internal"), attachable: flag(info, "Attachable"),
    ingress: flag(info, "Ingress"), ipv6: flag(info, "EnableIPv6"), ipamDriver: ipam["Driver"] ?? "", ipamOptions: object(ipam, "Options"),
    scope: info["Scope"] ?? "", options: object(info, "Options"), labels: labelList(object(info, "Labels")), ipamConfigs: configs,
  };
  const asked = objects(wanted, "ipamConfigs");
  if (asked.length > 0 && asked.length === configs.length && asked.every((a) => configs.some((c) => Object.entries(a).every(([key, value]) => value === c[key] || value === "" || typeof value === "object")))) {
    found["ipamConfigs"] = asked;
  }
  for (const name of ["labels", "options", "ipamOptions"] as const) {
    const field = NETWORK[name];
    const value = wanted[name];
    if (field !== undefined && value !== undefined && normal(field, value) === normal(field, found[name])) found[name] = value;
  }
  return { ...found, [META]: SCHEMA };
}

function explain(error: unknown, name: string): unknown {
  if (!(error instanceof DockerError)) return error;
  if (error.status === 409 || /already exists/.test(error.message)) {
    return new PluginError(`a network named "${name}" already exists and is not part of this stack: made by hand, by another stack, or left by a run that was killed. ` +
      `Look at it with \`docker network inspect ${name}\` and, if nobody needs it, remove it with \`docker network rm ${name}\`; then run again.`);
  }
  if (/overlaps/i.test(error.message)) {
    return new PluginError(`the network ${name} could not be created: its subnet overlaps with another network's (${error.message}). See \`docker network ls\` and \`ip route\`, and give it another subnet.`);
  }
  return new PluginError(`the network ${name} could not be created: ${error.message}`);
}
