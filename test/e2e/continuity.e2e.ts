/** One thing dies and nobody notices: two of every role, a real hls.js with its defaults, two-second segments. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openViewer, type Viewer } from "../../scripts/live/browser.ts";
import { AGENT_PORT } from "../../infra/render/paths.ts";
import { docker, type ExecResult, run } from "../../scripts/live/docker.ts";
import { settableClock } from "../../scripts/live/faketime.ts";
import { claps } from "../../scripts/live/clap.ts";
import { httpRequest } from "../../scripts/live/http.ts";
import { publish, type Publisher } from "../../scripts/live/publish.ts";
import { sleep, waitFor } from "../../scripts/live/wait.ts";
import { decodeMixed } from "./lib/mixed.ts";
import { feel, type Felt, pause, PROGRAM, signal, silence, told } from "./lib/faults.ts";
import { type Outputs, TestStack } from "./lib/stack.ts";
import { ask, onAir, streamStatus } from "./lib/status.ts";

const stack = new TestStack({
  name: "e2e-cont",
  topology: `streams:
  main:
    source: { resolution: 320x180, fps: 30, bitrate: 400 kbps }
    ladder: [180p, { name: tiny, resolution: 160x90, bitrate: 80 kbps }]
    encoder: { kind: x264, preset: ultrafast }
    redundancy: 2
    publishers: { studio: { via: [srt, rtmp] }, spare: { via: [rtmp], backup: true } }
multiplexers: 2
transcoders: 2
distributors: 2
`,
});
let outputs: Outputs, viewer: Viewer, studio: Publisher;
/** Transcoders in the order in which distributors prefer them. */
let transcoders: string[];
const at = (host: string): string => stack.container(host);
const port = (host: string): number => outputs.hosts[host]?.ports.https ?? 0;

beforeAll(async () => {
  await stack.init();
  await stack.up();
  outputs = await stack.outputs();
  studio = await publish({ via: "rtmp", url: await stack.ingestUrl("main", "studio", "rtmp"), width: 320, height: 180 });
  await onAir(stack, "main", "studio");
  viewer = await openViewer({ url: `https://localhost:${port("dist-home-1")}/watch/main`, ca: outputs.ca ?? "" });
  await viewer.playing(40_000);
  const { stdout } = { stdout: await docker(["exec", at("dist-home-1"), "cat", "/run/headend/etc/nginx/nginx.conf"]) };
  transcoders = [...(/upstream \S+ \{([^}]*)\}/.exec(stdout)?.[1] ?? "").matchAll(/server (tx-home-\d)/g)].map((m) => m[1] ?? "");
  expect(transcoders).toHaveLength(2);
  await sleep(6000);
}, 300_000);
afterAll(async () => {
  await viewer?.close();
  await studio?.stop();
  await stack.destroy();
}, 120_000);

/** The page's requests since the last look, by port. */
async function loadedFrom(): Promise<Set<number>> {
  const urls = await viewer.page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)") as string[];
  await viewer.page.evaluate("performance.clearResourceTimings()");
  return new Set(urls.filter((u) => /\.(m4s|m3u8)$/.test(u)).map((u) => Number(new URL(u).port)));
}

/** The viewer loads from where he came in: distributors that failed several times are trusted again only after a while. */
const atHome = (): Promise<boolean> => waitFor(async () => { await loadedFrom(); await sleep(3000); return (await loadedFrom()).has(port("dist-home-1")); }, { what: "the viewer back at his distributor", timeoutMs: 120_000 });

const smooth = (what: string, felt: Felt): void => {
  console.log(told(what, felt));
  expect.soft({ stalls: felt.stalls, restarts: felt.restarts }, what).toEqual({ stalls: 0, restarts: 0 });
};
/** At the usual distance from the live edge: a viewer who fell behind, as on a busy machine, has more buffer and would notice less. */
beforeEach(async () => {
  if (((await viewer.stats()).latency ?? 0) > 9.5) {
    await viewer.page.evaluate("document.getElementById('live').click()");
    await sleep(3000);
  }
  await waitFor(async () => { const s = await viewer.stats(); return s.buffer > 3 && !s.stalled; }, { what: "a full buffer", timeoutMs: 20_000 });
}, 40_000);

describe("distributors", () => {
  test("every playlist names both, with a steering manifest that its viewer's own mark goes through", async () => {
    const get = async (host: string, file: string): Promise<string> => (await httpRequest(`https://localhost:${port(host)}/live/main/${file}`, { ca: outputs.ca ?? "" })).body.toString();
    const text = await get("dist-home-1", "index.m3u8");
    expect(text).toMatch(/#EXT-X-CONTENT-STEERING:SERVER-URI="steering.json\?home=dist-home-1&v=[0-9a-f]{32}",PATHWAY-ID="dist-home-1"/);
    expect(text.match(/^#EXT-X-STREAM-INF.*PATHWAY-ID="dist-home-2"$/gm)).toHaveLength(2);
    expect(text).toMatch(new RegExp(`TYPE=AUDIO.*PATHWAY-ID="dist-home-2",URI="https://localhost:${port("dist-home-2")}/live/main/`));
    expect(JSON.parse(await get("dist-home-1", `steering.json?home=dist-home-1&v=${"a".repeat(32)}`))).toEqual({
      VERSION: 1, TTL: 2, "PATHWAY-PRIORITY": ["dist-home-1", "dist-home-2"],
      "RELOAD-URI": `https://localhost:${port("dist-home-2")}/live/main/steering.json?home=dist-home-1&v=${"a".repeat(32)}`,
    });
    expect(await get("dist-home-2", "index.m3u8")).toContain('PATHWAY-ID="dist-home-2"');
    expect(await loadedFrom()).toEqual(new Set([port("dist-home-1")]));
  });

  test("one that falls silent", async () => {
    let undo = async (): Promise<void> => undefined;
    smooth("silent distributor", await feel(viewer, 12, async () => { undo = await silence(at("dist-home-1")); }));
    await loadedFrom();
    await sleep(4000);
    expect(await loadedFrom()).toEqual(new Set([port("dist-home-2")]));
    // Back to where he came in, by itself; not before his old connection there has tried again, which takes as long as the silence took.
    smooth("silent distributor back", await feel(viewer, 2, async () => {
      await undo();
      await waitFor(async () => (await loadedFrom()).has(port("dist-home-1")), { what: "the viewer back at his distributor", timeoutMs: 90_000, everyMs: 1000 });
    }));
  });

  test("one whose processes stand still", async () => {
    let undo = async (): Promise<void> => undefined;
    smooth("frozen distributor", await feel(viewer, 10, async () => { undo = await pause(at("dist-home-1")); }));
    await undo();
    await atHome();
  });

  test("one that is killed and refuses", async () => {
    smooth("killed distributor", await feel(viewer, 10, () => docker(["kill", at("dist-home-1")])));
    await docker(["start", at("dist-home-1")]);
  });
});

describe("transcoders: the one that viewers are fed from", () => {
  const main = (): string => at(transcoders[0] ?? "");
  /** Both carry the stream again. */
  const whole = async (): Promise<void> => { for (const tx of transcoders) await waitFor(async () => (await streamStatus(stack, "main", tx))["healthy"] === true, { what: `${tx} fresh`, timeoutMs: 40_000 }); };
  afterEach(whole, 60_000);

  test.each(["ffmpeg", "agent", "relay", "nginx"] as const)("its %s is killed", async (program) => {
    smooth(`${program} killed`, await feel(viewer, 6, async () => { expect(await signal(main(), "KILL", PROGRAM[program])).toBeGreaterThan(0); }));
  });

  test.each(["ffmpeg", "agent", "relay", "nginx"] as const)("its %s stands still", async (program) => {
    smooth(`${program} frozen`, await feel(viewer, 8, async () => { expect(await signal(main(), "STOP", PROGRAM[program])).toBeGreaterThan(0); }));
    if (program === "ffmpeg") expect(await signal(main(), "CONT", PROGRAM.ffmpeg)).toBeGreaterThan(0);   // another one: the agent has ended the frozen
    else smooth(`${program} going on`, await feel(viewer, 4, () => signal(main(), "CONT", PROGRAM[program])));
  });

  test("the whole host stands still, then goes on", async () => {
    let undo = async (): Promise<void> => undefined;
    smooth("transcoder frozen", await feel(viewer, 8, async () => { undo = await pause(main()); }));
    smooth("transcoder going on", await feel(viewer, 5, () => undo()));
  });

  test("the host is gone, then back with an empty disk in memory", async () => {
    smooth("transcoder gone", await feel(viewer, 8, () => docker(["kill", main()])));
    // With its first segments only: nobody may be fed from it before it has the whole window, or players jump to the live edge.
    const latency = (await viewer.stats()).latency ?? 0;
    const back = await feel(viewer, 10, () => docker(["start", main()]));
    smooth("transcoder back", back);
    expect(back.after.latency ?? 0).toBeGreaterThan(latency - 1);
  });
});

describe("clocks", () => {
  interface Host { readonly clockSteps: number; readonly clockSkew: number | null; readonly clockWrong: boolean }
  const host = async (tx: string): Promise<Host> => JSON.parse(await ask(stack, tx, `http://127.0.0.1:${AGENT_PORT}/status`)) as Host;

  test("that of the transcoder that viewers are fed from is set forward, back, back again and right, while on air", async () => {
    const [tx = ""] = transcoders, clock = await settableClock(at(tx));
    smooth("its programs start again", await feel(viewer, 6, async () => { for (const program of ["ffmpeg", "agent"] as const) await signal(at(tx), "KILL", PROGRAM[program]); }));
    for (const [seconds, wrong] of [[5, true], [0, false], [-5, true], [0, false]] as const) {
      smooth(`clock ${seconds} s beside the truth`, await feel(viewer, 8, async () => {
        await clock.step(seconds);
        await waitFor(async () => (await host(tx)).clockWrong === wrong, { what: `the agent to find its clock ${wrong ? "wrong" : "right"}`, timeoutMs: 30_000 });
      }));
      const skew = (await host(tx)).clockSkew ?? NaN;
      expect(Math.abs(skew - seconds), `skew ${skew}`).toBeLessThan(0.5);
    }
    expect((await host(tx)).clockSteps).toBe(4);
    await clock.undo();
    for (const program of ["ffmpeg", "agent"] as const) await signal(at(tx), "KILL", PROGRAM[program]);
    await waitFor(async () => (await streamStatus(stack, "main", tx))["healthy"] === true, { what: "fresh again", timeoutMs: 40_000 });
  });
});

describe("publishers", () => {
  const send = async (who: "studio" | "spare", via: "srt" | "rtmp", mux: string, size: readonly [number, number]): Promise<Publisher> =>
    publish({ via, url: await stack.ingestUrl("main", who, via, { mux }), width: size[0], height: size[1], clap: true, bFrames: via === "srt" ? 2 : 0 });
  const aired = async (who: string | null, mux?: string): Promise<void> => {
    const wanted = who === null ? "slate" : `in/main/${who}/${mux}`;
    for (const tx of transcoders) {
      await waitFor(async () => {
        const { active, inputs } = await streamStatus(stack, "main", tx);
        if (active !== wanted) throw new Error(`${String(active)} of ${JSON.stringify(inputs)}`);
        return true;
      }, { what: `${who ?? "slate"} on air at ${tx}`, timeoutMs: 30_000 });
    }
  };

  test("lost, on the other multiplexer by the other protocol, with another picture: backup, back, slate, back", async () => {
    const spare = await send("spare", "rtmp", "mux-home-b", [240, 136]);
    await sleep(5000);
    smooth("primary lost", await feel(viewer, 6, async () => { await studio.kill(); await aired("spare", "mux-home-b"); }));
    smooth("primary back by SRT at the other multiplexer", await feel(viewer, 6, async () => { studio = await send("studio", "srt", "mux-home-b", [320, 180]); await aired("studio", "mux-home-b"); }));
    await spare.kill();
    smooth("the only one falls silent", await feel(viewer, 8, async () => { await studio.kill(); await aired(null); }));
    smooth("back by RTMP", await feel(viewer, 6, async () => { studio = await send("studio", "rtmp", "mux-home-a", [320, 180]); await aired("studio", "mux-home-a"); }));
    // What viewers got of all that: backup by RTMP, primary by SRT with B-frames, slate, primary by RTMP.
    await sleep(3000);
    const heard = await claps(`https://localhost:${port("dist-home-1")}/live/main/index.m3u8`, outputs.ca ?? undefined, 60);
    const runs = heard.runs.filter((r) => r.length > 2).map((r) => r.map(({ ms }) => ms));
    console.log(`beep after flash, ms: ${runs.map((r) => r.join(" ")).join(" | ")}`);
    expect(runs.length, "publishers heard").toBeGreaterThanOrEqual(3);
    // The first second of a switch is told in docs/continuity.md.
    for (const ms of runs.flatMap((r) => r.slice(1))) expect(Math.abs(ms), `${ms} ms`).toBeLessThanOrEqual(40);
    expect(heard.oddSteps).toEqual([]);
  });

  test("a whole multiplexer is lost while a publisher sends to both", async () => {
    const second = await send("studio", "rtmp", "mux-home-b", [320, 180]);
    await sleep(5000);
    smooth("multiplexer killed", await feel(viewer, 8, async () => { await docker(["kill", at("mux-home-a")]); await aired("studio", "mux-home-b"); }));
    await docker(["start", at("mux-home-a")]);
    await studio.stop();
    studio = second;
  });
});

describe("by hand, without an apply", () => {
  const headend = (...args: string[]): Promise<ExecResult> => run("node", ["scripts/headend.mjs", ...args, "--stack", "e2e-cont"]);

  test("headend switch: slate and back; every switch is listed", async () => {
    smooth("slate by hand", await feel(viewer, 4, async () => { expect((await headend("switch", "main", "slate")).stdout).toMatch(/main +tx-home-1 +slate +slate/); }));
    expect((await headend("status")).stdout).toMatch(/slate, by hand/);
    smooth("automatic again", await feel(viewer, 4, async () => { expect((await headend("switch", "main", "auto")).code).toBe(0); }));
    const { stdout } = await headend("status", "--switches");
    expect(stdout).toMatch(/main +tx-home-\d +in\/main\/studio\/mux-home-\w +slate +override slate/);
    expect(await headend("switch", "main", "moon")).toMatchObject({ code: 2 });
    expect((await headend("switch", "nobody", "auto")).stderr).toMatch(/There are: main/);
  });

  test("headend steer: viewers leave a distributor, and come back", async () => {
    const own = "dist-home-1", other = "dist-home-2";
    await atHome();
    smooth("steered away", await feel(viewer, 6, async () => { expect(await headend("steer", `${own}=0`)).toMatchObject({ code: 0 }); }));
    await loadedFrom();
    await sleep(3000);
    expect(await loadedFrom()).toEqual(new Set([port(other)]));
    expect(await headend("steer", "auto")).toMatchObject({ code: 0 });
    await atHome();
    expect(await headend("steer", "mars=1")).toMatchObject({ code: 2 });
  });
});

test("segments of the two transcoders mixed at random decode as one", async () => {
  const decoded = await decodeMixed(transcoders.map(at), "main", 10);
  expect(decoded.errors).toEqual([]);
  expect(decoded.videoSteps.every((s) => Math.abs(s - 1 / 30) < 0.001), `steps ${[...new Set(decoded.videoSteps)].join(" ")}`).toBe(true);
  expect(decoded.audioSteps.every((s) => Math.abs(s - 1024 / 48_000) < 0.001)).toBe(true);
  expect(decoded.sources).toEqual(new Set([0, 1]));
});
