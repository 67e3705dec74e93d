#!/bin/sh
# Compile the lock files in requirements/ from pyproject.toml and requirements/dev.in.
#
#   tools/lock.sh PYTHON [--upgrade]
#
# The oldest Python that is supported does it: what it can install, the newer ones can too.
set -eu

python=$1
shift
cd "$(dirname "$0")/.."

if ! "$python" -c "import sys; sys.exit(sys.version_info[:2] != (3, 11))"; then
    echo "xlroi: the lock files are compiled with Python 3.11; this is $("$python" -V 2>&1)." >&2
    exit 2
fi

# The command written at the top of each file; and no registry's address or local folder may get into one.
export CUSTOM_COMPILE_COMMAND="make lock"
compile() {
    "$python" -m piptools compile --quiet --strip-extras \
        --no-emit-index-url --no-emit-find-links --no-emit-trusted-host "$@"
}

compile "$@" --output-file requirements/runtime.txt pyproject.toml
compile "$@" --build-deps-for editable --only-build-deps --constraint requirements/runtime.txt \
    --output-file requirements/build.txt pyproject.toml
compile "$@" --output-file requirements/dev.txt requirements/dev.in
compile "$@" --output-file requirements/spark.txt requirements/spark.in
