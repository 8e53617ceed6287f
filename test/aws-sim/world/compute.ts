/** Instances, launch templates, load balancers; groups are in groups.ts. */
import { CreateLaunchTemplateCommand, CreateLaunchTemplateVersionCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import type { RequestLaunchTemplateData, RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import type { Properties } from "../../../scripts/plugins/wire/values.ts";
import { ACCOUNT } from "./moto.ts";
import { tagList } from "./network.ts";
import { bool, number, object, objects, optional, some, text, textMap, texts } from "./resource.ts";
import type { Handler, Resource, Wish } from "./resource.ts";
import { restartMachine } from "./machines.ts";
import type { World } from "./world.ts";

const metadataOptions = (i: Properties) => some({ HttpTokens: optional(i, "httpTokens") as "required" | undefined, HttpEndpoint: optional(i, "httpEndpoint") as "enabled" | undefined, HttpPutResponseHopLimit: i["httpPutResponseHopLimit"] === undefined ? undefined : number(i, "httpPutResponseHopLimit"), InstanceMetadataTags: optional(i, "instanceMetadataTags") as "enabled" | undefined });

/** As EC2's API takes an instance. */
function runInput(w: Wish): RunInstancesCommandInput {
  const i = w.inputs, root = object(i, "rootBlockDevice"), data = optional(i, "userData"), encoded = optional(i, "userDataBase64");
  return some({
    ImageId: optional(i, "ami"), InstanceType: optional(i, "instanceType") as "t3.micro" | undefined, MinCount: 1, MaxCount: 1, SubnetId: optional(i, "subnetId"), SecurityGroupIds: texts(i, "vpcSecurityGroupIds"),
    UserData: data === undefined ? encoded : Buffer.from(data).toString("base64"), IamInstanceProfile: optional(i, "iamInstanceProfile") === undefined ? undefined : { Name: text(i, "iamInstanceProfile") },
    MetadataOptions: metadataOptions(object(i, "metadataOptions")), Monitoring: { Enabled: bool(i, "monitoring") }, PrivateIpAddress: optional(i, "privateIp"),
    BlockDeviceMappings: Object.keys(root).length === 0 ? undefined : [{ DeviceName: "/dev/xvda", Ebs: some({ VolumeType: optional(root, "volumeType") as "gp3" | undefined, VolumeSize: root["volumeSize"] === undefined ? undefined : number(root, "volumeSize"), Encrypted: bool(root, "encrypted") }) }],
    TagSpecifications: tagList(i).length === 0 ? undefined : [{ ResourceType: "instance", Tags: tagList(i) }],
  }) as RunInstancesCommandInput;
}

const instance: Handler = {
  async create(w) {
    const i = w.inputs, made = await w.world.clients(w.region).ec2.send(new RunInstancesCommand(runInput(w))), id = made.Instances?.[0]?.InstanceId ?? w.world.newId("i");
    const metadata = object(i, "metadataOptions"), subnet = w.world.get("ec2/Subnet", text(i, "subnetId")), encoded = optional(i, "userDataBase64");
    const machine = await w.world.launch({
      id, subnet, publicIp: i["associatePublicIpAddress"] === undefined ? bool(subnet.inputs, "mapPublicIpOnLaunch") : bool(i, "associatePublicIpAddress"), type: text(i, "instanceType"), image: text(i, "ami"),
      profile: optional(i, "iamInstanceProfile") ?? null, groups: texts(i, "vpcSecurityGroupIds"), tokensRequired: metadata["httpTokens"] === "required", tagsShown: metadata["instanceMetadataTags"] === "enabled", tags: textMap(i, "tags"),
      userData: optional(i, "userData") ?? (encoded === undefined ? null : Buffer.from(encoded, "base64").toString()), group: null,
    });
    const count = number(i, "ipv6AddressCount");
    return { id, outputs: {
      arn: `arn:aws:ec2:${w.region}:${ACCOUNT}:instance/${id}`, privateIp: machine.privateIp, publicIp: machine.ownPublicIp ?? "", privateDns: `ip-${machine.privateIp.replaceAll(".", "-")}.${w.region}.compute.internal`, publicDns: "",
      primaryNetworkInterfaceId: machine.networkInterface, instanceState: "running", availabilityZone: machine.zone, ipv6Addresses: count > 0 ? [`2001:db8::${machine.privateIp.split(".").map((n) => Number(n).toString(16)).join(":")}`] : [], securityGroups: [], outpostArn: "", passwordData: "",
    } };
  },
  async update(w, r) {
    const machine = w.world.instanceOf(r.id), data = optional(w.inputs, "userData") ?? null;
    if (machine === undefined) throw new Error(`${r.id} does not exist`);
    if (data === machine.userData && w.inputs["instanceType"] === r.inputs["instanceType"]) return {};
    // EC2 stops and starts it; user data that is not run again changes nothing inside.
    machine.userData = data;
    await restartMachine(machine, w.world.wire(machine.vpc));
    return {};
  },
  remove: (world, r) => world.terminate(r.id),
};

/** As EC2's API takes a launch template. */
function templateData(i: Properties): RequestLaunchTemplateData {
  return some({
    ImageId: optional(i, "imageId"), InstanceType: optional(i, "instanceType") as "t3.micro" | undefined, UserData: optional(i, "userData"), MetadataOptions: metadataOptions(object(i, "metadataOptions")),
    IamInstanceProfile: i["iamInstanceProfile"] === undefined ? undefined : some({ Name: optional(object(i, "iamInstanceProfile"), "name"), Arn: optional(object(i, "iamInstanceProfile"), "arn") }),
    SecurityGroupIds: i["vpcSecurityGroupIds"] === undefined ? undefined : texts(i, "vpcSecurityGroupIds"),
    NetworkInterfaces: i["networkInterfaces"] === undefined ? undefined : objects(i, "networkInterfaces").map((n) => some({ DeviceIndex: number(n, "deviceIndex"), AssociatePublicIpAddress: n["associatePublicIpAddress"] === "true", Groups: texts(n, "securityGroups"), Ipv6AddressCount: n["ipv6AddressCount"] === undefined ? undefined : number(n, "ipv6AddressCount") })),
    BlockDeviceMappings: i["blockDeviceMappings"] === undefined ? undefined : objects(i, "blockDeviceMappings").map((b) => ({ DeviceName: text(b, "deviceName"), Ebs: some({ VolumeType: optional(object(b, "ebs"), "volumeType") as "gp3" | undefined, VolumeSize: number(object(b, "ebs"), "volumeSize"), Encrypted: object(b, "ebs")["encrypted"] === "true" }) })),
    TagSpecifications: i["tagSpecifications"] === undefined ? undefined : objects(i, "tagSpecifications").map((t) => ({ ResourceType: text(t, "resourceType") as "instance", Tags: tagList(t) })),
    Monitoring: i["monitoring"] === undefined ? undefined : { Enabled: bool(object(i, "monitoring"), "enabled") },
  }) as RequestLaunchTemplateData;
}

const launchTemplate: Handler = {
  async create(w) {
    const made = await w.world.clients(w.region).ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: text(w.inputs, "name"), LaunchTemplateData: templateData(w.inputs) }));
    const id = made.LaunchTemplate?.LaunchTemplateId ?? w.world.newId("lt");
    return { id, outputs: { arn: `arn:aws:ec2:${w.region}:${ACCOUNT}:launch-template/${id}`, latestVersion: 1, defaultVersion: 1 } };
  },
  async update(w, r) {
    if (JSON.stringify(templateData(w.inputs)) === JSON.stringify(templateData(r.inputs))) return {};
    await w.world.clients(w.region).ec2.send(new CreateLaunchTemplateVersionCommand({ LaunchTemplateId: r.id, LaunchTemplateData: templateData(w.inputs) }));
    const version = number(r.outputs, "latestVersion", 1) + 1;
    return { latestVersion: version, ...(bool(w.inputs, "updateDefaultVersion") ? { defaultVersion: version } : {}) };
  },
};

const loadBalancer: Handler = {
  async create(w) {
    if (w.inputs["loadBalancerType"] !== "network") throw new Error("only network load balancers are simulated");
    const id = w.world.newId("x").slice(2), name = text(w.inputs, "name"), suffix = `net/${name}/${id}`, arn = `arn:aws:elasticloadbalancing:${w.region}:${ACCOUNT}:loadbalancer/${suffix}`;
    const addresses = texts(w.inputs, "subnets").map((s) => ({ public: w.world.takePublicAddress(`${arn} ${s}`), private: w.world.takePrivateAddress(w.world.get("ec2/Subnet", s)) }));
    w.world.balancerAddresses.set(arn, addresses);
    return { id: arn, outputs: { arn, arnSuffix: suffix, dnsName: `${name}-${id.slice(0, 16)}.elb.${w.region}.amazonaws.com`, zoneId: "Z3F0SRJ5LGBH90", vpcId: text(w.world.get("ec2/Subnet", texts(w.inputs, "subnets")[0] ?? "").inputs, "vpcId") } };
  },
  async remove(world, r) {
    for (const s of texts(r.inputs, "subnets")) world.freePublicAddress(`${r.id} ${s}`);
    world.balancerAddresses.delete(r.id);
  },
};

const targetGroup: Handler = {
  async create(w) {
    const suffix = `targetgroup/${text(w.inputs, "name")}/${w.world.newId("x").slice(2)}`, arn = `arn:aws:elasticloadbalancing:${w.region}:${ACCOUNT}:${suffix}`;
    return { id: arn, outputs: { arn, arnSuffix: suffix, loadBalancerArns: [] } };
  },
};

const listener: Handler = {
  async create(w) {
    const arn = `${text(w.inputs, "loadBalancerArn").replace(":loadbalancer/", ":listener/")}/${w.world.newId("x").slice(2)}`;
    return { id: arn, outputs: { arn } };
  },
};

export const COMPUTE: Readonly<Record<string, Handler>> = {
  "ec2/Instance": instance, "ec2/LaunchTemplate": launchTemplate, "lb/LoadBalancer": loadBalancer, "lb/TargetGroup": targetGroup, "lb/Listener": listener,
};

/** Resources of a type whose property names another. */
export function naming(world: World, type: string, property: string, id: string): Resource[] {
  return world.all(type).filter((r) => r.inputs[property] === id);
}
