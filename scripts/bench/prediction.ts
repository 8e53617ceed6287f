import type { CpuModel } from "../../infra/plan/capacity/cpu.ts";
import { streamCpu } from "../../infra/plan/capacity/cpu.ts";
import { hostImageTag } from "../setup/index.ts";
import { calibrate, inTime } from "./calibrate/calibrate.ts";
import { PROOFS } from "./calibrate/cases.ts";
import { Lab, type Content } from "./calibrate/lab.ts";
import { quietMoment } from "./lib/machine.ts";
import type { Measure } from "./lib/result.ts";

/** How far a prediction may be from what is measured. */
const ALLOWED = 0.2;
const SECONDS = 8;
const TRIES = 3;

/** The processor that capacity predicts for transcoders after a calibration, against FFmpeg's on ladders the calibration has not seen. */
export const measurePrediction: Measure = async (bench) => {
  const lab = await Lab.open(hostImageTag(bench.root));
  const close = bench.onEnd(() => lab.close());
  const entry = await calibrate(lab, (text) => bench.say(`calibration, ${text}`), new Date().toISOString().slice(0, 10));
  const details: string[] = [];
  let worst = 0;
  for (const content of ["camera", "testPicture"] as const) {
    const model: CpuModel = { from: "", measured: true, ...entry[content], presets: entry.presets, testPicture: null };
    for (const { name, stream } of PROOFS) {
      bench.say(`${nameOf(content)}, ${name}`);
      let cores: number | null = null;
      for (let i = 0; i < TRIES && cores === null; i++) {
        await quietMoment(5_000);
        cores = inTime(stream, await lab.measure(stream, content, SECONDS));
      }
      if (cores === null) throw new Error(`This machine could not encode ${name} in real time.`);
      const predicted = streamCpu(stream, model).cores;
      const off = predicted / cores - 1;
      worst = Math.max(worst, Math.abs(off));
      details.push(`${nameOf(content)}, ${name}: ${predicted.toFixed(3)} cores predicted, ${cores.toFixed(3)} measured (${off >= 0 ? "+" : "−"}${Math.abs(off * 100).toFixed(0)} %)`);
    }
  }
  await close();
  return [{
    name: "predicted transcoder CPU", value: worst * 100, unit: "% off at most", limit: ALLOWED * 100, ratio: worst / ALLOWED, ok: worst <= ALLOWED,
    how: `what capacity predicts after \`headend bench --calibrate\` on this machine, against user and system time of the FFmpeg that the agent runs, fed over the relay at its own pace, ${SECONDS} s each; none of the ladders is among those of the calibration`,
    details,
  }];
};

const nameOf = (content: Content): string => (content === "camera" ? "camera" : "test picture");
