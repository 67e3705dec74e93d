#!/bin/sh
# Create the virtual environment, unless it is there.
#
#   tools/venv.sh PYTHON FOLDER
set -eu

here=$(dirname "$0")
python=$1
folder=$2

if [ -x "$folder/bin/python" ] && "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    exit 0
fi

if ! command -v "$python" >/dev/null 2>&1; then
    echo "xlroi: '$python' was not found. Python 3.11 or newer is needed; choose one with: make PYTHON=/path/to/python3" >&2
    exit 2
fi
if ! "$python" -c "import sys; sys.exit(sys.version_info < (3, 11))"; then
    echo "xlroi: Python 3.11 or newer is needed, but '$python' is $("$python" -V 2>&1)." \
        "Choose another with: make PYTHON=/path/to/python3" >&2
    exit 2
fi

create() { "$python" -m venv --clear "$folder"; }

# Debian and Ubuntu ship Python without the part of venv that puts pip into the new environment.
if ! "$python" -c "import venv; from ensurepip import bootstrap" >/dev/null 2>&1; then
    # The pip that is at hand can fill the environment instead, and nothing has to be installed on the system.
    if "$python" -m venv --clear --without-pip "$folder" 2>/dev/null &&
        "$python" -m pip --python "$folder/bin/python" install --quiet pip 2>/dev/null; then
        exit 0
    fi
    rm -rf "$folder"
    "$here/apt-install.sh" "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
fi
create
