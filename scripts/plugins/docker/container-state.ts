/** A container's outputs: what the program asked for, and what the daemon says about it now. */
import { withFallbacks } from "../bridge/state.ts";
import { isObject } from "../wire/values.ts";
import type { Properties, Value } from "../wire/values.ts";
import { formatDuration } from "./go.ts";
import { compact, flag, number, object, objects, text, texts } from "./props.ts";
import { CONTAINER } from "./tables.ts";

const MB = 1024 * 1024;

/** Properties a live container can change without being made anew: refresh always takes the daemon's word. */
const LIVE = ["name", "restart", "maxRetryCount", "cpuShares", "cpuSet", "memory", "memoryReservation"] as const;

/** Read-only properties: never the program's. */
const OBSERVED = ["bridge", "networkDatas", "exitCode"] as const;

/**
 * Outputs of a container that the program's inputs describe. A container is immutable but for {@link LIVE}, so the inputs'
 * own spelling is kept where they say something: read back, `NET_ADMIN` would turn into `CAP_NET_ADMIN` and look changed.
 */
export function containerState(inputs: Properties, info: Properties): Properties {
  const found = inspected(info);
  const wanted = withFallbacks(CONTAINER, inputs);
  const out: Properties = { ...wanted };
  for (const [name, value] of Object.entries(found)) {
    if (wanted[name] === undefined && (CONTAINER[name]?.computed === true || name === "user" || name === "workingDir")) out[name] = value;
  }
  for (const name of [...LIVE, ...OBSERVED]) {
    const value = found[name];
    if (value !== undefined) out[name] = value;
  }
  out["memorySwap"] = liveSwap(inputs, found);
  out["ports"] = livePorts(objects(wanted, "ports"), info);
  if (objects(out, "ports").length === 0) delete out["ports"];
  // Stopped although it should run: the difference to the program's value makes the next run start it.
  if (!flag(object(info, "State"), "Running")) out["mustRun"] = false;
  return out;
}

/** Outputs of a container nothing is known about but what the daemon tells: an import. */
export function importedState(info: Properties): Properties {
  const out = { ...withFallbacks(CONTAINER, {}), ...inspected(info) };
  out["ports"] = livePorts([], info);
  return out;
}

function liveSwap(inputs: Properties, found: Properties): Value {
  const live = number(found, "memorySwap") ?? 0;
  if (number(inputs, "memorySwap") !== undefined) return live;
  // Not asked for: the daemon's own choice (twice the memory, or none) is no drift.
  return live === (number(found, "memory") ?? 0) * 2 || live === -1 ? 0 : live;
}

/** The wanted ports with the host ports the daemon chose where none was given; all bound ports when none are known. */
function livePorts(wanted: readonly Properties[], info: Properties): Properties[] {
  const bound: Properties[] = [];
  const sources = [object(object(info, "NetworkSettings"), "Ports"), object(object(info, "HostConfig"), "PortBindings")];
  const live = sources.find((source) => Object.keys(source).length > 0) ?? {};
  for (const key of Object.keys(live).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1))) {
    for (const binding of objects(live, key)) {
      const [internal, protocol] = key.split("/");
      bound.push({ external: Number(binding["HostPort"] ?? 0), internal: Number(internal), ip: text(binding, "HostIp") ?? "0.0.0.0", protocol: protocol ?? "tcp" });
    }
  }
  if (wanted.length === 0) return bound;
  return wanted.map((port) => {
    const match = bound.find((b) => b["internal"] === port["internal"] && b["protocol"] === port["protocol"] && (b["ip"] === port["ip"] || number(port, "external") === undefined));
    return { ...port, external: number(port, "external") ?? match?.["external"] ?? 0 };
  });
}

/** Everything upstream reads back, in upstream's units (MB, Go durations). */
function inspected(info: Properties): Properties {
  const config = object(info, "Config");
  const host = object(info, "HostConfig");
  const state = object(info, "State");
  const settings = object(info, "NetworkSettings");
  const policy = object(host, "RestartPolicy");
  const megabytes = (key: string): number => {
    const bytes = number(host, key) ?? 0;
    return bytes > 0 ? Math.floor(bytes / MB) : bytes;
  };
  return {
    name: String(info["Name"] ?? "").replace(/^\//, ""), image: config["Image"] ?? "", rm: flag(host, "AutoRemove"), readOnly: flag(host, "ReadonlyRootfs"),
    hostname: config["Hostname"] ?? "", domainname: config["Domainname"] ?? "", command: texts(config, "Cmd"), entrypoints: texts(config, "Entrypoint"),
    user: config["User"] ?? "", workingDir: config["WorkingDir"] ?? "", tty: flag(config, "Tty"), stdinOpen: flag(config, "OpenStdin"),
    stopSignal: config["StopSignal"] ?? "", stopTimeout: config["StopTimeout"] ?? 0, envs: [], labels: [],
    dns: texts(host, "Dns"), dnsOpts: texts(host, "DnsOptions"), dnsSearches: texts(host, "DnsSearch"), securityOpts: texts(host, "SecurityOpt"),
    publishAllPorts: flag(host, "PublishAllPorts"), privileged: flag(host, "Privileged"), init: flag(host, "Init"),
    restart: text(policy, "Name") ?? "no", maxRetryCount: number(policy, "MaximumRetryCount") ?? 0,
    ...compact({ capabilities: compact({ adds: texts(host, "CapAdd"), drops: texts(host, "CapDrop") }), healthcheck: healthcheckOf(config) }),
    runtime: host["Runtime"] ?? "", platform: info["Platform"] ?? "", tmpfs: object(host, "Tmpfs"), sysctls: object(host, "Sysctls"),
    hosts: texts(host, "ExtraHosts").map((h) => ({ host: h.slice(0, h.indexOf(":")), ip: h.slice(h.indexOf(":") + 1) })),
    mounts: objects(host, "Mounts").map((m) => ({ target: m["Target"] ?? "", source: m["Source"] ?? "", type: m["Type"] ?? "", readOnly: flag(m, "ReadOnly") })),
    memory: megabytes("Memory"), memoryReservation: megabytes("MemoryReservation"), memorySwap: megabytes("MemorySwap"), shmSize: megabytes("ShmSize"),
    ...compact({ cpus: number(host, "NanoCpus") === undefined ? undefined : String((number(host, "NanoCpus") ?? 0) / 1e9) }),
    cpuShares: number(host, "CpuShares") ?? 0, cpuSet: host["CpusetCpus"] ?? "", logDriver: object(host, "LogConfig")["Type"] ?? "",
    networkMode: host["NetworkMode"] ?? "", usernsMode: host["UsernsMode"] ?? "", ipcMode: host["IpcMode"] ?? "", groupAdds: texts(host, "GroupAdd"),
    bridge: settings["Bridge"] ?? "", networkDatas: networkDatas(object(settings, "Networks")),
    ...(flag(state, "Running") ? {} : { exitCode: state["ExitCode"] ?? 0 }),
  };
}

function healthcheckOf(config: Properties): Properties {
  const check = object(config, "Healthcheck");
  if (Object.keys(check).length === 0) return {};
  const duration = (key: string): string => formatDuration(number(check, key) ?? 0);
  return {
    tests: texts(check, "Test"), interval: duration("Interval"), timeout: duration("Timeout"), startPeriod: duration("StartPeriod"),
    startInterval: duration("StartInterval"), retries: number(check, "Retries") ?? 0,
  };
}

function networkDatas(networks: Properties): Properties[] {
  return Object.keys(networks).sort().map((networkName) => {
    const raw = networks[networkName];
    const data = isObject(raw) ? raw : {};
    return {
      networkName, ipAddress: data["IPAddress"] ?? "", ipPrefixLength: data["IPPrefixLen"] ?? 0, gateway: data["Gateway"] ?? "",
      globalIpv6Address: data["GlobalIPv6Address"] ?? "", globalIpv6PrefixLength: data["GlobalIPv6PrefixLen"] ?? 0,
      ipv6Gateway: data["IPv6Gateway"] ?? "", macAddress: data["MacAddress"] ?? "",
    };
  });
}
