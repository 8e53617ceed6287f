import { Instance } from "@pulumi/aws/ec2/instance.js";
import * as pulumi from "@pulumi/pulumi";
import type { Architecture } from "../../plan/capacity/sizes.ts";
import { type AwsContext, regionOf } from "./context.ts";
import type { UserDataValues } from "./contract.ts";
import type { Member } from "./members.ts";
import { pinnedImage } from "./settings.ts";
import type { ChosenSize } from "./sizes.ts";
import type { Store } from "./store.ts";
import { userData } from "./user-data.ts";

/** What a preview shows while no image is pinned. */
const UNPINNED = "ami-00000000000000000";

export interface MachineArgs {
  readonly context: AwsContext;
  readonly member: Member;
  readonly store: Store;
  readonly diskGb: number;
}

/** What single instances and launch templates have in common. */
export interface Machine {
  readonly region: string;
  readonly size: ChosenSize;
  readonly image: string;
  readonly userData: string;
  readonly tags: Readonly<Record<string, string>>;
}

export function machine({ context, member, store }: MachineArgs): Machine {
  const region = regionOf(context, member.region).aws;
  const size = context.sizes.get(member.host.name);
  if (!size) throw new Error(`${member.key} has no size`);
  return {
    region, size, image: image(context, region, size.architecture),
    userData: userData(userDataValues(context, member, store, size)),
    tags: { Name: `${context.stack}/${member.key}`, "headend-host": member.key, "headend-role": member.role },
  };
}

/** What user data tells a host. Nothing here changes with an edit of the topology. */
export function userDataValues(context: AwsContext, member: Pick<Member, "key">, store: Pick<Store, "bucket" | "region" | "bootstrapSha256">, size: ChosenSize): UserDataValues {
  return {
    HEADEND_STACK: context.stack, HEADEND_HOST: member.key, HEADEND_BUCKET: store.bucket, HEADEND_BUCKET_REGION: store.region,
    HEADEND_ARCH: size.architecture, HEADEND_BOOTSTRAP: store.bootstrapSha256,
    ...(size.gpu === null ? {} : { HEADEND_GPU: size.gpu }),
    ...(context.settings.endpoint === null ? {} : { AWS_ENDPOINT_URL: context.settings.endpoint }),
  };
}

function image(context: AwsContext, region: string, architecture: Architecture): string {
  return pinnedImage(context.settings, region, architecture) ?? UNPINNED;
}

/**
 * Looks for images that hosts need and stack config does not pin.
 * @throws Error with what to do; in a preview it is a warning
 */
export function requireImages(context: AwsContext, members: readonly Member[]): void {
  const missing = new Set(members.flatMap((member) => {
    const region = regionOf(context, member.region).aws;
    const size = context.sizes.get(member.host.name);
    return size && pinnedImage(context.settings, region, size.architecture) === null ? [`${region}/${size.architecture}`] : [];
  }));
  if (missing.size === 0) return;
  const why = `No machine image is pinned for ${[...missing].sort().join(", ")}.\nLet headend find and pin the newest Debian 13: npx headend ami --stack ${context.stack}`;
  if (!pulumi.runtime.isDryRun()) throw new Error(why);
  void pulumi.log.warn(`${why} (this preview shows ${UNPINNED})`);
}

/** IMDSv2 only, and no container may reach it: credentials of the role come from there. */
export const METADATA = { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1, instanceMetadataTags: "disabled" } as const;

export interface HostInstanceArgs extends MachineArgs {
  readonly subnetId: pulumi.Input<string>;
  readonly groupId: pulumi.Input<string>;
  readonly profile: pulumi.Input<string>;
  /** The topology says how large the disk is. */
  readonly diskWritten: boolean;
  /** What it needs at boot. */
  readonly after: readonly pulumi.Resource[];
}

/** A single host. Edits of the topology never replace it; another image, size or zone does, the new one coming first. */
export function hostInstance(name: string, args: HostInstanceArgs, opts: pulumi.CustomResourceOptions): Instance {
  const { region, size, image: ami, userData: text, tags } = machine(args);
  return new Instance(name, {
    region, ami, instanceType: size.name, subnetId: args.subnetId, vpcSecurityGroupIds: [args.groupId], iamInstanceProfile: args.profile,
    associatePublicIpAddress: true, ipv6AddressCount: 1, monitoring: true, metadataOptions: METADATA, userData: text, userDataReplaceOnChange: false,
    rootBlockDevice: { volumeType: "gp3", volumeSize: args.diskGb, encrypted: true, deleteOnTermination: true, tags: { ...tags } },
    tags: { ...tags },
  }, {
    ...opts, dependsOn: [...args.after],
    // User data runs once, at the first boot, and AWS would stop a running host to change it. The same for a size that headend chose: an
    // edit elsewhere may change its mind; who wants another one writes it into the topology. And AWS refuses to make a disk smaller.
    ignoreChanges: ["userData", ...(size.chosen ? ["instanceType"] : []), ...(args.diskWritten ? [] : ["rootBlockDevice.volumeSize"])],
  });
}
