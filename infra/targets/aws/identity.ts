import { InstanceProfile } from "@pulumi/aws/iam/instanceProfile.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import * as pulumi from "@pulumi/pulumi";
import { type AwsContext, nameOf, regionOf } from "./context.ts";
import type { AcmeOrder } from "./contract.ts";
import type { Member } from "./members.ts";
import { hostPolicy, INSTANCE_TRUST } from "./policies.ts";

export interface IdentityArgs {
  readonly context: AwsContext;
  readonly member: Member;
  readonly storeArn: pulumi.Input<string>;
  readonly recordingsArn: pulumi.Input<string> | null;
  readonly group: string | null;
  readonly acme: pulumi.Input<AcmeOrder> | null;
}

/** What a host is to AWS: a role that may do what that host needs and nothing else. */
export class Identity extends pulumi.ComponentResource {
  readonly profile: pulumi.Output<string>;
  /** Done when the role may do its work. */
  readonly ready: pulumi.Resource;

  constructor({ context, member, storeArn, recordingsArn, group, acme }: IdentityArgs, opts?: pulumi.ComponentResourceOptions) {
    const { key } = member;
    super("headend:aws:Identity", `${key}-identity`, {}, opts);
    const at = { parent: this };
    // Roles are global: the key holds the topology's region, so that two regions do not share one.
    const role = new Role(key, { name: nameOf(context, "role", key), description: `headend ${context.stack}: ${key}`, assumeRolePolicy: JSON.stringify(INSTANCE_TRUST) }, at);
    const policy = pulumi.all([context.account, storeArn, recordingsArn, acme]).apply(([account, store, recordings, order]) => JSON.stringify(hostPolicy({
      stack: context.stack, account, region: regionOf(context, member.region).aws, key, role: member.role, storeArn: store, recordingsArn: recordings, group, acme: order,
    })));
    this.ready = new RolePolicy(key, { name: "host", role: role.name, policy }, at);
    this.profile = new InstanceProfile(key, { name: nameOf(context, "instanceProfile", key), role: role.name }, at).name;
    this.registerOutputs({});
  }
}
