import { allViewers, covers, hostCount, some } from "./facts.ts";
import type { Rule } from "./rule.ts";

const HOUR = 3_600_000;
/** Longest that AWS waits before it ends an instance that is being drained (knowledge: aws 4, lifecycle hooks). */
const LONG_HOURS = 48;
/** What one change of a CloudFront distribution takes (knowledge: aws 3). */
const CDN_CHANGE_MINUTES = 15;
/** Longest TTL that Route 53's guide advises where records fail over, and how long its fast health checks take: 3 × 10 s. */
const FAILOVER_TTL = 60;
const DETECT_SECONDS = 30;
/** X.509 names: ub-common-name (RFC 5280 appendix A). */
const COMMON_NAME = 64;
/** Names of load balancers and target groups on AWS. */
const BALANCER_NAME = 32;

/** Rules about dates and names. */
export const eventRules: readonly Rule[] = [
  {
    id: "HE701", severity: "warning", title: "event in the past",
    reason: "Freeze, warm-up and expiry follow the event's dates; past ones switch them off.",
    fix: "Correct the dates, or leave `event` out.", source: "issue \"Foresight\": freeze between doors and end",
    check: ({ topology: { event }, nowMs }) => (event && nowMs !== null && event.endMs < nowMs ? [{ path: ["event", "endMs"], message: `The event ended ${ago(nowMs - event.endMs)} ago.` }] : []),
  },
  {
    id: "HE702", severity: "info", title: "event longer than two days",
    reason: "Nothing may be changed beyond a hot reload for that long, and AWS waits at most 48 h for a distributor to drain.",
    fix: "Check the dates; use an event for each day if there are breaks.", source: "knowledge: aws 4 (lifecycle hook: 48 h at most); issue \"Foresight\": freeze",
    check: ({ topology: { event } }) => (event && event.endMs - event.doorsMs > LONG_HOURS * HOUR ? [{ path: ["event", "endMs"], message: `The event lasts ${ago(event.endMs - event.doorsMs)}.` }] : []),
  },
  {
    id: "HE703", severity: "info", title: "doors less than 15 minutes before the start",
    reason: "Everything must be up at doors, and changes are frozen from then on; a last change of the CDN alone takes 15 minutes.",
    fix: "Say `doors` at least 15 minutes before `start`.", source: "knowledge: aws 3 (about 15 minutes per change); requirements 11 (test with real viewers before the event)",
    check: ({ topology: { event } }) => (event && event.startMs - event.doorsMs < CDN_CHANGE_MINUTES * 60_000 ? [{
      path: ["event", "doorsMs"], message: event.startMs === event.doorsMs ? "Doors are not said, so everything must be up only at the start." : `Doors are ${(event.startMs - event.doorsMs) / 60_000} minutes before the start.`,
    }] : []),
  },
  {
    id: "HE704", severity: "info", title: "event without a domain",
    reason: "Without a domain the stream is reached as localhost, or by the address of this machine with a certificate that nobody else trusts.",
    fix: "Say `domain`, unless everybody watches on this machine's network.", source: "topology schema (`domain`); requirements 7 (HTTPS-only delivery)",
    check: ({ topology }) => (topology.event && topology.domain === null && allViewers(topology) > 0 ? [{ path: ["event"], message: `${allViewers(topology)} viewers are expected, but no domain is declared.` }] : []),
  },
  {
    id: "HE705", severity: "info", title: "event without alarms",
    reason: "Nobody is told when a publisher drops or a link fills up.",
    fix: "Say observe: { alerts: { email: you@example.org } }.", source: "requirements 8 (s2: alerts before capacity limits) and 9",
    check: ({ topology }) => (topology.event && topology.observe.alerts.email === null ? [{ path: ["event"], message: "No address for alarms is declared." }] : []),
  },
  {
    id: "HE706", severity: "warning", title: "two events at the same time",
    reason: "Both would answer for one domain, or be one stack: the second `up` replaces the first in the middle of its event.",
    fix: "Give them domains and names of their own, or other dates.", source: "issue \"Foresight\": event in the past or overlapping; README (one stack, one topology)",
    check: ({ topology: { event, name, domain }, others }) => others.flatMap((other) => {
      if (event === null || other.event === null || event.doorsMs >= other.event.endMs || other.event.doorsMs >= event.endMs) return [];
      const same = domain !== null && domain === other.domain ? `the domain ${domain}` : name === other.name ? `the name ${name}` : null;
      return same === null ? [] : [{ path: ["event"], message: `${other.name === name ? "Another topology" : other.name} runs at the same time, from ${new Date(other.event.doorsMs).toISOString().slice(0, 16)}Z, and has ${same} too.` }];
    }),
  },
  {
    id: "HE707", severity: "warning", title: "DNS answers kept for longer than a failover may take",
    reason: "A dead host is noticed within 30 s (three health checks of 10 s); then publishers and viewers go on asking the old address until their resolver forgets it.",
    fix: "Say dns: { ttl: 30 s }, at most 60 s.", source: "Route 53 developer guide, values for failover records: TTL of 60 seconds or less; knowledge: aws 6 (Route53 TTL longer than the failover target)",
    check: ({ topology }) => {
      const several = hostCount(topology.multiplexers) > 1 || Object.values(topology.distributors).reduce((sum, { max }) => sum + max, 0) > 1;
      return topology.dns.ttlSeconds > FAILOVER_TTL && several
        ? [{ path: ["dns", "ttlSeconds"], message: `Names are kept for ${topology.dns.ttlSeconds} s, so moving to another host takes up to ${topology.dns.ttlSeconds + DETECT_SECONDS} s.` }] : [];
    },
  },
  {
    id: "HE711", severity: "warning", title: "domain too long for a certificate's name",
    reason: "The common name of a certificate has at most 64 characters; tools refuse to make or read a longer one.",
    fix: "Use a shorter domain.", source: "RFC 5280 appendix A (ub-common-name 64)",
    check: ({ topology: { domain } }) => (domain !== null && domain.length > COMMON_NAME ? [{ path: ["domain"], message: `The domain has ${domain.length} characters.` }] : []),
  },
  {
    id: "HE713", severity: "warning", title: "domain and certificate do not match",
    reason: "Browsers and OBS refuse a certificate that is for another name.",
    fix: "Get a certificate for the domain (and *.DOMAIN for its hosts), or correct `domain`.", source: "RFC 6125 6.4 (matching of DNS names)",
    check: ({ topology: { domain }, certificate }) => (certificate === null || domain !== null && certificate.names.some((name) => covers(name, domain)) ? [] : [{
      path: domain === null ? ["name"] : ["domain"], message: `The certificate is for ${some(certificate.names)}, ${domain === null ? "but no domain is declared" : `not for ${domain}`}.`,
    }]),
  },
  {
    id: "HE714", severity: "warning", title: "certificate ends before the event does",
    reason: "From that moment on nobody can connect any more.",
    fix: "Renew it before the event.", source: "RFC 5280 4.1.2.5 (validity)",
    check: ({ topology: { event }, certificate, nowMs }) => {
      const until = event?.endMs ?? nowMs;
      return certificate !== null && until !== null && certificate.endsMs <= until ? [{ path: ["event", "endMs"], message: `The certificate ends on ${new Date(certificate.endsMs).toISOString().slice(0, 16)}Z.` }] : [];
    },
  },
  {
    id: "HE712", severity: "info", title: "names too long for AWS load balancers",
    reason: "Load balancers and target groups have names of up to 32 characters; longer ones are cut and get a hash, so they are hard to find in the console.",
    fix: "Use a shorter `name` or shorter region names.", source: "Elastic Load Balancing API reference, CreateTargetGroup: Name, at most 32 characters",
    check: ({ topology }) => {
      const long = Object.entries(topology.regions).filter(([name, { aws }]) => aws !== null && `${topology.name}-${name}`.length > BALANCER_NAME).map(([name]) => `${topology.name}-${name}`);
      return long.length > 0 ? [{ path: ["name"], message: `${some(long, 2)} ${long.length === 1 ? "has" : "have"} more than ${BALANCER_NAME} characters.` }] : [];
    },
  },
];

function ago(ms: number): string {
  const hours = Math.round(ms / HOUR);
  return hours < 48 ? `${Math.max(1, hours)} h` : `${Math.round(hours / 24)} days`;
}
