import type { Report } from "../model.ts";
export function htmlReport(report: Report, _picture: string | null): string { return `<pre>${JSON.stringify(report)}</pre>`; }
