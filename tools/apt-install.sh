#!/bin/sh
# Install Debian packages, or say what has to be installed and end with exit code 2.
#
#   tools/apt-install.sh PACKAGE...
#
# Root and passwordless sudo install; anybody else gets the exact command to hand to an administrator.
set -eu

if ! command -v apt-get >/dev/null 2>&1; then
    echo "xlroi: this system has no apt-get. Please install what these Debian packages hold: $*" >&2
    exit 2
fi

if [ "$(id -u)" -eq 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true >/dev/null 2>&1; then
    as_root="sudo -n"
else
    echo "xlroi: these system packages are missing, and installing them needs root. Please run:" >&2
    echo >&2
    echo "    sudo apt-get update && sudo apt-get install --no-install-recommends -y $*" >&2
    echo >&2
    exit 2
fi

echo "xlroi: installing system packages: $*"
apt() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" </dev/null; }
if ! { apt -q update && apt -q install --no-install-recommends -y "$@"; }; then
    echo "xlroi: apt-get could not install: $*" >&2
    exit 2
fi
