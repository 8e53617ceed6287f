import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { AwsContext } from "./context.ts";
import { regionOf } from "./context.ts";
import type { Expectation, Expectations } from "./contract.ts";
import type { HostConfig } from "./host-config.ts";
import { waitCommand } from "./host-side.ts";
import type { Member } from "./members.ts";
import type { Store } from "./store.ts";

/** A boot from nothing, with the packages of every role. */
const TIMEOUT_SECONDS = 900;

export interface AwaitedHost { readonly member: Member; readonly config: HostConfig; readonly who: pulumi.Input<Expectation["who"]> }

/** Waits until the hosts of a role have reported what they were told, shows what they say, and fails with their own words. */
export function applied(name: string, context: AwsContext, store: Store, root: string, hosts: readonly AwaitedHost[], opts: pulumi.CustomResourceOptions = {}): command.local.Command {
  const expectations = pulumi.all(hosts.map(({ member, config, who }) => pulumi.all([who, config.secretsVersion]).apply(([resolved, secretsVersion]): Expectation => ({
    key: member.key, region: regionOf(context, member.region).aws, bundle: member.bundleSha256, secretsVersion, programs: store.programsSha256(architecture(context, member)), who: resolved,
  }))));
  const run = waitCommand(root);
  return new command.local.Command(name, {
    create: run, update: run, addPreviousOutputInEnv: false,
    stdin: expectations.apply((list) => JSON.stringify({ stack: context.stack, bucket: store.bucket, bucketRegion: store.region, timeoutSeconds: TIMEOUT_SECONDS, hosts: list } satisfies Expectations)),
  }, { ...opts, dependsOn: hosts.map(({ config }) => config.pointer) });
}

/** Architecture of a member's size. */
export function architecture(context: Pick<AwsContext, "sizes">, member: Member): "arm" | "x86" {
  return context.sizes.get(member.host.name)?.architecture ?? "arm";
}
