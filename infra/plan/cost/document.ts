import { PRICES } from "./prices.ts";

interface Evidence { readonly evidence: string; readonly source: string; readonly date: string | null; readonly verified: boolean }

/** docs/cost.md, from prices.json. Written by scripts/docs/cost.ts; a test looks whether it is current. */
export function costDocument(): string {
  const single: [string, string, Evidence][] = [
    ["public IPv4 address", `${PRICES.publicIpv4.perHour} an hour`, PRICES.publicIpv4],
    ["gp3 disk", `${PRICES.gp3.perGbMonth} a GB-month`, PRICES.gp3],
    ["S3 standard", `${PRICES.s3.perGbMonth} a GB-month`, PRICES.s3],
    ["S3 uploads", `${PRICES.s3.putPerThousand} a thousand requests`, PRICES.s3],
    ["Origin Shield", `${PRICES.shield.per10000} for 10,000 requests`, PRICES.shield],
    ["CloudWatch Logs", `${PRICES.logs.ingestPerGb} a GB taken in, ${PRICES.logs.storagePerGbMonth} a GB-month kept`, PRICES.logs],
    ["CloudWatch alarm, dashboard", `${PRICES.logs.alarmPerMonth} and ${PRICES.logs.dashboardPerMonth} a month`, PRICES.logs],
    ["Route 53", `zone ${PRICES.route53.zonePerMonth}, health check ${PRICES.route53.healthCheckPerMonth} and ${PRICES.route53.fastIntervalPerMonth} for the fast interval a month; a million queries ${PRICES.route53.queriesPerMillion}, by latency ${PRICES.route53.latencyQueriesPerMillion}`, PRICES.route53],
    ["load balancer (none is deployed)", `${PRICES.loadBalancer.perHour} an hour, ${PRICES.loadBalancer.perUnitHour} a capacity unit`, PRICES.loadBalancer],
    ["between zones", `${PRICES.crossZone.perGb} a GB on each side`, PRICES.crossZone],
    ["between regions", `${PRICES.crossRegion.perGb} a GB`, PRICES.crossRegion],
  ];
  const steps = (tiers: readonly { readonly upToGb: number | null; readonly perGb: number }[]): string =>
    tiers.map(({ upToGb, perGb }) => `${perGb}${upToGb === null ? " beyond" : ` to ${upToGb.toLocaleString("en-US")}`}`).join(", ");
  const families = new Map<string, string[]>();
  for (const [name, price] of Object.entries(PRICES.compute.perHour)) {
    const [family = "", size = ""] = name.split(".");
    families.set(family, [...families.get(family) ?? [], `${size} ${price}`]);
  }
  const evidence = ({ evidence: kind, source, date, verified }: Evidence): string => `${kind}${date === null ? "" : `, ${date}`}: ${source}${verified ? "" : " **(not verified)**"}`;
  const { hoursUpBeforeDoors, hoursUpAfterEnd, hoursInMonth } = PRICES.assumptions;
  return `<!-- Generated from infra/plan/cost/prices.json by scripts/docs/cost.ts; do not edit. -->
# Cost

\`npx headend cost FILE\` estimates from the plan, without a cloud account. ${PRICES.about}

| part | counted |
|---|---|
| warm-up | hosts from ${hoursUpBeforeDoors} h before doors until the start, and what publishers send |
| live | hosts as many as the expected viewers need, and every viewer on the best rendition, from start to end |
| wind-down | hosts for ${hoursUpAfterEnd} h after the end |
| a month idle | ${hoursInMonth} h of everything running, nobody publishing or watching |
| logs | ${PRICES.assumptions.logMbPerHostHour} MB an hour of each host; of CloudFront ${PRICES.assumptions.accessLogBytes} bytes a request, kept in S3 |
| alarms | ${PRICES.assumptions.alarmsPerHost} for each host and ${PRICES.assumptions.alarmsPerStream} for each stream, where \`observe.alerts\` is said |
| disks | ${PRICES.assumptions.systemDiskGb} GB for each host, and the recordings |
| requests | of each viewer four in the time of a segment: a video and an audio segment, and both playlists |
| a viewer-hour | one live hour over the expected viewers |

Transfer: GB = Mbps × 0.45 × hours. Money is kept in millionths of a dollar and rounded half up.

## Prices

| what | US dollars | evidence |
|---|---|---|
${single.map(([what, price, of]) => `| ${what} | ${price} | ${evidence(of)} |`).join("\n")}
| EC2 to the internet, GB | ${steps(PRICES.internet.tiers)} | ${evidence(PRICES.internet)} |
${Object.entries(PRICES.cloudfront.tiers).map(([region, tiers]) => `| CloudFront ${region}, GB | ${steps(tiers)} | ${region === "us" ? evidence(PRICES.cloudfront) : "as above"} |`).join("\n")}
| CloudFront, 10,000 HTTPS requests | ${Object.entries(PRICES.requests.per10000).map(([region, price]) => `${region} ${price}`).join(", ")} | ${evidence(PRICES.requests)} |

EC2, an hour, ${evidence(PRICES.compute)}:

| family | sizes |
|---|---|
${[...families].map(([family, sizes]) => `| ${family} | ${sizes.join(", ")} |`).join("\n")}

Not counted: ${Object.keys(PRICES.unknown).join("; ")}.

## Regions

Factors on the prices of hosts, disks and S3. ${PRICES.regionFactors.source}

| region | factor |
|---|---|
${Object.entries(PRICES.regionFactors.factors).map(([region, factor]) => `| ${region} | ${factor} |`).join("\n")}
`;
}
