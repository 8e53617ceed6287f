import { shortHash } from "../../plan/names.ts";

/** Longest names AWS takes, in characters (AWS API references of each service). */
export const NAME_LIMITS = {
  bucket: 63, bucketPrefix: 37, role: 64, instanceProfile: 128, rolePolicy: 128, securityGroup: 255, autoScalingGroup: 255, launchTemplate: 128,
  loadBalancer: 32, targetGroup: 32, cachePolicy: 128, cloudfrontFunction: 64, keyGroup: 128, alarm: 255, dashboard: 255, topic: 256, budget: 100,
  logDelivery: 60, parameter: 1011, healthCheckReference: 64,
} as const;

/**
 * Joins parts into a name of at most `limit` characters: letters, digits and `-`. A longer one keeps its beginning and gets a hash of
 * the whole, so that two long names stay two.
 */
export function awsName(limit: number, ...parts: readonly string[]): string {
  const whole = parts.join("-").replace(/[^A-Za-z0-9-]+/g, "-");
  if (whole.length <= limit) return whole;
  return `${whole.slice(0, limit - 9).replace(/-+$/, "")}-${shortHash(whole, 8)}`;
}
