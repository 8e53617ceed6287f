/** What the simulated cloud (a container) is told by the simulation (the test's process): the whole of it at every change. */

export interface CloudState {
  readonly internet: {
    /** The cloud's own address: AWS's API, control, where CloudFront comes from. */
    readonly address: string;
    /** Where Route 53's health checkers come from. */
    readonly checkers: string;
    /** Address block of everybody who is not in a VPC. */
    readonly cidr: string;
  };
  /** moto, seen from the cloud container. */
  readonly api: string;
  readonly account: string;
  readonly vpcs: readonly Vpc[];
  /** Pairs of VPCs with routes to each other. */
  readonly peerings: readonly (readonly [string, string])[];
  /** Public addresses and the private one behind each. */
  readonly addresses: readonly { readonly public: string; readonly private: string }[];
  readonly instances: readonly Instance[];
  readonly roles: readonly Role[];
  readonly groups: readonly Group[];
  readonly zones: readonly Zone[];
  readonly healthChecks: readonly HealthCheck[];
  readonly balancers: readonly Balancer[];
  readonly distributions: readonly Distribution[];
  /** PEM of authorities that CloudFront trusts for origins, beside the public ones. */
  readonly originAuthorities: readonly string[];
}

export interface Vpc { readonly id: string; readonly cidr: string; readonly router: string; readonly dns: string }

export interface Instance {
  readonly id: string;
  readonly vpc: string;
  readonly privateIp: string;
  readonly publicIp: string | null;
  readonly region: string;
  readonly zone: string;
  readonly zoneId: string;
  readonly type: string;
  readonly image: string;
  readonly userData: string | null;
  /** Name of the role of its profile. */
  readonly role: string | null;
  readonly tokensRequired: boolean;
  /** Null hides tags from metadata. */
  readonly tags: Readonly<Record<string, string>> | null;
  /** What its group wants it to become: "InService", "Terminated"; null outside groups. */
  readonly target: string | null;
}

export interface Role { readonly name: string; readonly accessKey: string; readonly secretKey: string; readonly token: string; readonly policies: readonly PolicyDocument[] }
export interface PolicyDocument { readonly Statement: Statement | readonly Statement[] }
export interface Statement {
  readonly Sid?: string; readonly Effect: "Allow" | "Deny"; readonly Action?: string | readonly string[]; readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[]; readonly NotResource?: string | readonly string[]; readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface Group {
  readonly name: string; readonly arn: string; readonly region: string; readonly min: number; readonly max: number; readonly desired: number;
  readonly members: readonly { readonly id: string; readonly state: string; readonly zone: string; readonly healthy: boolean }[];
}

export interface Zone { readonly id: string; readonly name: string; readonly private: boolean; readonly records: readonly DnsRecord[] }
export interface DnsRecord {
  /** Full name without the last dot. */
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly values: readonly string[];
  readonly alias: { readonly name: string; readonly evaluate: boolean } | null;
  readonly policy: { readonly kind: "simple" | "multivalue" } | { readonly kind: "failover"; readonly primary: boolean } | { readonly kind: "latency"; readonly region: string } | { readonly kind: "weighted"; readonly weight: number };
  readonly healthCheck: string | null;
}
export interface HealthCheck {
  readonly id: string; readonly type: string; readonly ip: string | null; readonly fqdn: string | null; readonly port: number; readonly path: string;
  readonly search: string | null; readonly intervalSeconds: number; readonly threshold: number; readonly inverted: boolean;
  /** Of a calculated one. */
  readonly children: readonly string[]; readonly childThreshold: number;
  /** Of one that follows an alarm: what the alarm says. */
  readonly alarmOk: boolean | null;
}

export interface Balancer {
  readonly dns: string;
  readonly addresses: readonly { readonly public: string; readonly private: string }[];
  /** Who may come; the private node addresses go on to the targets. */
  readonly listeners: readonly { readonly transport: "tcp" | "udp"; readonly port: number; readonly from: readonly string[]; readonly targetGroup: TargetGroup }[];
}
export interface TargetGroup {
  readonly arn: string; readonly port: number;
  readonly targets: readonly { readonly id: string; readonly ip: string; readonly port: number }[];
  readonly check: { readonly protocol: string; readonly port: number | null; readonly path: string; readonly codes: string; readonly intervalSeconds: number; readonly healthy: number; readonly unhealthy: number };
}

export interface Distribution {
  readonly id: string;
  /** Answers everything with 503, as CloudFront does on a bad day. */
  readonly out: boolean;
  readonly domain: string;
  readonly address: string;
  readonly aliases: readonly string[];
  /** PEM, from the simulation's certificate authority. */
  readonly certificate: { readonly cert: string; readonly key: string };
  readonly origins: readonly Origin[];
  readonly originGroups: readonly { readonly id: string; readonly members: readonly string[]; readonly codes: readonly number[] }[];
  readonly behaviours: readonly Behaviour[];
  readonly errorTtls: Readonly<Record<string, number>>;
  readonly geo: { readonly type: string; readonly countries: readonly string[] };
}
export interface Origin {
  readonly id: string; readonly domain: string; readonly path: string; readonly protocol: string; readonly httpPort: number; readonly httpsPort: number;
  readonly attempts: number; readonly connectSeconds: number; readonly readSeconds: number; readonly headers: Readonly<Record<string, string>>;
}
export interface Behaviour {
  /** null: the default behaviour, last. */
  readonly pattern: string | null;
  readonly target: string;
  readonly methods: readonly string[];
  readonly viewerProtocol: string;
  readonly cache: CachePolicy;
  readonly forwardHeaders: readonly string[];
  readonly forwardQuery: boolean;
  readonly responseHeaders: readonly { readonly name: string; readonly value: string; readonly override: boolean }[];
  readonly removedHeaders: readonly string[];
  /** Code of the CloudFront Function that sees each request first. */
  readonly guard: string | null;
  /** PEM public keys by key id; null where anybody may look. */
  readonly keys: Readonly<Record<string, string>> | null;
}
export interface CachePolicy {
  readonly minTtl: number; readonly defaultTtl: number; readonly maxTtl: number;
  /** "all", or the names that are in the key. */
  readonly queryStrings: "all" | readonly string[];
  readonly headers: readonly string[];
  readonly cookies: "all" | readonly string[];
}

/** What happened in the cloud that the simulation must know. */
export type CloudEvent =
  | { readonly kind: "lifecycle-complete"; readonly group: string; readonly hook: string; readonly instance: string; readonly result: string }
  | { readonly kind: "heartbeat"; readonly group: string; readonly hook: string; readonly instance: string }
  | { readonly kind: "target-health"; readonly targetGroup: string; readonly id: string; readonly healthy: boolean }
  | { readonly kind: "denied"; readonly role: string; readonly action: string; readonly resource: string }
  | { readonly kind: "unknown-call"; readonly what: string };
