/** Connections that each nginx worker takes; there is one worker for each vCPU. Rendered as `worker_connections` (render/nginx.ts). */
export const WORKER_CONNECTIONS = 16_384;
