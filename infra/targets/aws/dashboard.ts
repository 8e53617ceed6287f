import type { AlarmPlan } from "./alarms.ts";

type Resolved = Omit<AlarmPlan, "metrics"> & { readonly metrics: readonly { readonly namespace: string; readonly metric: string; readonly dimensions: Readonly<Record<string, string>>; readonly stat: string }[] };

const WIDTH = 6, HEIGHT = 6, ACROSS = 4;
/** Most widgets of a dashboard (AWS: CloudWatch quotas, 500). */
const MOST = 480;

/** The same metrics that alarms watch, each beside its threshold: one widget for an alarm, in the alarms' order. */
export function dashboardBody(alarms: readonly Resolved[]): object {
  return {
    widgets: alarms.slice(0, MOST).map((alarm, index) => ({
      type: "metric", x: (index % ACROSS) * WIDTH, y: Math.floor(index / ACROSS) * HEIGHT, width: WIDTH, height: HEIGHT,
      properties: {
        title: alarm.name, region: alarm.region, view: "timeSeries", period: alarm.periodSeconds,
        metrics: alarm.metrics.map((m) => [m.namespace, m.metric, ...Object.entries(m.dimensions).flat(), { stat: m.stat }]),
        annotations: { horizontal: [{ label: alarm.above ? "too much" : "too little", value: alarm.threshold }] },
      },
    })),
  };
}
