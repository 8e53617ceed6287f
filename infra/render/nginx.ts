import { WORKER_CONNECTIONS } from "../plan/capacity/connections.ts";
import type { Service } from "./bundle.ts";
import { ETC, RUN } from "./paths.ts";

/** The main file of every nginx of ours. */
export const NGINX_FILE = "nginx/nginx.conf";

/** nginx in the foreground; `-t` on the staged folder before anything changes, SIGHUP afterwards: old workers finish their viewers. */
export function nginxService(reads: readonly string[], readyUrl: string, after: readonly string[]): Service {
  return {
    name: "nginx",
    argv: ["/usr/sbin/nginx", "-e", "stderr", "-p", `${RUN}/nginx`, "-c", `${ETC}/${NGINX_FILE}`],
    env: {}, user: null, reads, reload: { kind: "signal", signal: "SIGHUP" },
    prepare: [{ argv: ["install", "-d", "-o", "www-data", `${RUN}/nginx`, `${RUN}/nginx/tmp`, `${RUN}/cache`], creates: `${RUN}/nginx/tmp/.` }],
    check: ["/usr/sbin/nginx", "-t", "-q", "-e", "stderr", "-p", `${RUN}/nginx`, "-c", `{staged}/${NGINX_FILE}`],
    checkEnv: {}, checkAliveMs: null,
    ready: { kind: "http", url: readyUrl }, after,
  };
}

/** Lines common to origin and distributor; a status page on loopback at 8081 for health and metrics. */
export function nginxMain(http: string): string {
  return `user www-data;
worker_processes auto;
worker_shutdown_timeout 30s;
daemon off;
pid ${RUN}/nginx/nginx.pid;
error_log stderr warn;
events { worker_connections ${WORKER_CONNECTIONS}; }
http {
  server_tokens off;
  access_log off;
  sendfile on;
  tcp_nopush on;
  types {
    application/dash+xml mpd;
    application/javascript js;
    application/json json;
    application/vnd.apple.mpegurl m3u8;
    image/svg+xml svg;
    text/css css;
    text/html html;
    video/iso.segment m4s;
    video/mp4 mp4;
  }
  client_body_temp_path ${RUN}/nginx/tmp/body;
  proxy_temp_path ${RUN}/nginx/tmp/proxy;
  fastcgi_temp_path ${RUN}/nginx/tmp/fastcgi;
  uwsgi_temp_path ${RUN}/nginx/tmp/uwsgi;
  scgi_temp_path ${RUN}/nginx/tmp/scgi;
${http}
  server {
    listen 127.0.0.1:8081;
    location = /stub_status { stub_status; }
    location / { return 404; }
  }
}
`;
}
