#!/bin/sh
# Make sure that the programs which the tests drive are there: LibreOffice Calc with its Python bridge, the fonts that
# stand in for Excel's, a PDF reader, Chromium, and Node with npm; with the argument "java", Java for Spark alone.
# Whatever is present, from wherever it came, is left alone.
set -eu

here=$(dirname "$0")
node_needed=18
java_needed=17

has() { command -v "$1" >/dev/null 2>&1; }

has_calc() {
    # Calc is one part of LibreOffice and may be absent although the office itself is there.
    office=$(command -v soffice || command -v libreoffice) || return 1
    [ -e "$(dirname "$(readlink -f "$office")")/scalc" ] || has localc
}

has_uno() {
    for python in /usr/bin/python3 python3; do
        "$python" -c "import uno" >/dev/null 2>&1 && return 0
    done
    return 1
}

has_font() { has fc-list && [ -n "$(fc-list "$1" family)" ]; }

has_java() {
    version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p')
    [ -n "$version" ] && [ "$version" -ge "$java_needed" ]
}

if [ "${1-}" = java ]; then
    has_java || "$here/apt-install.sh" openjdk-17-jre-headless
    exit 0
fi

missing=""
need() { missing="$missing $1"; }

has_calc || need libreoffice-calc
has_uno || need python3-uno
has_font Carlito || need fonts-crosextra-carlito
has_font "Liberation Sans" || need fonts-liberation
{ has pdftotext && has pdftoppm; } || need poppler-utils
has fc-list || need fontconfig
has chromium || has chromium-browser || has google-chrome || need chromium
has node || need nodejs
has npm || need npm

if [ -n "$missing" ]; then
    # shellcheck disable=SC2086 # one word per package
    "$here/apt-install.sh" $missing
fi

node_found=$(node -p "process.versions.node.split('.')[0]")
if [ "$node_found" -lt "$node_needed" ]; then
    echo "xlroi: Node $node_needed or newer is needed for the OOXML validator; 'node' here is version $node_found." >&2
    exit 2
fi
