/** Facts of AWS regions as data, so that a preview needs no look-up and never changes by itself. */

export interface RegionFacts {
  /**
   * Availability zones by id, which mean the same place in every account (letters do not), in the order hosts take them. use1-az3 is
   * left out: it lacks the current instance families. From memory of AWS's tables; `headend:availabilityZones` overrides a line.
   */
  readonly zones: readonly string[];
  /** Region of the nearest CloudFront Origin Shield (AWS: origin-shield, "choosing the AWS Region"). */
  readonly shield: string;
}

const zones = (prefix: string, ...numbers: number[]): string[] => numbers.map((n) => `${prefix}-az${n}`);

/** The order is part of every address (see `network-plan.ts`): new regions go to the end. */
const TABLE: Readonly<Record<string, RegionFacts>> = {
  "us-east-1": { zones: zones("use1", 1, 2, 4, 5, 6), shield: "us-east-1" },
  "us-east-2": { zones: zones("use2", 1, 2, 3), shield: "us-east-2" },
  "us-west-1": { zones: zones("usw1", 1, 3), shield: "us-west-2" },
  "us-west-2": { zones: zones("usw2", 1, 2, 3, 4), shield: "us-west-2" },
  "ca-central-1": { zones: zones("cac1", 1, 2, 4), shield: "us-east-1" },
  "sa-east-1": { zones: zones("sae1", 1, 2, 3), shield: "sa-east-1" },
  "eu-central-1": { zones: zones("euc1", 1, 2, 3), shield: "eu-central-1" },
  "eu-central-2": { zones: zones("euc2", 1, 2, 3), shield: "eu-central-1" },
  "eu-west-1": { zones: zones("euw1", 1, 2, 3), shield: "eu-west-1" },
  "eu-west-2": { zones: zones("euw2", 1, 2, 3), shield: "eu-west-2" },
  "eu-west-3": { zones: zones("euw3", 1, 2, 3), shield: "eu-west-2" },
  "eu-north-1": { zones: zones("eun1", 1, 2, 3), shield: "eu-west-2" },
  "eu-south-1": { zones: zones("eus1", 1, 2, 3), shield: "eu-central-1" },
  "eu-south-2": { zones: zones("eus2", 1, 2, 3), shield: "eu-west-1" },
  "ap-south-1": { zones: zones("aps1", 1, 2, 3), shield: "ap-south-1" },
  "ap-south-2": { zones: zones("aps2", 1, 2, 3), shield: "ap-south-1" },
  "ap-southeast-1": { zones: zones("apse1", 1, 2, 3), shield: "ap-southeast-1" },
  "ap-southeast-2": { zones: zones("apse2", 1, 2, 3), shield: "ap-southeast-2" },
  "ap-southeast-3": { zones: zones("apse3", 1, 2, 3), shield: "ap-southeast-1" },
  "ap-southeast-4": { zones: zones("apse4", 1, 2, 3), shield: "ap-southeast-2" },
  "ap-northeast-1": { zones: zones("apne1", 1, 2, 4), shield: "ap-northeast-1" },
  "ap-northeast-2": { zones: zones("apne2", 1, 2, 3, 4), shield: "ap-northeast-2" },
  "ap-northeast-3": { zones: zones("apne3", 1, 2, 3), shield: "ap-northeast-1" },
  "ap-east-1": { zones: zones("ape1", 1, 2, 3), shield: "ap-southeast-1" },
  "me-south-1": { zones: zones("mes1", 1, 2, 3), shield: "ap-south-1" },
  "me-central-1": { zones: zones("mec1", 1, 2, 3), shield: "ap-south-1" },
  "af-south-1": { zones: zones("afs1", 1, 2, 3), shield: "eu-west-1" },
  "il-central-1": { zones: zones("ilc1", 1, 2, 3), shield: "eu-central-1" },
};

export const AWS_REGIONS = Object.keys(TABLE);

/** @throws Error with the regions that are known */
export function regionFacts(aws: string): RegionFacts {
  const facts = Object.hasOwn(TABLE, aws) ? TABLE[aws] : undefined;
  if (!facts) throw new Error(`headend knows nothing about the AWS region "${aws}". Known: ${AWS_REGIONS.join(", ")}.`);
  return facts;
}

/** CloudFront, its certificates, their alarms, and Route 53's metrics live there. */
export const GLOBAL_REGION = "us-east-1";
