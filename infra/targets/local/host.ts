import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Host, Plane } from "../../plan/model.ts";
import { RECORDINGS, RUN, VAR } from "../../render/paths.ts";
import type { Bundle } from "../../render/bundle.ts";
import { shownInputs } from "../shown.ts";
import type { Gpu } from "./gpu.ts";
import type { PublishedPort } from "./ports.ts";

export interface LocalHostArgs {
  readonly stack: string;
  readonly host: Host;
  readonly bundle: Bundle;
  readonly image: string;
  readonly networks: Readonly<Record<Plane, docker.Network>>;
  /** Values of the secrets that the bundle names. */
  readonly secrets: pulumi.Input<Record<string, string>>;
  readonly expose: string;
  /** What WebRTC peers are told to send to. */
  readonly publicAddress: string;
  /** Ports of the container that the machine publishes. */
  readonly ports: readonly PublishedPort[];
  /** Folder on the machine for this host's recordings; null where it keeps none. */
  readonly recordings: string | null;
  /** Hardware encoder that the host's streams declare. */
  readonly gpu: Gpu | null;
  /** Hosts that must have their configuration before this one gets its own. */
  readonly after: readonly LocalHost[];
  /** Host that must serve before this one's container is touched: in a running stack one host at a time is away. */
  readonly turn: LocalHost | null;
}

/** Segments and caches live in memory; this bounds it. */
const TMPFS = "rw,exec,size=1g,mode=0755";

/**
 * A host as a container. Its configuration is delivered by a command of its own, so that an edit reloads what runs and never replaces
 * the container. The rendered files are inputs of this component: `pulumi preview --diff` shows their changed lines.
 */
export class LocalHost extends pulumi.ComponentResource {
  readonly container: string;
  readonly role: Host["role"];
  /** Done when the host's services are ready with the configuration of this `up`. */
  readonly configured: pulumi.Resource;

  constructor(name: string, args: LocalHostArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, bundle } = args;
    super("headend:local:Host", name, shownInputs(bundle), opts);
    const parent = { parent: this };
    this.container = containerName(args.stack, host.name);
    this.role = host.role;
    const labels = { "headend.stack": args.stack, "headend.host": host.name };
    const volume = new docker.Volume(`${name}-state`, {
      name: this.container, labels: Object.entries(labels).map(([label, value]) => ({ label, value })),
    }, parent);
    const container = new docker.Container(name, {
      name: this.container, image: args.image, hostname: host.name, init: true, restart: "unless-stopped",
      labels: Object.entries(labels).map(([label, value]) => ({ label, value })),
      envs: [`HEADEND_PUBLIC_ADDRESS=${args.publicAddress}`],
      capabilities: { adds: ["CAP_NET_ADMIN"] },
      networksAdvanced: host.planes.map((plane) => ({ name: args.networks[plane].name, aliases: [host.address] })),
      ports: args.ports.map(({ internal, external, protocol }) => ({ internal, external, protocol, ip: args.expose })),
      volumes: [
        { volumeName: volume.name, containerPath: VAR },
        ...(args.recordings ? [{ hostPath: args.recordings, containerPath: RECORDINGS }] : []),
      ],
      tmpfs: { [RUN]: TMPFS },
      ...(args.gpu === "nvidia" ? { gpus: "all" } : {}),
      ...(args.gpu === "dri" ? { devices: [{ hostPath: "/dev/dri", containerPath: "/dev/dri" }] } : {}),
      destroyGraceSeconds: 10,
      logOpts: { "max-size": "10m", "max-file": "3" },
    }, { ...parent, replaceOnChanges: ["tmpfs", "init"], deleteBeforeReplace: true, ...(args.turn ? { dependsOn: [args.turn.configured] } : {}) });
    const apply = `docker exec -i ${this.container} headend-host apply`;
    this.configured = new command.local.Command(`${name}-config`, {
      create: apply, update: apply,
      stdin: pulumi.secret(pulumi.output(args.secrets).apply((secrets) => JSON.stringify({ bundle, secrets }))),
      // A new container has no configuration: deliver it again.
      triggers: [container.id],
      addPreviousOutputInEnv: false,
    }, { ...parent, dependsOn: args.after.map((host) => host.configured), deletedWith: container, hideDiffs: ["stdin"] });
    this.registerOutputs({});
  }
}

/** Docker name of a host's container and state volume. */
export function containerName(stack: string, host: string): string {
  return `headend-${stack}-${host}`;
}
