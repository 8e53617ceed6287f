/** Auto Scaling groups: members come and go as EC2's do, through lifecycle hooks, load balancer health and instance refresh. */
import { CreateAutoScalingGroupCommand, PutLifecycleHookCommand, PutScalingPolicyCommand, PutScheduledUpdateGroupActionCommand } from "@aws-sdk/client-auto-scaling";
import type { CloudEvent } from "../cloud/state.ts";
import { ACCOUNT } from "./moto.ts";
import { number, object, objects, optional, some, text, textMap, texts } from "./resource.ts";
import type { Handler, Resource, Wish } from "./resource.ts";
import type { World } from "./world.ts";

export type MemberState = "Pending" | "Pending:Wait" | "InService" | "Terminating:Wait" | "Terminating:Proceed";
export interface Member { readonly id: string; readonly zone: string; readonly version: number; state: MemberState; since: number; healthy: boolean; inServiceSince: number | null; /** A hook's heartbeat ends here, epoch ms. */ deadline: number }

const LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING", TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING";

export class ScalingGroup {
  readonly members: Member[] = [];
  desired: number;
  private busy = false;
  private closed = false;
  /** What happened, for tests: "i-… Pending:Wait". */
  readonly history: string[] = [];

  constructor(private readonly world: World, readonly resource: Resource) {
    this.desired = number(resource.inputs, "desiredCapacity", number(resource.inputs, "minSize"));
  }

  get name(): string { return text(this.resource.inputs, "name"); }
  get min(): number { return number(this.resource.inputs, "minSize"); }
  get max(): number { return number(this.resource.inputs, "maxSize"); }

  /** Brings members towards what is wanted; called at every change and every second. */
  async tick(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try { await this.step(); } finally { this.busy = false; }
  }

  take(event: CloudEvent): void {
    if (event.kind === "lifecycle-complete" && event.group === this.name) {
      const m = this.members.find((x) => x.id === event.instance);
      if (m === undefined) return;
      if (m.state === "Pending:Wait" && event.hook === this.hook(LAUNCHING)?.name) this.move(m, event.result === "CONTINUE" ? "InService" : "Terminating:Proceed");
      else if (m.state === "Terminating:Wait" && event.hook === this.hook(TERMINATING)?.name) this.move(m, "Terminating:Proceed");
    }
    if (event.kind === "heartbeat" && event.group === this.name) { const m = this.members.find((x) => x.id === event.instance), h = this.hooks().find((x) => x.name === event.hook); if (m && h) m.deadline = Date.now() + h.seconds * 1000; }
    if (event.kind === "target-health" && texts(this.resource.inputs, "targetGroupArns").includes(event.targetGroup)) { const m = this.members.find((x) => x.id === event.id); if (m) m.healthy = event.healthy; }
    void this.tick();
  }

  /** What instance metadata says a member is to become. */
  targetOf(id: string): string {
    return this.members.find((m) => m.id === id)?.state.startsWith("Terminating") ? "Terminated" : "InService";
  }

  /** As terminate-instance-in-auto-scaling-group. */
  terminate(id: string): void {
    const m = this.members.find((x) => x.id === id);
    if (m === undefined || m.state.startsWith("Terminating")) return;
    this.move(m, m.state === "InService" && this.hook(TERMINATING) ? "Terminating:Wait" : "Terminating:Proceed");
    void this.tick();
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.members.splice(0).map((m) => this.world.terminate(m.id)));
  }

  private hooks(): { name: string; transition: string; seconds: number; result: string }[] {
    const separate = this.world.all("autoscaling/LifecycleHook").filter((h) => h.inputs["autoscalingGroupName"] === this.name).map((h) => h.inputs);
    return [...objects(this.resource.inputs, "initialLifecycleHooks"), ...separate].map((h) => ({ name: text(h, "name"), transition: text(h, "lifecycleTransition"), seconds: number(h, "heartbeatTimeout", 3600), result: text(h, "defaultResult") || "ABANDON" }));
  }
  private hook(transition: string) { return this.hooks().find((h) => h.transition === transition); }

  private move(m: Member, state: MemberState): void {
    m.state = state;
    m.since = Date.now();
    if (state === "InService") m.inServiceSince = Date.now();
    const hook = state === "Pending:Wait" ? this.hook(LAUNCHING) : state === "Terminating:Wait" ? this.hook(TERMINATING) : undefined;
    m.deadline = hook === undefined ? Infinity : Date.now() + hook.seconds * 1000;
    this.history.push(`${m.id} ${state}`);
    this.world.changed();
  }

  private async step(): Promise<void> {
    if (this.closed) return;
    const wanted = Math.min(Math.max(this.desired, this.min), this.max), version = this.templateVersion();
    for (const m of [...this.members]) {
      if (m.state === "Pending:Wait" && Date.now() > m.deadline) this.move(m, this.hook(LAUNCHING)?.result === "CONTINUE" ? "InService" : "Terminating:Proceed");
      if (m.state === "Terminating:Wait" && Date.now() > m.deadline) this.move(m, "Terminating:Proceed");
      if (m.state === "InService" && this.unhealthy(m)) this.terminate(m.id);
      if (m.state === "Terminating:Proceed") {
        this.members.splice(this.members.indexOf(m), 1);
        await this.world.terminate(m.id);
        this.history.push(`${m.id} Terminated`);
        this.world.changed();
      }
    }
    const living = this.members.filter((m) => !m.state.startsWith("Terminating")), old = living.filter((m) => m.version !== version);
    // Refresh: newcomers first (maxHealthyPercentage lets one more come), and only then does an old one go.
    const extra = old.length > 0 ? 1 : 0;
    if (living.length < wanted + extra) await Promise.all(Array.from({ length: wanted + extra - living.length }, () => this.add(version)));
    const serving = living.filter((m) => m.state === "InService");
    if (living.length > wanted && serving.length > wanted) this.terminate((old.find((m) => m.state === "InService") ?? serving[0] as Member).id);
  }

  /** By EC2's status, and by its load balancer's checks once the grace period is over. */
  private unhealthy(m: Member): boolean {
    if (this.world.instanceOf(m.id)?.running === false) return true;
    const grace = number(this.resource.inputs, "healthCheckGracePeriod", 300) * 1000;
    return this.resource.inputs["healthCheckType"] === "ELB" && !m.healthy && m.inServiceSince !== null && Date.now() - m.inServiceSince > grace;
  }

  private template(): Resource {
    const spec = object(this.resource.inputs, "launchTemplate"), id = optional(spec, "id");
    const found = this.world.all("ec2/LaunchTemplate").find((t) => t.id === id || t.inputs["name"] === spec["name"]);
    if (found === undefined) throw new Error(`${this.name}: no launch template ${id ?? text(spec, "name")}`);
    return found;
  }
  private templateVersion(): number {
    const wanted = text(object(this.resource.inputs, "launchTemplate"), "version"), t = this.template();
    return wanted === "" || wanted === "$Default" ? number(t.outputs, "defaultVersion", 1) : wanted === "$Latest" ? number(t.outputs, "latestVersion", 1) : Number(wanted);
  }

  private async add(version: number): Promise<void> {
    const t = this.template().inputs, nic = objects(t, "networkInterfaces")[0] ?? {}, metadata = object(t, "metadataOptions");
    const subnets = texts(this.resource.inputs, "vpcZoneIdentifiers").map((s) => this.world.get("ec2/Subnet", s));
    const count = (s: Resource): number => this.members.filter((m) => m.zone === text(s.outputs, "availabilityZone")).length;
    const subnet = [...subnets].sort((a, b) => count(a) - count(b))[0];
    if (subnet === undefined) throw new Error(`${this.name} has no subnet`);
    const id = this.world.newId("i"), member: Member = { id, zone: text(subnet.outputs, "availabilityZone"), version, state: "Pending", since: Date.now(), healthy: false, inServiceSince: null, deadline: Infinity };
    this.members.push(member);
    const own = objects(this.resource.inputs, "tags").filter((g) => g["propagateAtLaunch"] === true).map((g) => [text(g, "key"), text(g, "value")] as const);
    const data = optional(t, "userData");
    this.move(member, this.hook(LAUNCHING) ? "Pending:Wait" : "Pending");
    await this.world.launch({
      id, subnet, publicIp: nic["associatePublicIpAddress"] === "true" || (nic["associatePublicIpAddress"] === undefined && subnet.inputs["mapPublicIpOnLaunch"] === true), type: text(t, "instanceType"), image: text(t, "imageId"),
      profile: optional(object(t, "iamInstanceProfile"), "name") ?? null, groups: [...texts(nic, "securityGroups"), ...texts(t, "vpcSecurityGroupIds")], tokensRequired: metadata["httpTokens"] === "required", tagsShown: metadata["instanceMetadataTags"] === "enabled",
      tags: { ...Object.fromEntries(own), ...textMap(objects(t, "tagSpecifications").find((s) => s["resourceType"] === "instance") ?? {}, "tags"), "aws:autoscaling:groupName": this.name }, userData: data === undefined ? null : Buffer.from(data, "base64").toString(), group: this.name,
    });
    if (member.state === "Pending") this.move(member, "InService");
  }
}

/** moto looks at the shape; the members live here. */
const group: Handler = {
  async create(w) {
    const i = w.inputs, t = object(i, "launchTemplate"), name = text(i, "name");
    await scaling(w).send(new CreateAutoScalingGroupCommand(some({
      AutoScalingGroupName: name, MinSize: 0, MaxSize: number(i, "maxSize"), DesiredCapacity: 0, VPCZoneIdentifier: texts(i, "vpcZoneIdentifiers").join(","), HealthCheckType: optional(i, "healthCheckType"), HealthCheckGracePeriod: i["healthCheckGracePeriod"] === undefined ? undefined : number(i, "healthCheckGracePeriod"),
      LaunchTemplate: some({ LaunchTemplateId: optional(t, "id"), LaunchTemplateName: optional(t, "name"), Version: optional(t, "version") }), TerminationPolicies: i["terminationPolicies"] === undefined ? undefined : texts(i, "terminationPolicies"),
      Tags: objects(i, "tags").map((g) => ({ Key: text(g, "key"), Value: text(g, "value"), PropagateAtLaunch: g["propagateAtLaunch"] === true })),
    })));
    return { id: name, outputs: { arn: `arn:aws:autoscaling:${w.region}:${ACCOUNT}:autoScalingGroup:sim:autoScalingGroupName/${name}`, availabilityZones: [], defaultCooldown: 300, vpcZoneIdentifiers: i["vpcZoneIdentifiers"] ?? [], healthCheckType: i["healthCheckType"] ?? "EC2" } };
  },
  async remove(world, r) {
    await world.groups.get(r.id)?.close();
    world.groups.delete(r.id);
  },
};

const scaling = (w: Wish) => w.world.clients(w.region).autoscaling;

const hook: Handler = {
  async create(w) {
    const i = w.inputs;
    await scaling(w).send(new PutLifecycleHookCommand(some({ AutoScalingGroupName: text(i, "autoscalingGroupName"), LifecycleHookName: text(i, "name"), LifecycleTransition: text(i, "lifecycleTransition"), HeartbeatTimeout: i["heartbeatTimeout"] === undefined ? undefined : number(i, "heartbeatTimeout"), DefaultResult: optional(i, "defaultResult") })));
    return { id: text(i, "name") };
  },
};

const policy: Handler = {
  async create(w) {
    const i = w.inputs, t = object(i, "targetTrackingConfiguration"), p = object(t, "predefinedMetricSpecification");
    await scaling(w).send(new PutScalingPolicyCommand(some({
      AutoScalingGroupName: text(i, "autoscalingGroupName"), PolicyName: text(i, "name"), PolicyType: text(i, "policyType"),
      TargetTrackingConfiguration: i["targetTrackingConfiguration"] === undefined ? undefined : some({ TargetValue: number(t, "targetValue"), PredefinedMetricSpecification: Object.keys(p).length === 0 ? undefined : { PredefinedMetricType: text(p, "predefinedMetricType") as "ASGAverageNetworkOut" } }),
    })));
    return { id: text(i, "name"), outputs: { arn: `arn:aws:autoscaling:${w.region}:${ACCOUNT}:scalingPolicy:sim` } };
  },
};

const schedule: Handler = {
  async create(w) {
    const i = w.inputs, size = (name: string): number | undefined => (i[name] === undefined ? undefined : number(i, name));
    await scaling(w).send(new PutScheduledUpdateGroupActionCommand(some({ AutoScalingGroupName: text(i, "autoscalingGroupName"), ScheduledActionName: text(i, "scheduledActionName"), StartTime: optional(i, "startTime") === undefined ? undefined : new Date(text(i, "startTime")), Recurrence: optional(i, "recurrence"), MinSize: size("minSize"), MaxSize: size("maxSize"), DesiredCapacity: size("desiredCapacity") })));
    return { id: text(i, "scheduledActionName"), outputs: { arn: `arn:aws:autoscaling:${w.region}:${ACCOUNT}:scheduledUpdateGroupAction:sim` } };
  },
};

export const GROUPS: Readonly<Record<string, Handler>> = { "autoscaling/Group": group, "autoscaling/LifecycleHook": hook, "autoscaling/Policy": policy, "autoscaling/Schedule": schedule };
