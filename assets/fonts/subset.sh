#!/usr/bin/env bash
# Make the site's fonts anew, in this folder: needs npm, and Python with fonttools and brotli.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
CHARACTERS="U+20-7E,U+A0,U+A7,U+A9,U+B0-B7,U+D7,U+E0-F6,U+3B1-3C9,U+2010-2015,U+2018-201D,U+2022,\
U+2026,U+2032,U+2070-2089,U+2190-2193,U+2202,U+2207,U+2211-2213,U+221A,U+221E,U+2248,U+2260,U+2264,\
U+2265,U+2500-257F,U+2580-259F,U+2713,U+2717"

package() { # name@version: its files, under $work
  npm pack --silent --pack-destination "$work" "$1" > /dev/null
  mkdir -p "$work/$2" && tar xzf "$work"/*"$2"-[0-9]*.tgz -C "$work/$2" --strip-components=1
}
narrow() { # file, axis limits, name
  fonttools varLib.instancer --quiet -o "$work/$3.ttf" "$1" "$2"
  subset "$work/$3.ttf" "$3"
}
subset() { # file, name
  pyftsubset "$1" --unicodes="$CHARACTERS" --flavor=woff2 --output-file="$2.woff2" \
    --layout-features=kern,liga,mark,mkmk,ccmp,locl --no-hinting --desubroutinize
}
# The licence reserves the name Source, so what is changed must be called otherwise.
rename() { # name in the file, file
  python3 -c '
import sys
from fontTools.ttLib import TTFont
font = TTFont(sys.argv[2])
for record in list(font["name"].names):
    if record.nameID in (1, 3, 4, 6, 16, 25):
        font["name"].setName(sys.argv[1], record.nameID, 3, 1, 0x409)
    elif record.nameID != 0:
        font["name"].removeNames(nameID=record.nameID)
font.save(sys.argv[2])
' "$1" "$2"
}
package @fontsource-variable/source-serif-4@5.3.1 source-serif-4
package @fontsource-variable/source-sans-3@5.3.1 source-sans-3
package @fontsource/iosevka@5.3.0 iosevka
narrow "$work/source-serif-4/files/source-serif-4-latin-wght-normal.woff2" wght=400:700 serif
narrow "$work/source-serif-4/files/source-serif-4-latin-wght-italic.woff2" wght=400 serif-italic
narrow "$work/source-sans-3/files/source-sans-3-latin-wght-normal.woff2" wght=400:700 sans
subset "$work/iosevka/files/iosevka-latin-400-normal.woff2" mono
for file in serif serif-italic sans mono; do rename "Course-$file" "$file.woff2"; done
ls -l ./*.woff2
