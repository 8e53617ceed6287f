import * as pulumi from "@pulumi/pulumi";
import type { AwsContext } from "./context.ts";
import type { RecordingsPlace } from "./contract.ts";
import { awsName, NAME_LIMITS } from "./names.ts";
import { ABORT_UPLOADS, PrivateBucket } from "./private-bucket.ts";

/** Rules that one bucket's lifecycle may have (AWS: S3 quotas). */
const MOST_RULES = 1000;
/** What is uploaded stays on the host's disk this long: time to look at a recording before the event is over. */
const KEEP_LOCAL_SECONDS = 6 * 3600;

/** Streams that are recorded, by name with the days their recordings are kept. */
export function recordedDays(context: Pick<AwsContext, "plan">): Map<string, number> {
  return new Map(context.plan.streams.flatMap((s) => (s.record === null ? [] : [[s.name, Math.max(1, Math.ceil(s.record.keepSeconds / 86_400))] as const])));
}

/** The bucket that finished recordings go to. It and they outlive the stack, as the topology says. $0.023 a GB and month. */
export class Recordings extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  readonly place: pulumi.Output<RecordingsPlace>;

  constructor(name: string, context: AwsContext, opts?: pulumi.ComponentResourceOptions) {
    const days = recordedDays(context);
    if (days.size >= MOST_RULES) throw new Error(`${days.size} streams are recorded; a bucket holds rules for ${MOST_RULES - 1}. Record fewer, or split the topology.`);
    super("headend:aws:Recordings", name, { keepDays: Object.fromEntries(days) }, opts);
    const bucket = new PrivateBucket(name, {
      region: context.home.aws, name: { bucketPrefix: `${awsName(NAME_LIMITS.bucketPrefix - 5, context.stack, "recordings").toLowerCase()}-` }, versioned: false, keeps: "data",
      lifecycle: [ABORT_UPLOADS, ...[...days].map(([stream, expiry]) => ({
        id: `keep-${stream}`, status: "Enabled", filter: { prefix: `${stream}/` }, expiration: { days: expiry },
      }))],
    }, { parent: this });
    this.arn = bucket.arn;
    this.place = bucket.id.apply((id): RecordingsPlace => ({ bucket: id, region: context.home.aws, keepLocalSeconds: KEEP_LOCAL_SECONDS, streams: [...days.keys()].sort() }));
    this.registerOutputs({});
  }
}

/** Disk of a multiplexer in GB: system, and six hours of every recorded publisher with a third to spare, or what the topology says. */
export function multiplexerDiskGb(context: Pick<AwsContext, "plan" | "topology">, region: string): number {
  const written = context.topology.multiplexers[region]?.diskGb ?? null;
  const kbps = context.plan.streams.filter((s) => s.record !== null).reduce((sum, s) => sum + (s.source.bitrateKbps + s.audio.bitrateKbps) * s.publish.length, 0);
  return SYSTEM_GB + (written === null ? Math.ceil((kbps * 1000 * KEEP_LOCAL_SECONDS * 1.33) / 8 / 1e9) : Math.ceil(written));
}

/** Debian, our programs, journals. */
export const SYSTEM_GB = 16;
