/** The daemon's create request for a container's inputs, field by field as the official plugin maps them. */
import { PluginError } from "../resource.ts";
import type { Properties } from "../wire/values.ts";
import { parseDuration } from "./go.ts";
import { compact, flag, labelMap, number, object, objects, text, textMap, texts } from "./props.ts";

const MB = 1024 * 1024;

/** Body of `POST /containers/create`. */
export function containerBody(inputs: Properties): Properties {
  if (texts(inputs, "command").includes("")) throw new PluginError("\"command\": a word of the command is empty; leave it out");
  const volumes = volumeParts(inputs);
  const ports = portParts(inputs);
  return {
    ...compact({
      Image: text(inputs, "image"), Hostname: text(inputs, "hostname"), Domainname: text(inputs, "domainname"),
      Tty: flag(inputs, "tty"), OpenStdin: flag(inputs, "stdinOpen"), StopSignal: text(inputs, "stopSignal"),
      StopTimeout: number(inputs, "stopTimeout"), Env: texts(inputs, "envs"), Cmd: texts(inputs, "command"),
      Entrypoint: texts(inputs, "entrypoints"), User: text(inputs, "user"), WorkingDir: text(inputs, "workingDir"),
      ExposedPorts: ports.exposed, Volumes: volumes.targets, Labels: labelMap(inputs), Healthcheck: healthcheck(inputs),
    }),
    HostConfig: hostConfig(inputs, volumes, ports.bindings),
  };
}

function hostConfig(inputs: Properties, volumes: VolumeParts, bindings: Properties): Properties {
  const security = texts(inputs, "securityOpts");
  const unconfined = security.includes("systempaths=unconfined");
  const swap = number(inputs, "memorySwap");
  const nanoCpus = text(inputs, "cpus") === undefined ? undefined : parseCpus(text(inputs, "cpus") ?? "");
  const capabilities = object(inputs, "capabilities");
  return {
    // Sent even when false: left out, the daemon would put its own default in.
    Init: flag(inputs, "init"),
    RestartPolicy: { Name: text(inputs, "restart") ?? "no", MaximumRetryCount: number(inputs, "maxRetryCount") ?? 0 },
    ...(unconfined ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
    ...compact({
      Privileged: flag(inputs, "privileged"), PublishAllPorts: flag(inputs, "publishAllPorts"), Runtime: text(inputs, "runtime"),
      Mounts: objects(inputs, "mounts").map(mountOf), AutoRemove: flag(inputs, "rm"), ReadonlyRootfs: flag(inputs, "readOnly"),
      LogConfig: compact({ Type: text(inputs, "logDriver"), Config: textMap(inputs, "logOpts") }),
      Tmpfs: textMap(inputs, "tmpfs"), PortBindings: bindings, Binds: volumes.binds, VolumesFrom: volumes.from,
      ExtraHosts: objects(inputs, "hosts").map((h) => `${String(h["host"])}:${String(h["ip"])}`),
      Ulimits: objects(inputs, "ulimits").map((u) => ({ Name: u["name"] ?? "", Soft: u["soft"] ?? 0, Hard: u["hard"] ?? 0 })),
      CapAdd: texts(capabilities, "adds"), CapDrop: texts(capabilities, "drops"),
      Devices: objects(inputs, "devices").map((d) => ({
        PathOnHost: d["hostPath"] ?? "", PathInContainer: text(d, "containerPath") ?? d["hostPath"] ?? "", CgroupPermissions: text(d, "permissions") ?? "rwm",
      })),
      DeviceRequests: [...deviceRequests(inputs), ...gpuRequests(inputs)],
      BlkioDeviceReadBps: throttles(inputs, "deviceReadBps"), BlkioDeviceReadIOps: throttles(inputs, "deviceReadIops"),
      BlkioDeviceWriteBps: throttles(inputs, "deviceWriteBps"), BlkioDeviceWriteIOps: throttles(inputs, "deviceWriteIops"),
      Dns: texts(inputs, "dns"), DnsOptions: texts(inputs, "dnsOpts"), DnsSearch: texts(inputs, "dnsSearches"),
      SecurityOpt: security.filter((o) => o !== "systempaths=unconfined"),
      Memory: (number(inputs, "memory") ?? 0) * MB, MemoryReservation: (number(inputs, "memoryReservation") ?? 0) * MB,
      MemorySwap: swap === undefined ? undefined : swap > 0 ? swap * MB : swap, ShmSize: (number(inputs, "shmSize") ?? 0) * MB,
      NanoCpus: nanoCpus,
      ...(nanoCpus === undefined ? { CpuPeriod: number(inputs, "cpuPeriod"), CpuQuota: number(inputs, "cpuQuota") } : {}),
      CpuShares: number(inputs, "cpuShares"), CpusetCpus: text(inputs, "cpuSet"), NetworkMode: text(inputs, "networkMode"),
      UsernsMode: text(inputs, "usernsMode"), PidMode: text(inputs, "pidMode"), Sysctls: textMap(inputs, "sysctls"),
      IpcMode: text(inputs, "ipcMode"), GroupAdd: texts(inputs, "groupAdds"), CgroupnsMode: text(inputs, "cgroupnsMode"),
      CgroupParent: text(inputs, "cgroupParent"), StorageOpt: textMap(inputs, "storageOpts"),
    }),
  };
}

/** What an update may change in a running container; everything else needs a new one. */
export function updateBody(inputs: Properties): Properties {
  const memory = (number(inputs, "memory") ?? 0) * MB;
  const swap = number(inputs, "memorySwap");
  return {
    RestartPolicy: { Name: text(inputs, "restart") ?? "no", MaximumRetryCount: number(inputs, "maxRetryCount") ?? 0 },
    CpuShares: number(inputs, "cpuShares") ?? 0, Memory: memory, MemoryReservation: (number(inputs, "memoryReservation") ?? 0) * MB,
    CpusetCpus: text(inputs, "cpuSet") ?? "",
    // Not given, the daemon keeps the old limit and refuses a memory above it: twice the memory is what it sets at creation.
    ...compact({ MemorySwap: swap === undefined ? memory * 2 : swap > 0 ? swap * MB : swap }),
    ...compact({
      BlkioDeviceReadBps: throttles(inputs, "deviceReadBps"), BlkioDeviceReadIOps: throttles(inputs, "deviceReadIops"),
      BlkioDeviceWriteBps: throttles(inputs, "deviceWriteBps"), BlkioDeviceWriteIOps: throttles(inputs, "deviceWriteIops"),
    }),
  };
}

/** Body of `POST /networks/ID/connect` for one entry of `networksAdvanced`. */
export function endpointBody(container: string, network: Properties): Properties {
  const driverOpts = Object.fromEntries(texts(network, "driverOpts").filter((o) => o.includes("=")).map((o) => [o.slice(0, o.indexOf("=")), o.slice(o.indexOf("=") + 1)]));
  return {
    Container: container,
    EndpointConfig: compact({
      Aliases: texts(network, "aliases"), MacAddress: text(network, "macAddress"), DriverOpts: driverOpts, GwPriority: number(network, "gwPriority"),
      IPAMConfig: compact({ IPv4Address: text(network, "ipv4Address"), IPv6Address: text(network, "ipv6Address"), LinkLocalIPs: texts(network, "linkLocalIps") }),
    }),
  };
}

function throttles(inputs: Properties, key: string): Properties[] {
  return objects(inputs, key).map((d) => ({ Path: d["path"] ?? "", Rate: d["rate"] ?? 0 }));
}

function deviceRequests(inputs: Properties): Properties[] {
  return objects(inputs, "deviceRequests").map((r) => ({
    Driver: text(r, "driver") ?? "cdi", Count: number(r, "count") ?? 0, DeviceIDs: texts(r, "deviceIds"),
    Capabilities: [texts(r, "capabilities")], Options: textMap(r, "options"),
  }));
}

function gpuRequests(inputs: Properties): Properties[] {
  const gpus = text(inputs, "gpus")?.trim().replace(/^["']+|["']+$/g, "");
  if (gpus === undefined) return [];
  if (gpus === "all") return [{ Count: -1, Capabilities: [["gpu"]] }];
  const ids = /^device=(.+)$/.exec(gpus)?.[1];
  if (ids === undefined) throw new PluginError(`"gpus": "${gpus}" is not allowed; use "all" or "device=0,2"`);
  return [{ DeviceIDs: ids.split(","), Capabilities: [["gpu"]] }];
}

function healthcheck(inputs: Properties): Properties {
  const check = object(inputs, "healthcheck");
  const ns = (key: string): number => parseDuration(text(check, key) ?? "0s") ?? 0;
  return compact({
    Test: texts(check, "tests"), Interval: ns("interval"), Timeout: ns("timeout"), StartPeriod: ns("startPeriod"),
    StartInterval: ns("startInterval"), Retries: number(check, "retries"),
  });
}

interface VolumeParts { readonly targets: Properties; readonly binds: string[]; readonly from: string[] }

function volumeParts(inputs: Properties): VolumeParts {
  const parts: VolumeParts = { targets: {}, binds: [], from: [] };
  for (const volume of objects(inputs, "volumes")) {
    const from = text(volume, "fromContainer");
    const target = text(volume, "containerPath");
    const source = text(volume, "hostPath") ?? text(volume, "volumeName");
    if ((from === undefined) === (target === undefined)) throw new PluginError("\"volumes\": each entry needs either containerPath or fromContainer");
    if (from !== undefined) { parts.from.push(from); continue; }
    if (target === undefined) continue;
    parts.targets[target] = {};
    const relabel = text(volume, "selinuxRelabel");
    if (source !== undefined) parts.binds.push(`${source}:${target}:${flag(volume, "readOnly") ? "ro" : "rw"}${relabel === undefined ? "" : `,${relabel}`}`);
  }
  return parts;
}

function portParts(inputs: Properties): { exposed: Properties; bindings: Properties } {
  const exposed: Properties = {};
  const bindings: Record<string, Properties[]> = {};
  for (const port of objects(inputs, "ports")) {
    const key = `${String(port["internal"])}/${text(port, "protocol") ?? "tcp"}`;
    exposed[key] = {};
    (bindings[key] ??= []).push({ HostIp: text(port, "ip") ?? "0.0.0.0", HostPort: String(number(port, "external") ?? "") });
  }
  return { exposed, bindings };
}

function mountOf(mount: Properties): Properties {
  const type = String(mount["type"]);
  const volume = object(mount, "volumeOptions");
  const tmpfs = object(mount, "tmpfsOptions");
  const driver = compact({ Name: text(volume, "driverName"), Options: textMap(volume, "driverOptions") });
  return {
    Type: type, Target: mount["target"] ?? "", ...compact({ Source: text(mount, "source"), ReadOnly: flag(mount, "readOnly") }),
    ...compact({
      BindOptions: type === "bind" ? compact({ Propagation: text(object(mount, "bindOptions"), "propagation") }) : undefined,
      VolumeOptions: type === "volume" ? compact({ NoCopy: flag(volume, "noCopy"), Labels: labelMap(volume), DriverConfig: driver, Subpath: text(volume, "subpath") }) : undefined,
      TmpfsOptions: type === "tmpfs" ? compact({ SizeBytes: number(tmpfs, "sizeBytes"), Mode: number(tmpfs, "mode") }) : undefined,
    }),
  };
}

/** Billionths of a CPU from a decimal text such as "1.5". */
function parseCpus(cpus: string): number {
  const value = Number(cpus);
  if (!Number.isFinite(value) || value <= 0) throw new PluginError(`"cpus": "${cpus}" is not a number of CPUs; use a decimal such as "1.5"`);
  return Math.round(value * 1e9);
}
