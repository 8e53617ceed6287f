import { basename } from "node:path";
import type { Plan, StreamPlan } from "../plan/model.ts";
import { NGINX_FILE, nginxMain } from "./nginx.ts";
import type { RenderedFile } from "./bundle.ts";
import { VIEWER } from "../agent/pathways.ts";
import { BUCKETS } from "../steering/assign.ts";
import { EDGE_LOCK } from "./edge-lock.ts";
import { PATH } from "../steering/manifest.ts";
import { CACHE, DRAINING, EDGE_HLS_PORT, EDGE_WHEP_PORT, ETC, ORIGIN_PORT, PLAYER, RUN, SERVER_ERRORS, STEERING_OUT, STEERING_PORT } from "./paths.ts";
import { CERTIFICATE, KEY } from "./tls.ts";

const HEADERS_FILE = "nginx/headers.conf";

/** Mozilla "intermediate" 5.7: TLS 1.2 and 1.3, forward secrecy, AEAD only (knowledge: media 5.1). */
const CIPHERS = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

/** Transcoders a distributor takes a stream from: those of its own region first, otherwise the plan's order. */
export function upstreamOrder(regionOf: ReadonlyMap<string, string>, stream: StreamPlan, region: string): string[] {
  const near = (tx: string): number => (regionOf.get(tx) === region ? 0 : 1);
  return [...stream.transcoders].sort((a, b) => near(a) - near(b));
}

/** nginx on a distributor: TLS, HTTP/2 and 3, a cache in memory that asks a transcoder once for each object, CORS, player page. */
export function distributorNginx(plan: Plan, served: readonly StreamPlan[], region: string, regionOf: ReadonlyMap<string, string>): RenderedFile {
  const standard = served.filter((s) => s.latency === "standard");
  const orders = standard.map((stream) => ({ stream, order: upstreamOrder(regionOf, stream, region) }));
  const upstreams = new Map(orders.map(({ order }) => [upstreamName(order), order]));
  return { path: NGINX_FILE, mode: "0644", reload: "hot-reload", content: nginxMain(http(served, orders, [...upstreams].map((entry) => upstream(plan, regionOf, region, entry)))) };
}

/** A stream's viewers are all fed by the same transcoder, its others standing by: one upstream for each order of transcoders. */
function upstreamName(order: readonly string[]): string {
  return order.join("_then_");
}

function upstream(plan: Plan, regionOf: ReadonlyMap<string, string>, region: string, [name, order]: readonly [string, readonly string[]]): string {
  const backups = order.slice(1);
  const mixed = new Set(backups.map((tx) => regionOf.get(tx) === region)).size > 1;
  // nginx divides requests among backups: those of other regions come last.
  const weight = (tx: string): string => (mixed && regionOf.get(tx) === region ? " weight=1000" : "");
  const servers = order.map((tx, i) => `    server ${tx}.${plan.internalDomain}:${ORIGIN_PORT} max_fails=1 fail_timeout=3s${i === 0 ? "" : `${weight(tx)} backup`};`);
  return `  upstream ${name} {\n    zone ${name} 64k;\n${servers.join("\n")}\n    keepalive 32;\n  }`;
}

const sorted = (lines: readonly string[]): string[] => [...new Set(lines)].sort();

function http(served: readonly StreamPlan[], orders: readonly { stream: StreamPlan; order: string[] }[], upstreams: readonly string[]): string {
  const names = served.filter((s) => s.latency !== "standard");
  const lock = served.some((s) => s.locked) ? { include: `\n  include ${basename(EDGE_LOCK)};`, refuse: "\n      if ($refused) { return 403; }", ways: "$offered" } : { include: "", refuse: "", ways: "$pathways" };
  return `  map_hash_max_size 32768;
  map_hash_bucket_size 256;
  proxy_cache_path ${CACHE}/segments levels=1:2 keys_zone=segments:16m max_size=256m inactive=2m use_temp_path=off;
  # Short: a playlist that nobody asked for in the last seconds must be gone, or the next viewers at once would start on an old one ("updating").
  proxy_cache_path ${CACHE}/playlists levels=1:2 keys_zone=playlists:4m max_size=16m inactive=5s use_temp_path=off;
  limit_conn_zone $binary_remote_addr zone=conns:10m;
  log_format status "$status";
  map $status $server_error { default 0; "~^5" 1; }
${sorted(upstreams).join("\n")}
  # From the address as nginx decoded it, which chooses the location: as sent, /live/open/..%2flisted/ would get the policy of "open".
  uninitialized_variable_warn off;
  map $asked $stream { default ""; "~^/live/(?<name>[a-z0-9-]+)/" $name; }
  # Asked first for the whole: pointless where there is one transcoder.
  map $stream $first_whole {
    default "";
${sorted(orders.filter(({ order }) => order.length > 1).map(({ stream }) => `    ${stream.name} 1;`)).join("\n")}
  }
  map $stream $origin_group {
    default "";
${sorted(orders.map(({ stream, order }) => `    ${stream.name} ${upstreamName(order)};`)).join("\n")}
  }
${corsMaps(served)}
  # HSTS holds for a whole host name, so it is never sent for the operator's own localhost.
  map $host $hsts { default "max-age=63072000"; localhost ""; "~^[0-9.]+$" ""; "~\\.localhost$" ""; }
  # nginx has no $http_host over HTTP/3, and who came that way need not be told.
  map "$http3|$http_host" $alt_svc { default 'h3=":443"; ma=86400'; "~^h3" ""; "~:(?<port>[0-9]+)$" 'h3=":$port"; ma=86400'; }
  map $sent_http_content_type $csp { default ""; "~^text/html" "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' $all_ways; media-src 'self' blob:; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"; }
  include pathways.conf;${lock.include}
  # Each viewer has a mark of his own, by which weights divide viewers and not addresses.
  map $arg_v $viewer { default $request_id; "~^[0-9a-f]{32}$" $arg_v; }
  split_clients "$viewer" $steering_bucket {
${Array.from({ length: BUCKETS }, (_, i) => `    ${i === BUCKETS - 1 ? "*" : `${100 / BUCKETS}%`} ${i};`).join("\n")}
  }
  include headers.conf;
  server {
    listen 443 ssl;
    http2 on;
    listen 443 quic reuseport;
    http3 on;
    ssl_certificate ../${CERTIFICATE};
    ssl_certificate_key ../${KEY};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ${CIPHERS};
    ssl_prefer_server_ciphers off;
    ssl_session_cache shared:TLS:20m;
    ssl_session_timeout 1d;
    ssl_session_tickets off;
    limit_conn conns 2000;
    access_log ${SERVER_ERRORS} status buffer=4k flush=5s if=$server_error;
    keepalive_requests 10000;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    proxy_set_header Cookie "";
    proxy_set_header Accept-Encoding "";
    proxy_set_header X-Headend-Pathways ${lock.ways};
    proxy_set_header X-Headend-Now $msec;
    proxy_set_header X-Headend-Whole $whole;
    proxy_hide_header Access-Control-Allow-Origin;
    proxy_hide_header Access-Control-Allow-Credentials;
    proxy_hide_header Cache-Control;
    proxy_connect_timeout 300ms;
    # A frozen transcoder costs its first request this long, once in fail_timeout: playlist and segment together stay below a player's buffer.
    proxy_read_timeout 1s;
    proxy_next_upstream error timeout http_404 http_500 http_502 http_503 http_504;
    proxy_next_upstream_tries 3;
    proxy_cache_key $uri;
    proxy_cache_methods GET HEAD;
    # Waiters must outlast a slow first answer: one that gives up goes to the transcoder itself.
    proxy_cache_lock on;
    proxy_cache_lock_timeout 3s;
    proxy_cache_lock_age 3s;
    proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;
    set $asked $uri;
    set $whole "";
    if ($request_method = OPTIONS) { rewrite ^ /-preflight last; }
    location = /-preflight {
      internal;
      ${headers("public, max-age=86400")}
      add_header Access-Control-Allow-Methods "GET, HEAD, OPTIONS, POST, PATCH, DELETE" always;
      add_header Access-Control-Allow-Headers "Range, Content-Type, Authorization, If-Match" always;
      add_header Access-Control-Max-Age 86400 always;
      return 204;
    }
    # The multivariant playlist: ways differ by where the request came from.
    location ~ ^/live/[a-z0-9-]+/index\\.m3u8$ {
      if ($origin_group = "") { rewrite ^ /-unknown last; }${lock.refuse}
      proxy_pass http://$origin_group;
      proxy_cache playlists;
      proxy_cache_key "$uri $via";
      sub_filter_types application/vnd.apple.mpegurl;
      sub_filter_once off;
      sub_filter "${VIEWER}" $request_id;
${PLAYLIST}
    }
    location ~ ^/live/[a-z0-9-]+/steering\\.json$ {
      root ${STEERING_OUT};
      sub_filter_types application/json;
      sub_filter_once off;
      sub_filter "${PATH}" $asked;
      sub_filter "${VIEWER}" $viewer;
      try_files /$steering_home/$steering_bucket.json /any/$steering_bucket.json @steering;
      ${headers("public, max-age=1")}
    }
    location @steering {
      root ${ETC}/steering;
      try_files /fallback.json =503;
      ${headers("public, max-age=1")}
    }
    # First whoever has every segment of the window: a short playlist of a transcoder that has just come back would make players jump to its only segments.
    location ~ ^/live/[a-z0-9-]+/.*\\.(?:m3u8|mpd)$ {
      if ($origin_group = "") { rewrite ^ /-unknown last; }${lock.refuse}
      set $whole 1;
      proxy_pass http://$origin_group;
      proxy_cache playlists;
      proxy_cache_valid 200 1s;
      proxy_cache_use_stale updating;
      proxy_intercept_errors on;
      recursive_error_pages on;
      error_page 404 502 503 504 = @short;
      include headers.conf;
      add_header Cache-Control "public, max-age=1" always;
    }
    location @short {
      set $whole "";
      proxy_pass http://$origin_group;
      proxy_cache playlists;
${PLAYLIST}
    }
    location ~ ^/live/[a-z0-9-]+/.*\\.(?:m4s|mp4)$ {
      if ($origin_group = "") { rewrite ^ /-unknown last; }${lock.refuse}
      set $whole $first_whole;
      proxy_pass http://$origin_group;
      proxy_intercept_errors on;
      error_page 404 502 503 504 = @segment;
${SEGMENT}
    }
    # Nobody has the whole window: a stream that has just begun.
    location @segment {
      set $whole "";
      proxy_pass http://$origin_group;
${SEGMENT}
    }
    location = /-unknown { internal; return 404; }
    location @busy {
      internal;
      ${headers("no-store")}
      add_header Retry-After 1 always;
      return 503;
    }
${sorted(names.map((stream) => (stream.latency === "low" ? lowLocation(stream) : ultraLocation(stream)))).join("\n")}
    # What balancers, other distributors and CDNs ask. The steering program knows more than nginx, but a missing one is no reason to leave.
    location = /healthz {
      access_log off;
      if (-f ${RUN}/${DRAINING}) { return 503 "draining\\n"; }
      proxy_pass http://127.0.0.1:${STEERING_PORT};
      proxy_connect_timeout 200ms;
      proxy_read_timeout 300ms;
      proxy_next_upstream off;
      error_page 502 504 = @alive;
      ${headers("no-store")}
    }
    location @alive { internal; default_type text/plain; ${headers("no-store")} return 200 "ok\\n"; }
    location = /pathways.json { alias ${ETC}/pathways.json; ${headers("public, max-age=5")} }
    location = /streams.json { alias ${ETC}/streams.json; ${headers("public, max-age=5")} }
    location /player/ { alias ${PLAYER}/; ${headers("no-cache")} }
    location = / { root ${PLAYER}; try_files /index.html =404; ${headers("public, max-age=60")} }
    location ~ ^/watch/[a-z0-9-]+/?$ { root ${PLAYER}; try_files /index.html =404; ${headers("public, max-age=60")} }
    location / { return 404; }
  }`;
}

/** What every answer carries besides its Cache-Control; a file of its own, because nginx drops inherited add_header lines in a location that has one. */
export function distributorHeaders(): RenderedFile {
  const lines = [
    "Strict-Transport-Security $hsts", "X-Content-Type-Options nosniff", "Referrer-Policy no-referrer", "Cross-Origin-Resource-Policy cross-origin",
    "Content-Security-Policy $csp", "Alt-Svc $alt_svc", "Access-Control-Allow-Origin $cors",
    "Access-Control-Expose-Headers $cors_expose", "Vary $cors_vary", "X-Cache $upstream_cache_status",
  ];
  return { path: HEADERS_FILE, mode: "0644", reload: "hot-reload", content: lines.map((line) => `add_header ${line} always;\n`).join("") };
}

/** How playlists are cached. The last good one is better for a player than any error: hls.js gives up for ever on a 404 and after three 503s. */
const PLAYLIST = `      proxy_cache_valid 200 1s;
      proxy_cache_use_stale error timeout updating http_404 http_500 http_502 http_503 http_504;
      proxy_intercept_errors on;
      error_page 404 502 504 =503 @busy;
      include headers.conf;
      add_header Cache-Control "public, max-age=1" always;`;

const SEGMENT = `      proxy_cache segments;
      proxy_cache_valid 200 10m;
      # Only here: anywhere else it would hand out files that have changed since. Short, because an open file keeps its memory when the cache drops it.
      open_file_cache max=200 inactive=5s;
      open_file_cache_valid 5s;
      proxy_cache_use_stale error timeout updating;
      include headers.conf;
      add_header Cache-Control "public, max-age=31536000, immutable" always;`;

function headers(cacheControl: string): string {
  return `include headers.conf;\n      add_header Cache-Control "${cacheControl}" always;`;
}

/** `*` for a stream without an allow-list; otherwise the asking origin when it is on the list, and nothing when it is not. */
function corsMaps(served: readonly StreamPlan[]): string {
  const restricted = served.filter((s) => s.origins.length > 0);
  const rules = sorted(restricted.flatMap((s) => s.origins.map((origin) => `    "~^${s.name}\\|${originPattern(origin)}$" $http_origin;`)));
  const closed = sorted(restricted.map((s) => `    "~^${s.name}\\|" "";`));
  return `  map "$stream|$http_origin" $cors_listed {
    default "*";
${[...rules, ...closed].join("\n")}
  }
  map "$cors_listed|$own_origin" $cors { default $cors_listed; "~^\\|(?<own>.+)$" $own; }
  map $cors $cors_vary { default Origin; "*" ""; }
  map $cors $cors_expose { default "Content-Length, Content-Range, Date, Age, Location, X-Cache"; "" ""; }`;
}

function originPattern(origin: string): string {
  return origin.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace("*\\.", "([a-z0-9-]+\\.)+");
}

/** LL-HLS: MediaMTX beside nginx answers; its blocking playlists and parts are not cacheable (knowledge: media 5.2). */
function lowLocation(stream: StreamPlan): string {
  return `    location ^~ /live/${stream.name}/ {
      proxy_pass http://127.0.0.1:${EDGE_HLS_PORT};
      proxy_set_header X-Forwarded-Proto https;
      proxy_set_header Cookie $http_cookie;
      proxy_read_timeout 15s;
      proxy_next_upstream off;
      ${headers("no-cache")}
    }`;
}

/** WHEP: only signalling passes here; media goes straight to MediaMTX on this host. */
function ultraLocation(stream: StreamPlan): string {
  return `    location ^~ /live/${stream.name}/whep {
      proxy_pass http://127.0.0.1:${EDGE_WHEP_PORT};
      proxy_set_header X-Forwarded-Proto https;
      proxy_read_timeout 15s;
      proxy_next_upstream off;
      proxy_hide_header Access-Control-Allow-Methods;
      proxy_hide_header Access-Control-Allow-Headers;
      ${headers("no-store")}
    }`;
}
