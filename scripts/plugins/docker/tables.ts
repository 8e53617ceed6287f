/** Field tables of the docker types; the rules beside the schema file are of terraform-provider-docker 4.5.0. */
import schema from "../schemas/docker.json" with { type: "json" };
import { atLeast, fieldsOf, matches, oneOf } from "../bridge/schema.ts";
import type { SchemaFile, Validator } from "../bridge/schema.ts";
import { parseDuration } from "./go.ts";

export const dockerSchema = schema as unknown as SchemaFile;

const duration: Validator = (value) => typeof value === "string" && parseDuration(value) !== undefined
  ? undefined
  : `${JSON.stringify(value)} is not a duration; write a number and a unit, e.g. "10s" or "1m30s"`;
const base64: Validator = (value) => typeof value === "string" && /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0
  ? undefined
  : "this is not base64 text";
const absolute = matches(/^(\/|~|[a-zA-Z]:[\\/])/, "an absolute path");

export const CONTAINER = fieldsOf(dockerSchema, "docker:index/container:Container", {
  fallbacks: {
    attach: false, containerReadRefreshTimeoutMilliseconds: 15000, logs: false, memoryReservation: 0, mustRun: true,
    networkMode: "bridge", readOnly: false, removeVolumes: true, restart: "no", rm: false, start: true, stdinOpen: false,
    tty: false, wait: false, waitTimeout: 60,
    "ports.ip": "0.0.0.0", "ports.protocol": "tcp", "uploads.executable": false, "devices.permissions": "rwm",
    "healthcheck.interval": "0s", "healthcheck.timeout": "0s", "healthcheck.startPeriod": "0s", "healthcheck.startInterval": "0s",
    "healthcheck.retries": 0, "deviceRequests.driver": "cdi", "deviceRequests.count": 0,
  },
  lists: ["command", "entrypoints", "ports", "healthcheck.tests", "networkDatas"],
  computed: ["ports.external"],
  validators: {
    restart: oneOf("no", "on-failure", "always", "unless-stopped"),
    memory: atLeast(0), memoryReservation: atLeast(0), memorySwap: atLeast(-1), shmSize: atLeast(0), cpuShares: atLeast(0),
    cpuPeriod: atLeast(0), cpuQuota: atLeast(0),
    cpuSet: matches(/^\d+([,-]\d+)*$/, "CPU numbers such as \"0-1\" or \"0,2\""),
    "mounts.type": oneOf("bind", "volume", "tmpfs"),
    "mounts.bindOptions.propagation": oneOf("private", "rprivate", "shared", "rshared", "slave", "rslave"),
    "volumes.hostPath": absolute,
    "volumes.selinuxRelabel": oneOf("z", "Z"),
    "uploads.contentBase64": base64,
    "uploads.permissions": matches(/^0[0-7]{3}$/, "four octal digits such as \"0644\""),
    "healthcheck.interval": duration, "healthcheck.timeout": duration, "healthcheck.startPeriod": duration,
    "healthcheck.startInterval": duration, "healthcheck.retries": atLeast(0),
    "networksAdvanced.gwPriority": atLeast(0),
    "deviceReadBps.rate": atLeast(0), "deviceReadIops.rate": atLeast(0), "deviceWriteBps.rate": atLeast(0), "deviceWriteIops.rate": atLeast(0),
  },
});

export const NETWORK = fieldsOf(dockerSchema, "docker:index/network:Network", {
  fallbacks: { ipamDriver: "default" },
  lists: [],
});

export const VOLUME = fieldsOf(dockerSchema, "docker:index/volume:Volume", {
  lists: [],
});

export const REMOTE_IMAGE = fieldsOf(dockerSchema, "docker:index/remoteImage:RemoteImage", {
  fallbacks: { platform: "" },
  lists: [],
});
