/** The simulated machine image: Debian 13 with systemd, what Debian's own EC2 images have, and a unit that runs user data once. */
import { mkdtempSync, rmSync, writeFileSync, mkdirSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recipeHash } from "../../../scripts/setup/cache.ts";
import { run as runProgram } from "../../../scripts/setup/process.ts";
import { TEST_LABEL, docker, run } from "../../../scripts/live/docker.ts";

const SUITE = "trixie";
const PACKAGES = [
  "apt-utils", "bash", "ca-certificates", "curl", "dbus", "gzip", "iproute2", "iputils-ping", "kmod", "less", "libnss-systemd", "nftables", "openssl", "procps", "python3-minimal", "sudo", "systemd", "systemd-sysv", "tar", "tzdata", "udev", "xz-utils",
] as const;
const LEFT_OUT = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/lintian/*"] as const;

/** As cloud-init does with a script: fetched with a token, kept, run once as root; what it says goes to the journal and a file. */
const RUN_USER_DATA = `#!/bin/sh
set -u
here=/var/lib/cloud/instance
[ -e $here/boot-finished ] && exit 0
mkdir -p $here
md=http://169.254.169.254/latest
for i in $(seq 1 200); do
  token=$(curl -sf -m 2 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $md/api/token) && break
  sleep 0.2
done
code=$(curl -s -m 5 -o $here/user-data.txt -w '%{http_code}' -H "X-aws-ec2-metadata-token: $token" $md/user-data)
status=0
if [ "$code" = 200 ]; then
  if [ "$(head -c 2 $here/user-data.txt)" = '#!' ]; then
    chmod 0700 $here/user-data.txt
    $here/user-data.txt 2>&1 | tee /var/log/cloud-init-output.log
    status=$?
  else echo "user data is no script" >&2; status=1; fi
fi
touch $here/boot-finished
exit $status
`;
const UNIT = `[Unit]
Description=User data (simulated cloud-init)
Wants=network-online.target
After=network-online.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/lib/simulation/user-data
StandardOutput=journal
[Install]
WantedBy=multi-user.target
`;
const DOCKERFILE = `ARG BASE
FROM \${BASE}
COPY user-data /usr/lib/simulation/user-data
COPY user-data.service /etc/systemd/system/user-data.service
RUN ln -s /etc/systemd/system/user-data.service /etc/systemd/system/multi-user.target.wants/user-data.service \\
 && for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer console-getty.service getty@.service systemd-udevd.service systemd-udev-trigger.service systemd-firstboot.service; do ln -sf /dev/null /etc/systemd/system/$unit; done \\
 && rm -f /etc/machine-id && touch /etc/machine-id && mkdir -p /etc/systemd/journald.conf.d
STOPSIGNAL SIGRTMIN+3
`;

const BASE = `headend/sim-debian:${recipeHash(SUITE, ...PACKAGES, ...LEFT_OUT)}`;
/** Name of the image that simulated instances run. */
export const AMI = `headend/sim-ami:${recipeHash(BASE, RUN_USER_DATA, UNIT, DOCKERFILE)}`;

/** Makes the image unless it is there: about two minutes the first time, from Debian's packages alone. */
export async function ensureAmi(say: (line: string) => void): Promise<string> {
  if (await has(AMI)) return AMI;
  const folder = mkdtempSync(join(process.env["TMPDIR"] ?? tmpdir(), "headend-sim-ami-"));
  try {
    if (!(await has(BASE))) {
      say("assembling Debian 13 for simulated instances (once)");
      const tar = join(folder, "root.tar"), options = LEFT_OUT.map((path) => `--dpkgopt=path-exclude=${path}`);
      const made = await runProgram(["mmdebstrap", "--variant=minbase", `--include=${PACKAGES.join(",")}`, ...options, SUITE, tar], { env: { LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" }, timeoutMs: 580_000 });
      if (made.code !== 0) throw new Error(`mmdebstrap could not assemble Debian ${SUITE} for simulated instances: ${made.stderr.trim().split("\n").slice(-4).join("\n")}`);
      const imported = await run("sh", ["-c", `docker import - ${BASE} < ${tar}`], { timeoutMs: 300_000 });
      if (imported.code !== 0) throw new Error(`docker import failed: ${imported.stderr}`);
      rmSync(tar);
    }
    const context = join(folder, "image");
    mkdirSync(context);
    writeFileSync(join(context, "Dockerfile"), DOCKERFILE);
    writeFileSync(join(context, "user-data"), RUN_USER_DATA);
    chmodSync(join(context, "user-data"), 0o755);
    writeFileSync(join(context, "user-data.service"), UNIT);
    await docker(["build", "--quiet", "--network", "none", "--build-arg", `BASE=${BASE}`, "--tag", AMI, context], { timeoutMs: 300_000 });
  } finally { rmSync(folder, { recursive: true, force: true }); }
  return AMI;
}

async function has(image: string): Promise<boolean> {
  return (await run("docker", ["image", "inspect", image])).code === 0;
}

/**
 * Arguments of `docker run` that let systemd be process 1. With cgroup v1 only systemd's own hierarchy is given: handed the whole folder, it would
 * remount the machine's read-only. The last of them follow the image.
 */
export async function systemdArgs(): Promise<{ readonly before: readonly string[]; readonly command: readonly string[] }> {
  const info = (await docker(["info", "--format", "{{.CgroupVersion}}"])).trim();
  const common = ["--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN", "--cap-add", "SYS_PTRACE", "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined", "--tmpfs", "/run:exec", "--tmpfs", "/run/lock", "--env", "container=docker", "--label", TEST_LABEL];
  if (info === "2") return { before: [...common, "--cgroupns=host", "-v", "/sys/fs/cgroup:/sys/fs/cgroup:rw"], command: ["/sbin/init"] };
  return { before: [...common, "--cgroupns=host", "--tmpfs", "/sys/fs/cgroup", "-v", "/sys/fs/cgroup/systemd:/sys/fs/cgroup/systemd:rw"], command: ["/sbin/init", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"] };
}
