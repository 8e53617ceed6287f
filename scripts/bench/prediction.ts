import type { CpuModel } from "../../infra/plan/capacity/cpu.ts";
import { streamCpu } from "../../infra/plan/capacity/cpu.ts";
import { hostImageTag } from "../setup/index.ts";
import { calibrate, coresOf } from "./calibrate/calibrate.ts";
import { PROOFS } from "./calibrate/cases.ts";
import { Lab, type Content } from "./calibrate/lab.ts";
import { quietMoment } from "./lib/machine.ts";
import type { Measure } from "./lib/result.ts";

/** How far a prediction may be from what is measured. */
const ALLOWED = 0.2;
const SECONDS = 8;

const CONTENTS = ["camera", "testPicture"] as const;

/**
 * The processor that capacity predicts for transcoders after a calibration, against FFmpeg's on ladders the calibration has not seen.
 * They are measured before and after it: a machine that has become slower or faster meanwhile is no error of the formula.
 */
export const measurePrediction: Measure = async (bench) => {
  const lab = await Lab.open(hostImageTag(bench.root));
  const close = bench.onEnd(() => lab.close());
  const proofs = CONTENTS.flatMap((content) => PROOFS.map(({ name, stream }) => ({ title: `${nameOf(content)}, ${name}`, content, stream })));
  const measured = async (when: string): Promise<number[]> => {
    const cores: number[] = [];
    for (const { title, content, stream } of proofs) {
      bench.say(`${when} the calibration: ${title}`);
      cores.push(await coresOf(lab, stream, content, SECONDS, () => quietMoment(5_000)));
    }
    return cores;
  };
  const before = await measured("before");
  const entry = await calibrate(lab, (text) => bench.say(`calibration, ${text}`), new Date().toISOString().slice(0, 10));
  const after = await measured("after");
  await close();

  const offs = proofs.map(({ title, content, stream }, i) => {
    const model: CpuModel = { from: "", measured: true, ...entry[content], presets: entry.presets, testPicture: null };
    const predicted = streamCpu(stream, model).cores, looks = [before[i] as number, after[i] as number] as const;
    const off = predicted / ((looks[0] + looks[1]) / 2) - 1;
    return { off, text: `${title}: ${predicted.toFixed(3)} cores predicted, ${looks.map((l) => l.toFixed(3)).join(" and ")} measured (${off >= 0 ? "+" : "−"}${Math.abs(off * 100).toFixed(0)} %)` };
  });
  const worst = Math.max(...offs.map(({ off }) => Math.abs(off)));
  return [{
    name: "predicted transcoder CPU", value: worst * 100, unit: "% off at most", limit: ALLOWED * 100, ratio: worst / ALLOWED, ok: worst <= ALLOWED,
    how: `what capacity predicts after \`headend bench --calibrate\` on this machine, against user and system time of the FFmpeg that the agent runs, fed over the relay at its own pace, the mean of ${SECONDS} s before and ${SECONDS} s after the calibration; none of the ladders is among those of the calibration`,
    details: offs.map(({ text }) => text),
  }];
};

const nameOf = (content: Content): string => (content === "camera" ? "camera" : "test picture");
