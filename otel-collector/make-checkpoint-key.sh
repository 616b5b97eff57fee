#!/bin/sh
# Makes the key that signs checkpoints, unless it is there: what `telltale audit keygen` makes, for
# machines without Node. The Collector writes the public key beside the checkpoints.
#
#   make-checkpoint-key.sh FILE      the key's name is FILE's without folder and extension
set -eu
file=$1
[ ! -s "$file" ] || exit 0
umask 077
# In one move, so that a Collector never reads half a key.
openssl genpkey -algorithm ed25519 -out "$file.part"
mv "$file.part" "$file"
