import { Eip } from "@pulumi/aws/ec2/eip.js";
import { EipAssociation } from "@pulumi/aws/ec2/eipAssociation.js";
import type { Instance } from "@pulumi/aws/ec2/instance.js";
import * as pulumi from "@pulumi/pulumi";
import { type AwsContext, regionOf } from "./context.ts";
import { hostInstance, type HostInstanceArgs } from "./instance.ts";
import type { Member } from "./members.ts";

/** A multiplexer's lasting address. $0.005 an hour, used or not. */
export class IngestAddress extends pulumi.ComponentResource {
  readonly publicIp: pulumi.Output<string>;
  private readonly eip: Eip;

  constructor(private readonly context: AwsContext, private readonly member: Member, opts?: pulumi.ComponentResourceOptions) {
    super("headend:aws:IngestAddress", `${member.key}-address`, {}, opts);
    this.eip = new Eip(member.key, { domain: "vpc", region: regionOf(context, member.region).aws, tags: { Name: `${context.stack}/${member.key}`, "headend-host": member.key } }, { parent: this });
    this.publicIp = this.eip.publicIp;
    this.registerOutputs({});
  }

  /** Leads the address to an instance. A new instance gets it once it serves; only then does the old one go. */
  leadTo(instance: Instance, serves: pulumi.Resource): EipAssociation {
    return new EipAssociation(this.member.key, {
      allocationId: this.eip.id, instanceId: instance.id, allowReassociation: true, region: regionOf(this.context, this.member.region).aws,
    }, { parent: this, dependsOn: serves });
  }
}

/** A host that receives publishers: an instance that edits never replace. */
export class Multiplexer extends pulumi.ComponentResource {
  readonly instance: Instance;

  constructor(args: HostInstanceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headend:aws:Multiplexer", args.member.key, {}, opts);
    this.instance = hostInstance(args.member.key, args, { parent: this });
    this.registerOutputs({});
  }
}

/** A host that encodes; as {@link Multiplexer}, with an address that only matters inwards. */
export class Transcoder extends pulumi.ComponentResource {
  readonly instance: Instance;

  constructor(args: HostInstanceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headend:aws:Transcoder", args.member.key, {}, opts);
    this.instance = hostInstance(args.member.key, args, { parent: this });
    this.registerOutputs({});
  }
}
