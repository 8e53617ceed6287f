#!/bin/bash
# Brings a host from an empty Debian 13 to headend's programs: fetches the programs archive from the stack's own bucket, verifies it,
# installs it. Everything after that is pull mode's work. Depends on nothing but S3; may be run again at any time.
# First run: by user data, with UserDataValues in the environment. Later: by headend-install.service, with what is kept in boot.env.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -euo pipefail

BOOT=/etc/headend/boot.env
WANTED=/run/headend-pull/programs
FAILURE=/run/headend-install/failure
WORK=/var/lib/headend-install
SELF=/usr/local/sbin/headend-bootstrap

# To standard error (cloud-init's log, the journal) and to the serial console, which can be read without a shell.
say() { echo "headend: $*" >&2; { echo "headend: $*" >/dev/console; } 2>/dev/null || true; }

programs=
fail() {
  say "FAILED: $*"
  mkdir -p "${FAILURE%/*}"
  printf '%s\n%s\n' "$programs" "$*" >"$FAILURE"
  # Before the first installation nobody else can tell those who wait.
  [ -e /etc/headend/programs ] || report "$*" || true
  exit 1
}
trap 'fail "line $LINENO of the bootstrap ended with exit code $?"' ERR

if [ -z "${HEADEND_HOST:-}" ]; then
  [ -r "$BOOT" ] || fail "$BOOT is missing: run the host's user data again."
  set -a; . "$BOOT"; set +a
fi
for name in HEADEND_STACK HEADEND_HOST HEADEND_BUCKET HEADEND_BUCKET_REGION HEADEND_ARCH; do
  [ -n "${!name:-}" ] || fail "$name is not set. The bootstrap is started by the host's user data."
  [[ ${!name} =~ ^[A-Za-z0-9._-]+$ ]] || fail "$name has characters that no name here has: ${!name}"
done
exec 9>/run/headend-bootstrap.lock
flock 9

metadata=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}/latest
get() { curl --silent --show-error --fail --retry 6 --retry-connrefused --retry-max-time 180 --connect-timeout 5 --speed-time 30 --speed-limit 1000 "$@"; }

# Credentials of the instance's role, as curl configuration: never in an argument, where every process could read them.
credentials() {
  local token role text
  token=$(get --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 600' "$metadata/api/token")
  role=$(get --header "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/iam/security-credentials/")
  text=$(get --header "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/iam/security-credentials/$role")
  value() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" <<<"$text"; }
  [ -n "$(value AccessKeyId)" ] || fail "The instance has no role: instance metadata gives no credentials for \"$role\"."
  printf 'user = "%s:%s"\nheader = "x-amz-security-token: %s"\n' "$(value AccessKeyId)" "$(value SecretAccessKey)" "$(value Token)"
}

address() {
  local base=https://$HEADEND_BUCKET.s3.$HEADEND_BUCKET_REGION.amazonaws.com
  [ -z "${AWS_ENDPOINT_URL:-}" ] || base=$AWS_ENDPOINT_URL/$HEADEND_BUCKET
  echo "$base/$1"
}

# fetch KEY FILE
fetch() {
  credentials | get --config - --aws-sigv4 "aws:amz:$HEADEND_BUCKET_REGION:s3" --output "$2" "$(address "$1")" ||
    fail "$1 could not be fetched from bucket $HEADEND_BUCKET. Is it there, may the instance's role read it, and is there a way to S3?"
}

# A report about no configuration at all: why this host could not even begin.
report() {
  local token instance text
  trap - ERR
  token=$(get --max-time 5 --retry 0 --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/api/token") || return 0
  instance=$(get --max-time 5 --retry 0 --header "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/instance-id") || return 0
  text=$(tr -c '[:print:]\n' ' ' <<<"The bootstrap failed: $1" | sed 's/[\\"]/ /g' | sed ':a;N;$!ba;s/\n/\\n/g')
  printf '{ "format": 1, "host": "%s", "instance": "%s", "bundle": "", "secretsVersion": "", "programs": "%s", "ok": false, "message": "%s", "changedFiles": [], "time": "%s" }\n' \
    "$HEADEND_HOST" "$instance" "$programs" "$text" "$(date -u +%FT%TZ)" >/run/headend-bootstrap-report
  credentials | get --max-time 20 --retry 1 --config - --aws-sigv4 "aws:amz:$HEADEND_BUCKET_REGION:s3" --header 'content-type: application/json' \
    --upload-file /run/headend-bootstrap-report "$(address "reports/$HEADEND_HOST/$instance.json")" >/dev/null
}

keep_settings() {
  mkdir -p /etc/headend "$WORK"
  {
    for name in HEADEND_STACK HEADEND_HOST HEADEND_BUCKET HEADEND_BUCKET_REGION HEADEND_ARCH HEADEND_GPU AWS_ENDPOINT_URL AWS_EC2_METADATA_SERVICE_ENDPOINT; do
      [ -z "${!name:-}" ] || printf '%s=%s\n' "$name" "${!name}"
    done
  } >"$BOOT.next"
  mv "$BOOT.next" "$BOOT"
  printf '{ "stack": "%s", "host": "%s", "bucket": "%s", "bucketRegion": "%s", "architecture": "%s" }\n' \
    "$HEADEND_STACK" "$HEADEND_HOST" "$HEADEND_BUCKET" "$HEADEND_BUCKET_REGION" "$HEADEND_ARCH" >/etc/headend/store.json.next
  mv /etc/headend/store.json.next /etc/headend/store.json
  # Kept for later runs; a file that runs is replaced by a rename.
  if [ "$0" != "$SELF" ]; then install -m 0755 "$0" "$SELF.next" && mv "$SELF.next" "$SELF"; fi
}

# What pull mode asks for, else what every new host of this architecture starts with.
choose_programs() {
  if [ -s "$WANTED" ]; then
    programs=$(head -n 1 "$WANTED")
  else
    fetch "programs/current-$HEADEND_ARCH.json" "$WORK/current.json"
    programs=$(sed -n 's/.*"programs" *: *"\([0-9a-f]\{64\}\)".*/\1/p' "$WORK/current.json")
  fi
  [[ $programs =~ ^[0-9a-f]{64}$ ]] || fail "The store does not say which programs to install."
}

began=$(date +%s)
[ "$(id -u)" = 0 ] || fail "This must run as root."
. /etc/os-release
[ "${VERSION_ID:-}" = 13 ] || fail "This host runs ${PRETTY_NAME:-an unknown system}; headend's packages are for Debian 13. Set headend:ami to an official Debian 13 image."
keep_settings
choose_programs
if [ "$(cat /etc/headend/programs 2>/dev/null)" = "$programs" ]; then
  say "programs ${programs:0:12} are installed already"
else
  rm -rf "$WORK/archive"*
  say "fetching programs ${programs:0:12}"
  fetch "programs/$programs.tar.gz" "$WORK/archive.tar.gz"
  echo "$programs  $WORK/archive.tar.gz" | sha256sum --check --quiet - || fail "programs/$programs.tar.gz is damaged or not the original: its SHA-256 is another. Nothing was installed."
  mkdir "$WORK/archive"
  tar -xzf "$WORK/archive.tar.gz" -C "$WORK/archive" --no-same-owner
  rm "$WORK/archive.tar.gz"
  say "installing"
  bash "$WORK/archive/install.sh" "$programs" 2>&1 | tee "$WORK/install.log" >&2 || fail "The installation ended with an error: $(tail -n 6 "$WORK/install.log")"
  rm -rf "$WORK/archive"
fi
systemctl start headend.target || fail "The services could not be started: $(systemctl --failed --no-legend --plain | head -n 5)"
rm -f "$FAILURE"
say "ready for its configuration after $(($(date +%s) - began)) s; follow it with: journalctl -u 'headend-*' -f"
