#!/bin/bash
# Installs what lies beside this script: packages, programs, units. Run by the bootstrap; may be run again.
# usage: install.sh SHA256-OF-THE-ARCHIVE
set -euo pipefail
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
LIB=/usr/lib/headend

# Nothing may change on a running host but by a new archive: no upgrades at night, no shell over the network.
quiet_system() {
  local unit
  for unit in apt-daily.timer apt-daily-upgrade.timer unattended-upgrades.service nginx.service; do
    [ -e "/etc/systemd/system/$unit" ] || ln -sf /dev/null "/etc/systemd/system/$unit"
  done
  systemctl stop apt-daily.timer apt-daily-upgrade.timer unattended-upgrades.service 2>/dev/null || true
  if systemctl is-enabled --quiet ssh.service 2>/dev/null; then systemctl disable --now --quiet ssh.service ssh.socket 2>/dev/null || true; fi
}

install_packages() {
  (cd packages && sha256sum --check --quiet ../packages.sha256)
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d   # packages start nothing by themselves
  chmod 0755 /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  # What a killed run left half-done stops every later one.
  dpkg --force-unsafe-io --configure -a
  # Newer ones of the system stay; equal ones are not touched.
  dpkg --force-unsafe-io --force-confold --refuse-downgrade --skip-same-version --install packages/*.deb >install-packages.log 2>&1 ||
    { grep -v '^\(Preparing\|Unpacking\|Selecting\|Setting\|(Reading\)' install-packages.log | tail -n 12; return 1; }
  rm -f /usr/sbin/policy-rc.d
  trap - EXIT
}

# A program that runs cannot be written to: each file is put beside its place and renamed into it.
install_files() {
  local path
  (cd root && find . -type d -printf '%P\n') | while read -r path; do [ -d "/$path" ] || install -d -m 0755 "/$path"; done
  (cd root && find . -type f -printf '%P\n') | while read -r path; do
    if cmp -s "root/$path" "/$path"; then continue; fi
    cp --preserve=mode "root/$path" "/$path.headend-next"
    mv -f "/$path.headend-next" "/$path"
    echo "$path"
  done
}

nvidia_driver() {
  [ "${HEADEND_GPU:-}" = nvidia ] || return 0
  nvidia-smi >/dev/null 2>&1 && return 0
  # The one thing that does not come from the store: the driver must fit the kernel of the image.
  echo "installing the driver for NVIDIA GPUs from Debian's servers"
  sed -i 's/^Components: main$/Components: main contrib non-free non-free-firmware/' /etc/apt/sources.list.d/*.sources 2>/dev/null || true
  apt-get -q update && apt-get -qy install --no-install-recommends "linux-headers-$(uname -r)" nvidia-driver nvidia-smi libnvidia-encode1
  install -d /etc/systemd/system/headend-hostd.service.d
  printf '[Service]\nPrivateDevices=no\n' >/etc/systemd/system/headend-hostd.service.d/gpu.conf
  modprobe nvidia
}

quiet_system
before=$(dpkg-query -W -f '${Package} ${Version}\n' nodejs nginx ffmpeg 2>/dev/null || true)
install_packages
after=$(dpkg-query -W -f '${Package} ${Version}\n' nodejs nginx ffmpeg)
changed=$(install_files)
nvidia_driver
systemd-sysusers /usr/lib/sysusers.d/headend.conf
install -d -m 0755 /var/lib/headend
install -d -m 0755 -o mediamtx -g mediamtx /var/lib/headend/recordings
rm -f /etc/nginx/sites-enabled/default
sysctl --quiet --load /etc/sysctl.d/60-headend.conf 2>/dev/null || true
systemctl daemon-reload
systemctl try-restart systemd-journald.service chrony.service systemd-timesyncd.service 2>/dev/null || true
systemctl enable --quiet headend.target
mkdir -p /etc/headend
echo "$1" >/etc/headend/programs.next
mv /etc/headend/programs.next /etc/headend/programs

# hostd's services end with it: it is started anew only when something that it runs has changed.
if [ "$before" != "$after" ] || grep -q -e "^usr/lib/headend/\(host\|agent\).js$" -e '^usr/local/bin/' -e 'headend-hostd.service$' <<<"$changed"; then
  systemctl try-restart headend-hostd.service
fi
for unit in headend-pull headend-watch headend-recordings; do
  if [ "$before" != "$after" ] || grep -q -e '^usr/lib/headend/aws.js$' -e "$unit.service$" <<<"$changed"; then systemctl try-restart "$unit.service"; fi
done
