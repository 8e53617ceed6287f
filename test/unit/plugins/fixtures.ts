/**
 * State as the official plugins write it: docker 5.x (bridged over Terraform's older SDK: nulls for what is unset, all
 * defaults, `__meta`, `__pulumi_raw_state_delta`), once with the defaults list of older releases, tls 5.x, command 1.x.
 */
import type { Properties } from "../../../scripts/plugins/wire/values.ts";

export interface Official { readonly token: string; readonly program: Properties; readonly inputs: Properties; readonly outputs: Properties; readonly id: string }

const TIMEOUTS = "{\"e2bfb730-ecaa-11e6-8f88-34363bc7c4c0\":{\"create\":1200000000000,\"delete\":1200000000000,\"update\":1200000000000},\"schema_version\":\"2\"}";
const ID = "4f9c1a5d3c0be2ad7d6d2c8f4a7fa4a1d0e9b1c2d3e4f5061728394a5b6c7d8e";

const program: Properties = {
  name: "edge", image: "headend/host:1", command: ["node", "host.js"], envs: ["B=2", "A=1"], init: true, memory: 512, restart: "unless-stopped",
  ports: [{ internal: 8443, external: 8443, protocol: "udp", ip: "127.0.0.1" }, { internal: 80, external: 8080 }],
  networksAdvanced: [{ name: "edge-net", aliases: ["edge", "cdn"] }],
  volumes: [{ volumeName: "rec", containerPath: "/rec" }, { hostPath: "/etc/x", containerPath: "/x", readOnly: true }],
  capabilities: { adds: ["NET_ADMIN"] }, healthcheck: { tests: ["CMD", "true"], interval: "5s" }, labels: [{ label: "a", value: "1" }],
  uploads: [{ file: "/etc/y", content: "y" }], tmpfs: { "/run": "size=16m" }, destroyGraceSeconds: 20,
};

const observed: Properties = {
  bridge: "", cgroupParent: null, cgroupnsMode: null, containerLogs: null, cpuPeriod: null, cpuQuota: null, cpuSet: "", cpuShares: 0, cpus: null, devices: [],
  deviceReadBps: [], deviceRequests: [], dns: [], dnsOpts: [], dnsSearches: [], domainname: "", entrypoints: [], exitCode: null, gpus: null, groupAdds: [],
  hostname: "4f9c1a5d3c0b", hosts: [], ipcMode: "private", logDriver: "json-file", logOpts: null, maxRetryCount: 0, memorySwap: 0, mounts: [],
  networkDatas: [{ gateway: "172.20.0.1", globalIpv6Address: "", globalIpv6PrefixLength: 0, ipAddress: "172.20.0.2", ipPrefixLength: 16, ipv6Gateway: "", macAddress: "02:42:ac:14:00:02", networkName: "edge-net" }],
  pidMode: null, platform: "linux", privileged: false, publishAllPorts: false, runtime: "runc", securityOpts: [], shmSize: 64, stopSignal: "", stopTimeout: 0,
  storageOpts: null, sysctls: null, ulimits: [], user: "", usernsMode: "", workingDir: "/",
};

const defaulted: Properties = {
  attach: false, containerReadRefreshTimeoutMilliseconds: 15000, logs: false, memoryReservation: 0, mustRun: true, networkMode: "bridge", readOnly: false,
  removeVolumes: true, rm: false, start: true, stdinOpen: false, tty: false, wait: false, waitTimeout: 60,
};

const outputs: Properties = {
  ...observed, ...defaulted, name: "edge", image: "headend/host:1", command: ["node", "host.js"], envs: ["A=1", "B=2"], init: true, memory: 512,
  restart: "unless-stopped", destroyGraceSeconds: 20, tmpfs: { "/run": "size=16m" },
  ports: [{ external: 8080, internal: 80, ip: "0.0.0.0", protocol: "tcp" }, { external: 8443, internal: 8443, ip: "127.0.0.1", protocol: "udp" }],
  networksAdvanced: [{ aliases: ["cdn", "edge"], driverOpts: [], gwPriority: 0, ipv4Address: "", ipv6Address: "", linkLocalIps: [], macAddress: "", name: "edge-net" }],
  volumes: [
    { containerPath: "/x", fromContainer: "", hostPath: "/etc/x", readOnly: true, selinuxRelabel: "", volumeName: "" },
    { containerPath: "/rec", fromContainer: "", hostPath: "", readOnly: false, selinuxRelabel: "", volumeName: "rec" },
  ],
  capabilities: { adds: ["CAP_NET_ADMIN"], drops: [] },
  healthcheck: { interval: "5s", retries: 0, startInterval: "0s", startPeriod: "0s", tests: ["CMD", "true"], timeout: "0s" },
  labels: [{ label: "a", value: "1" }],
  uploads: [{ content: "y", contentBase64: "", executable: false, file: "/etc/y", permissions: "", source: "", sourceHash: "" }],
  id: ID, __meta: TIMEOUTS, __pulumi_raw_state_delta: { obj: {} },
};

const modern: Properties = {
  ...program, containerReadRefreshTimeoutMilliseconds: 15000, mustRun: true, networkMode: "bridge", removeVolumes: true, start: true, waitTimeout: 60,
  ports: [{ __defaults: [], internal: 8443, external: 8443, protocol: "udp", ip: "127.0.0.1" }, { __defaults: ["ip", "protocol"], internal: 80, external: 8080, ip: "0.0.0.0", protocol: "tcp" }],
  healthcheck: { __defaults: ["startInterval", "startPeriod", "timeout"], tests: ["CMD", "true"], interval: "5s", startInterval: "0s", startPeriod: "0s", timeout: "0s" },
  capabilities: { __defaults: [], adds: ["NET_ADMIN"] },
  __defaults: ["containerReadRefreshTimeoutMilliseconds", "mustRun", "networkMode", "removeVolumes", "start", "waitTimeout"],
};

const legacy: Properties = {
  ...modern, ...defaulted, uploads: [{ __defaults: ["executable"], file: "/etc/y", content: "y", executable: false }],
  __defaults: Object.keys(defaulted).sort(),
};

const CONTAINER = "docker:index/container:Container";

export const OFFICIAL: Readonly<Record<string, Official>> = {
  "a container": { token: CONTAINER, program, inputs: modern, outputs, id: ID },
  "a container of an older release": { token: CONTAINER, program, inputs: legacy, outputs, id: ID },
  "an automatically named container": {
    token: CONTAINER, id: ID, program: { image: "x" },
    inputs: { image: "x", name: "box-1a2b3c4", ...defaulted, restart: "no", __defaults: [...Object.keys(defaulted), "name", "restart"].sort() },
    outputs: { ...observed, ...defaulted, name: "box-1a2b3c4", image: "x", restart: "no", command: ["sh"], envs: null, labels: null, init: false, __meta: TIMEOUTS },
  },
  "a network": {
    token: "docker:index/network:Network", id: "n1", program: { name: "plane", internal: true, labels: [{ label: "a", value: "1" }] },
    inputs: { __defaults: ["ipamDriver"], name: "plane", internal: true, ipamDriver: "default", labels: [{ __defaults: [], label: "a", value: "1" }] },
    outputs: {
      __meta: "{\"schema_version\":\"1\"}", attachable: false, driver: "bridge", id: "n1", ingress: false, internal: true,
      ipamConfigs: [{ auxAddress: {}, gateway: "172.21.0.1", ipRange: "", subnet: "172.21.0.0/16" }], ipamDriver: "default", ipamOptions: {}, ipv6: false,
      labels: [{ label: "a", value: "1" }], name: "plane", options: {}, scope: "local",
    },
  },
  "a volume": {
    token: "docker:index/volume:Volume", id: "rec", program: { name: "rec" }, inputs: { __defaults: [], name: "rec" },
    outputs: { __meta: "{\"schema_version\":\"1\"}", cluster: null, driver: "local", driverOpts: null, id: "rec", labels: [], mountpoint: "/var/lib/docker/volumes/rec/_data", name: "rec" },
  },
  "a local image": {
    token: "docker:index/remoteImage:RemoteImage", id: "sha256:aax", program: { name: "x", keepLocally: true }, inputs: { __defaults: [], name: "x", keepLocally: true },
    outputs: { build: null, forceRemove: null, id: "sha256:aax", imageId: "sha256:aa", keepLocally: true, name: "x", platform: "", pullTriggers: [], repoDigest: "", triggers: null },
  },
  "a command": {
    token: "command:local:Command", id: "say1a2b3c4d", program: { create: "echo 1", environment: { A: "1" }, triggers: [1, "a"] },
    inputs: { create: "echo 1", environment: { A: "1" }, triggers: [1, "a"] },
    outputs: { create: "echo 1", environment: { A: "1" }, triggers: [1, "a"], stdout: "1", stderr: "" },
  },
  "a private key": {
    token: "tls:index/privateKey:PrivateKey", id: "k", program: { algorithm: "ECDSA", ecdsaCurve: "P256" }, inputs: { algorithm: "ECDSA", ecdsaCurve: "P256" },
    outputs: {
      __meta: "{\"schema_version\":\"1\"}", algorithm: "ECDSA", ecdsaCurve: "P256", id: "k", privateKeyOpenssh: "o", privateKeyPem: "p", privateKeyPemPkcs8: "8",
      publicKeyFingerprintMd5: "m", publicKeyFingerprintSha256: "s", publicKeyOpenssh: "l", publicKeyPem: "pp", rsaBits: 2048,
    },
  },
  "a certificate": {
    token: "tls:index/selfSignedCert:SelfSignedCert", id: "12",
    program: { privateKeyPem: "-----BEGIN X", allowedUses: ["cert_signing"], isCaCertificate: true, validityPeriodHours: 876000, subject: { commonName: "CA" } },
    inputs: { privateKeyPem: "-----BEGIN X", allowedUses: ["cert_signing"], isCaCertificate: true, validityPeriodHours: 876000, subject: { commonName: "CA" } },
    outputs: {
      allowedUses: ["cert_signing"], certPem: "c", dnsNames: null, earlyRenewalHours: 0, id: "12", ipAddresses: null, isCaCertificate: true, keyAlgorithm: "ECDSA",
      maxPathLength: null, privateKeyPem: "-----BEGIN X", readyForRenewal: false, setAuthorityKeyId: false, setSubjectKeyId: false,
      subject: { commonName: "CA", country: null, emailAddress: null, locality: null, organization: null, organizationalUnit: null, postalCode: null, province: null, serialNumber: null, streetAddresses: null },
      uris: null, validityEndTime: "2999-01-01T00:00:00.5+02:00", validityPeriodHours: 876000, validityStartTime: "2026-01-01T00:00:00.5+02:00",
    },
  },
};
