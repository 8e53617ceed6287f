/** The small two-zone topology of the simulation's tests; sizes are x86, since instances run on this machine's processor. */
export interface SmallTopology { readonly ladder?: string; readonly distributors?: string }

export const DOMAIN = "live.example.org";

export function smallTopology({ ladder = "[720p]", distributors = "{ min: 2, max: 3, size: c7i.large }" }: SmallTopology = {}): string {
  return `
domain: ${DOMAIN}
streams:
  main:
    publishers: { truck: { via: [srt] }, laptop: { via: [rtmp], backup: true } }
    ladder: ${ladder}
    viewers: { eu: 100 }
regions: { eu: { aws: eu-central-1, zones: 2 } }
multiplexers: { eu: { count: 2, size: c7i.large } }
transcoders: { eu: { count: 1, size: c7i.xlarge } }
distributors: { eu: ${distributors} }
cdn: { provider: cloudfront }
`;
}
