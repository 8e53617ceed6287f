import type { Host, Plan } from "../plan/model.ts";
import type { Bundle } from "./bundle.ts";
import { FirewallRules } from "./firewall.ts";
import { NGINX_FILE, nginxMain, nginxService } from "./nginx.ts";
import { CACHE } from "./paths.ts";
import { CERTIFICATE, certificateFiles, KEY } from "./tls.ts";

/** Name of the stand-in for the topology's CDN where there is none: on the operator's machine. */
export const LOCAL_CDN = "cdn";

/** The host that stands for the CDN, or null when the topology has none. It is no part of the plan: elsewhere the CDN is a service. */
export function localCdnHost(plan: Plan): Host | null {
  if (!plan.delivery.some((way) => way.kind === "cdn")) return null;
  const provenance = { path: ["cdn"], rule: "local-cdn", why: "the topology has a CDN; here a cache stands for it" };
  return {
    name: LOCAL_CDN, role: "distributor", region: plan.hosts[0]?.region ?? "", ordinal: 0, zone: 0, size: null, address: `${LOCAL_CDN}.${plan.internalDomain}`,
    planes: ["edge"], peers: plan.hosts.filter((h) => h.role === "distributor").map((h) => h.name), provenance,
    listeners: [{ name: "https", transport: "tcp", port: 443, plane: "edge", from: [{ kind: "anyone" }], provenance }],
  };
}

/** What the stand-in runs: a cache in front of the distributors that does what CloudFront is told to do (infra/targets/aws/cdn-plan.ts). */
export function localCdnBundle(plan: Plan, host: Host): Bundle {
  const files = [{ path: NGINX_FILE, mode: "0644", reload: "hot-reload" as const, content: nginxMain(http(plan, host)) }, ...certificateFiles()];
  return {
    version: 1, host: host.name, peers: host.peers.map((peer) => ({ host: peer, address: `${peer}.${plan.internalDomain}` })),
    firewall: new FirewallRules().of(host), files,
    services: [nginxService([NGINX_FILE, CERTIFICATE, KEY, "peers"], "http://127.0.0.1:8081/stub_status", [])],
    secrets: [CERTIFICATE, KEY],
  };
}

/** The region whose distributors are asked first, and those asked when they fail: CloudFront's origin group has two members. */
function upstreamServers(plan: Plan): string {
  const all = plan.hosts.filter((h) => h.role === "distributor");
  return all.map((h) => `    server ${h.address}:443 max_fails=1 fail_timeout=5s${h.region === all[0]?.region ? "" : " backup"};`).join("\n");
}

function http(plan: Plan, host: Host): string {
  const segment = Math.max(2, ...plan.streams.map((s) => s.segmentSeconds));
  const name = plan.domain ?? plan.hosts.find((h) => h.role === "distributor")?.address ?? host.address;
  return `  proxy_cache_path ${CACHE}/cdn levels=1:2 keys_zone=cdn:16m max_size=256m inactive=10m use_temp_path=off;
  upstream distributors {
    zone distributors 64k;
${upstreamServers(plan)}
    keepalive 32;
  }
  server {
    listen 443 ssl;
    http2 on;
    ssl_certificate ../${CERTIFICATE};
    ssl_certificate_key ../${KEY};
    ssl_protocols TLSv1.2 TLSv1.3;
    keepalive_requests 10000;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host ${name};
    proxy_set_header Cookie "";
    proxy_set_header X-Headend-Via ${LOCAL_CDN};
    proxy_ssl_server_name on;
    proxy_ssl_name ${name};
    proxy_ssl_session_reuse on;
    proxy_connect_timeout 1s;
    proxy_read_timeout ${segment}s;
    # As the origin group: the other origin for these answers and for a connection that fails. Not by proxy_next_upstream: nginx would take
    # an origin for dead that answered 503 for one stale stream, or to /healthz, and with both of them all streams for fail_timeout.
    proxy_next_upstream error timeout;
    proxy_next_upstream_tries 2;
    proxy_intercept_errors on;
    proxy_cache cdn;
    proxy_cache_methods GET HEAD;
    proxy_cache_lock on;
    proxy_cache_lock_timeout 3s;
    proxy_hide_header X-Cache;
    # How long is said by the distributors' Cache-Control; errors are kept for no time, and what has expired is better than an error.
    proxy_cache_use_stale error timeout;
    proxy_cache_key $key;
    set $key "$uri$is_args$args|$http_origin";
    add_header X-Cache "$upstream_cache_status from the local CDN" always;
    error_page 500 502 503 504 = @other;
    location ~ ^/live/[a-z0-9-]+/steering\\.json$ { proxy_pass https://distributors; }
    location ~ \\.(?:m3u8|mpd|m4s|mp4)$ { set $key "$uri|$http_origin"; proxy_pass https://distributors; }
    location = /healthz { proxy_pass https://distributors; proxy_cache off; error_page 500 502 503 504 = @other-health; }
    # LL-HLS and WHEP sessions are with one distributor; streams of these tiers do not go through a CDN.
    location / { proxy_pass https://distributors; }
    location @other { proxy_pass https://distributors; proxy_intercept_errors off; proxy_cache_use_stale error timeout http_500 http_502 http_503 http_504; }
    location @other-health { proxy_pass https://distributors; proxy_intercept_errors off; proxy_cache off; }
  }`;
}
