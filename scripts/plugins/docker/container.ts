/** docker:index/container:Container. */
import fs from "node:fs";
import { autoname } from "../bridge/autoname.ts";
import { checkInputs } from "../bridge/check.ts";
import { diffInputs, normal } from "../bridge/diff.ts";
import { META, importedInputs, metaOf, refreshedInputs, withFallbacks } from "../bridge/state.ts";
import { InitFailed, PluginError } from "../resource.ts";
import type { Context, Resource } from "../resource.ts";
import { UNKNOWN, isUnknown } from "../wire/values.ts";
import type { Properties, Value } from "../wire/values.ts";
import { DockerError } from "./client.ts";
import type { DockerClient } from "./client.ts";
import { containerBody, endpointBody, updateBody } from "./container-body.ts";
import { importedState, containerState } from "./container-state.ts";
import { awaitExit, awaitHealthy, explainCreate, explainStart, logsOf } from "./container-run.ts";
import { flag, labelList, number, object, objects, text, texts } from "./props.ts";
import { CONTAINER } from "./tables.ts";
import { tarOf } from "./tar.ts";
import type { TarFile } from "./tar.ts";

const SCHEMA = metaOf(2, true);

/** Properties whose change an update can bring to a living container; upstream's list. */
const UPDATABLE = ["restart", "maxRetryCount", "cpuShares", "memory", "memoryReservation", "cpuSet", "memorySwap", "deviceReadBps", "deviceReadIops", "deviceWriteBps", "deviceWriteIops"] as const;

/** Outputs only the daemon can tell. */
const COMPUTED = ["bridge", "containerLogs", "exitCode", "networkDatas", ...Object.entries(CONTAINER).filter(([, f]) => f.computed).map(([name]) => name)];

/** Stop time in seconds up to which Ctrl-C lets a stop end by itself. */
const SHORT_STOP = 10;

export function containerResource(docker: () => DockerClient): Resource {
  const inspect = async (id: string): Promise<Properties | undefined> => {
    try {
      return object({ info: await docker().call("GET", `/containers/${encodeURIComponent(id)}/json`) }, "info");
    } catch (error) {
      if (error instanceof DockerError && error.status === 404) return undefined;
      throw error;
    }
  };
  const remove = async (id: string, volumes: boolean): Promise<void> => {
    try {
      await docker().call("DELETE", `/containers/${id}`, { query: { v: volumes, force: true } });
    } catch (error) {
      if (!(error instanceof DockerError) || (error.status !== 404 && !/already in progress/.test(error.message))) throw error;
    }
  };
  const prepare = async (id: string, inputs: Properties): Promise<void> => {
    const networks = objects(inputs, "networksAdvanced");
    if (networks.length > 0) {
      await docker().call("POST", "/networks/bridge/disconnect", { body: { Container: id } }).catch((error: unknown) => {
        if (!(error instanceof DockerError) || !/is not connected to/.test(error.message)) throw error;
      });
    }
    for (const network of networks) {
      await docker().call("POST", `/networks/${encodeURIComponent(String(network["name"]))}/connect`, { body: endpointBody(id, network) });
    }
    const files = objects(inputs, "uploads").map(uploadOf);
    if (files.length > 0) await docker().call("PUT", `/containers/${id}/archive`, { query: { path: "/" }, body: tarOf(files) });
  };
  const finished = async (id: string, inputs: Properties, extra: Properties): Promise<Properties> => {
    const info = (await inspect(id)) ?? {};
    return { ...containerState(inputs, info), ...extra, [META]: SCHEMA };
  };

  return {
    check({ olds, news, seed, autonaming }, context) {
      const { inputs, failures } = checkInputs(CONTAINER, olds, news, { defaults: true });
      return { inputs, failures: [...failures, ...autoname(inputs, olds, context.name, seed, autonaming), ...uploadMistakes(inputs)] };
    },

    diff: ({ state, news }) => ({
      changes: diffInputs(CONTAINER, state, news, suppressed),
      deleteBeforeReplace: true,
      stables: Object.keys(CONTAINER).filter((name) => CONTAINER[name]?.forceNew === true),
    }),

    async create({ inputs, preview }, context) {
      if (preview) return { id: "", outputs: previewed(inputs, {}) };
      refuseWhenCancelled(context, "create");
      const name = String(inputs["name"]);
      let id: string;
      try {
        const made = await docker().call("POST", "/containers/create", { query: { name, platform: text(inputs, "platform") }, body: containerBody(inputs) });
        id = String(object({ made }, "made")["Id"]);
      } catch (error) {
        throw explainCreate(error, name, String(inputs["image"]));
      }
      try {
        await prepare(id, inputs);
        if (flag({ start: true, ...inputs }, "start")) await docker().call("POST", `/containers/${id}/start`);
      } catch (error) {
        // Half-made, it would hold the name and block the next try.
        await remove(id, true);
        throw explainStart(error, name);
      }
      const extra: Properties = {};
      try {
        if (flag(inputs, "wait")) await awaitHealthy(() => inspect(id), name, number(inputs, "waitTimeout") ?? 60, context);
        if (flag(inputs, "attach")) {
          await awaitExit(docker(), id, name, context);
          if (flag(inputs, "logs")) extra["containerLogs"] = await logsOf(docker(), id, flag(inputs, "tty"));
        }
      } catch (error) {
        throw new InitFailed(error instanceof Error ? error.message : String(error), id, await finished(id, inputs, extra), inputs);
      }
      return { id, outputs: await finished(id, inputs, extra) };
    },

    async read({ id, state, inputs }) {
      const info = await inspect(id);
      if (info === undefined) return undefined;
      const realId = String(info["Id"]);
      if (Object.keys(state).length === 0) {
        const config = object(info, "Config");
        const outputs = { ...importedState(info), envs: texts(config, "Env"), labels: labelList(object(config, "Labels")) };
        return { id: realId, outputs: { ...outputs, [META]: SCHEMA }, inputs: importedInputs(CONTAINER, outputs) };
      }
      // Some old states come without inputs: then the state itself says what was asked for.
      const asked = Object.keys(inputs).length > 0 ? inputs : state;
      const kept: Properties = state["containerLogs"] === undefined ? {} : { containerLogs: state["containerLogs"] };
      const outputs = { ...containerState(asked, info), ...kept };
      if (asked["mustRun"] === false) outputs["mustRun"] = false;
      return { id: realId, outputs: { ...outputs, [META]: SCHEMA }, inputs: refreshedInputs(CONTAINER, inputs, outputs) };
    },

    async update({ id, state, inputs, preview }, context) {
      if (preview) return previewed(inputs, state);
      refuseWhenCancelled(context, "update");
      const info = await inspect(id);
      if (info === undefined) throw new PluginError(`the container ${String(inputs["name"])} (${id.slice(0, 12)}) is gone: it was removed outside of Pulumi. Run \`pulumi refresh\`, then \`pulumi up\` makes it anew.`);
      const wanted = withFallbacks(CONTAINER, inputs);
      if (wanted["mustRun"] === true && state["mustRun"] === false && wanted["start"] === true) {
        await docker().call("POST", `/containers/${id}/start`).catch((error: unknown) => { throw explainStart(error, String(inputs["name"])); });
      }
      const field = CONTAINER;
      if (UPDATABLE.some((name) => field[name] !== undefined && normal(field[name], wanted[name] ?? zeroOf(name)) !== normal(field[name], state[name] ?? zeroOf(name)))) {
        await docker().call("POST", `/containers/${id}/update`, { body: updateBody(inputs) });
      }
      const kept: Properties = state["containerLogs"] === undefined ? {} : { containerLogs: state["containerLogs"] };
      return finished(id, inputs, kept);
    },

    async delete({ id, state }, context) {
      if (!flag(state, "attach")) {
        const grace = number(state, "destroyGraceSeconds");
        const seconds = grace ?? number(state, "stopTimeout") ?? 0;
        try {
          // A long stop is left at Ctrl-C: the container stays in the state and the next run goes on.
          await docker().call("POST", `/containers/${id}/stop`, { query: { t: seconds }, ...(seconds > SHORT_STOP ? { signal: context.signal } : {}) });
        } catch (error) {
          if (context.signal.aborted && !(error instanceof DockerError)) throw new PluginError(`cancelled while the container ${String(state["name"])} was stopping (up to ${seconds} s); run again to remove it`);
          if (!(error instanceof DockerError) || error.status !== 404) throw error;
        }
      }
      await remove(id, state["removeVolumes"] !== false);
      if (flag(state, "rm")) await docker().call("POST", `/containers/${id}/wait`, { query: { condition: "removed" } }).catch(ignoreMissing);
    },
  };
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof DockerError) || error.status !== 404) throw error;
}

function refuseWhenCancelled(context: Context, what: string): void {
  if (context.signal.aborted) throw new PluginError(`cancelled before the ${what} began; nothing was changed`);
}

function zeroOf(name: string): Value {
  return CONTAINER[name]?.kind === "integer" ? 0 : CONTAINER[name]?.kind === "string" ? "" : [];
}

/** Outputs of a preview: what is asked for, and an unknown for all the daemon will add. */
function previewed(inputs: Properties, state: Properties): Properties {
  const out = withFallbacks(CONTAINER, inputs);
  for (const name of COMPUTED) if (out[name] === undefined) out[name] = state[name] ?? UNKNOWN;
  return out;
}

/** Differences upstream does not count: empty users and folders, ports in another order, capabilities with or without CAP_. */
function suppressed(name: string, old: Value | undefined, news: Value | undefined): boolean {
  if (name === "user" || name === "workingDir") return news === "" || (news === undefined && old !== undefined);
  if (name === "ports") return Array.isArray(old) && Array.isArray(news) && samePorts(old as Properties[], news as Properties[]);
  if (name === "capabilities" && !isUnknown(old) && !isUnknown(news)) return sameCapabilities(object({ old: old ?? null }, "old"), object({ news: news ?? null }, "news"));
  return false;
}

function samePorts(old: readonly Properties[], news: readonly Properties[]): boolean {
  if (old.length !== news.length) return false;
  const taken = new Set<Properties>();
  return news.every((port) => {
    const match = old.find((o) => !taken.has(o) && o["internal"] === port["internal"] && (o["protocol"] ?? "tcp") === (port["protocol"] ?? "tcp")
      && (o["ip"] || "0.0.0.0") === (port["ip"] || "0.0.0.0") && (port["external"] === undefined || o["external"] === port["external"]));
    if (match !== undefined) taken.add(match);
    return match !== undefined;
  });
}

function sameCapabilities(old: Properties, news: Properties): boolean {
  const long = (properties: Properties, key: string): string =>
    [...new Set(texts(properties, key).map((c) => `CAP_${c.toUpperCase().replace(/^CAP_/, "")}`))].sort().join();
  return long(old, "adds") === long(news, "adds") && long(old, "drops") === long(news, "drops");
}

function uploadMistakes(inputs: Properties): { property: string; reason: string }[] {
  return objects(inputs, "uploads").flatMap((upload, i) => {
    const given = ["content", "contentBase64", "source"].filter((key) => upload[key] !== undefined && upload[key] !== "");
    return given.length === 1 ? [] : [{ property: `uploads[${i}]`, reason: `"uploads[${i}]" needs exactly one of content, contentBase64 and source; it has ${given.length === 0 ? "none" : given.join(" and ")}` }];
  });
}

function uploadOf(upload: Properties): TarFile {
  const permissions = text(upload, "permissions");
  return {
    file: String(upload["file"]),
    content: contentOf(upload),
    mode: permissions !== undefined ? Number.parseInt(permissions, 8) : flag(upload, "executable") ? 0o744 : 0o644,
  };
}

function contentOf(upload: Properties): Buffer {
  const encoded = text(upload, "contentBase64");
  if (encoded !== undefined) return Buffer.from(encoded, "base64");
  const source = text(upload, "source");
  if (source === undefined) return Buffer.from(text(upload, "content") ?? "", "utf8");
  try {
    return fs.readFileSync(source);
  } catch (error) {
    throw new PluginError(`"uploads": cannot read ${source}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
