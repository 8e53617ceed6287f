import type { RenderedFile } from "./bundle.ts";
import { NGINX_FILE, nginxMain } from "./nginx.ts";
import { AGENT_PORT, ORIGIN_PORT, SEGMENTS } from "./paths.ts";

/**
 * nginx on a transcoder: segments from memory, playlists and manifests from the agent, which withdraws them when they are stale.
 * It sets no CORS header: the distributor does, and a second one makes every cross-origin player fail (knowledge: continuity 9.6).
 */
export function originNginx(): RenderedFile {
  return {
    path: NGINX_FILE, mode: "0644", reload: "hot-reload",
    content: nginxMain(`
  upstream agent { server 127.0.0.1:${AGENT_PORT} max_fails=0; keepalive 16; }
  server {
    listen ${ORIGIN_PORT};
    root ${SEGMENTS}/pub;
    location ~ ^/live/.+\\.(?:m3u8|mpd)$ {
      proxy_pass http://agent;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_connect_timeout 200ms;
      # Below the distributors' patience, so that they hear of a frozen agent and need not wait for the end of their own.
      proxy_read_timeout 700ms;
      # One stale stream is no reason to take its whole host for dead: a distributor's nginx counts 503 as a failure of the server, and not 404.
      proxy_intercept_errors on;
      error_page 503 =404 @stale;
    }
    location @stale { internal; add_header Cache-Control "no-store" always; return 404; }
    location ~ ^/live/([a-z0-9-]+)/.+\\.(?:m4s|mp4)$ {
      # A transcoder that has just come back, or whose relay has, may have the slate where another has the programme: it steps back while it is asked for the whole.
      set $behind $http_x_headend_whole;
      if (-f $document_root/whole/$1) { set $behind ""; }
      if ($behind) { return 404; }
      add_header Cache-Control "public, max-age=31536000, immutable";
    }
    location = /healthz { proxy_pass http://agent; }
    location / { return 404; }
  }`),
  };
}
