#!/usr/bin/env bash
# Installs the build into a folder, moves it, hides the source tree (with .deps and the build) and runs a local model on digits from
# the moved tree; builds a program of somebody else's against it first.
# Usage: install_test.sh SOURCE_DIR BUILD_DIR torch|no-torch
set -euo pipefail
source_dir=$1 build_dir=$2 torch=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build_dir" --prefix "$work/first" > "$work/install.log"
mkdir "$work/elsewhere"
mv "$work/first" "$work/elsewhere/tree"
tree=$work/elsewhere/tree
cp -r "$source_dir/tests/models/tiny-llava-onevision" "$work/model"
cp -r "$source_dir/tests/consumer" "$work/consumer"

cmake -S "$work/consumer" -B "$work/consumer-build" -DCMAKE_PREFIX_PATH="$tree" -DCMAKE_BUILD_TYPE=Debug > "$work/configure.log"
cmake --build "$work/consumer-build" > "$work/build.log"

cat > "$work/inside.sh" <<INSIDE
set -euo pipefail
if [ -e "$source_dir/CMakeLists.txt" ]; then echo "the source tree is still visible" >&2; exit 1; fi
cd "$work"
env -i "$tree/bin/lmms_eval" --tasks list | grep -q ' - digits_all'
env -i "$work/consumer-build/consumer"
if [ "$torch" = torch ]; then
  env -i "$tree/bin/lmms_eval" --model llava_onevision --model_args pretrained="$work/model" --tasks digits --batch_size 16 \
      --device cpu --output_path "$work/out.json"
else
  env -i "$tree/bin/lmms_eval" --model dummy --tasks digits --output_path "$work/out.json"
fi
INSIDE
# A mount of an empty folder over the source tree hides it from this test alone.
mkdir "$work/empty"
unshare --mount bash -c "mount --bind '$work/empty' '$source_dir' && bash '$work/inside.sh'" | tee "$work/out.txt"

grep -q '^complete 0\.[01]' "$work/out.txt"
if [ "$torch" = torch ]; then
  python3 - "$work/out.json" <<'PY'
import json, sys
score = json.load(open(sys.argv[1]))["results"]["digits"]["exact_match,none"]
assert score >= 0.97, score
PY
fi
# No library may be found by a path of the build machine.
for file in "$tree/bin/lmms_eval" "$tree"/lib/liblmms_eval*.so; do
  path=$(readelf -d "$file" | sed -nE 's/.*R(UN)?PATH.*\[(.*)\]$/\2/p')
  IFS=: read -ra entries <<< "$path"
  # An empty entry, at an end or between two colons, is the working directory.
  if [[ :$path: == *::* ]]; then echo "$file: an empty rpath entry, or none at all" >&2; exit 1; fi
  for entry in "${entries[@]}"; do
    case $entry in
      '$ORIGIN' | '$ORIGIN/'*) ;;
      *) echo "$file: rpath entry '$entry' is not below \$ORIGIN" >&2; exit 1 ;;
    esac
  done
done
echo "the moved tree works: $(du -sh "$tree" | cut -f1)"
