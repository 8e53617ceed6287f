/** What varies of the small topology. */
export interface SmallTopology {
  readonly ladder?: string;
  readonly distributors?: string;
  /** Viewers may also come to distributors, of which there are some in a second region; every way is as good as the others. */
  readonly open?: boolean;
}

export const DOMAIN = "live.example.org";

/** The small two-zone topology of the simulation's tests; sizes are x86, since instances run on this machine's processor. */
export function smallTopology({ ladder = "[720p]", distributors = "{ min: 2, max: 3, size: c7i.large }", open = false }: SmallTopology = {}): string {
  return `
domain: ${DOMAIN}
streams:
  main:
    publishers: { truck: { via: [srt] }, laptop: { via: [rtmp], backup: true } }
    ladder: ${ladder}
    viewers: { eu: 100 }
regions: { eu: { aws: eu-central-1, zones: 2 }${open ? ", us: { aws: us-east-1 }" : ""} }
multiplexers: { eu: { count: 2, size: c7i.large } }
transcoders: { eu: { count: 1, size: c7i.xlarge } }
distributors: { eu: ${distributors}${open ? ", us: { min: 1, max: 1, size: c7i.large }" : ""} }
cdn: { provider: cloudfront }
${open ? "delivery: { cdn: { weight: 1 }, distributors: { weight: 2 } }" : ""}
`;
}

/** Two regions and 40 hosts with ten streams, as far as a preview knows them. */
export function largeTopology(): string {
  const streams = Array.from({ length: 10 }, (_, i) => `  stage-${i}: { redundancy: 2, viewers: { eu: 500, us: 500 }, publishers: { truck: { via: [srt, rtmps] } } }`);
  return `
domain: ${DOMAIN}
streams:
${streams.join("\n")}
regions:      { eu: { aws: eu-central-1, zones: 3 }, us: { aws: us-east-1, zones: 3 } }
multiplexers: { eu: 2, us: 2 }
transcoders:  { eu: 10, us: 10 }
distributors: { eu: { min: 8, max: 16 }, us: { min: 8, max: 16 } }
cdn:          { provider: cloudfront, shield: true }
`;
}
