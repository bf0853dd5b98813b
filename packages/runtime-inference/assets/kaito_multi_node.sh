#!/bin/sh
# One model over several pods: the first leads (Ray's head and the server), the others lend their GPUs (Ray's workers).
#   kaito_multi_node.sh serve COMMAND...   leads with COMMAND once all nodes are there, or works
#   kaito_multi_node.sh ready | live       probes
# Reads POD_INDEX, KAITO_LEADER (host), KAITO_NODES (how many there are together), KAITO_HEALTH (URL of the server's health).
set -eu
RAY_PORT=6379

leads() { [ "$POD_INDEX" = 0 ]; }
nodes() { python3 -c 'import ray; ray.init(address="auto", log_to_driver=False); print(sum(n["Alive"] for n in ray.nodes()))'; }
leader_is_there() { python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)' "$KAITO_LEADER" "$RAY_PORT" 2>/dev/null; }
healthy() { python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=4)' "$KAITO_HEALTH"; }

case "$1" in
serve)
  shift
  if leads; then
    ray start --head --port="$RAY_PORT" --disable-usage-stats
    until there=$(nodes) && [ "$there" -ge "$KAITO_NODES" ]; do
      echo "waiting for the other nodes: ${there:-0} of $KAITO_NODES are there"
      sleep 2
    done
    exec "$@"
  fi
  until leader_is_there; do
    echo "waiting for the leader at $KAITO_LEADER:$RAY_PORT"
    sleep 2
  done
  # Ends when the leader is gone; the kubelet starts it again, and it waits for the next one.
  exec ray start --address="$KAITO_LEADER:$RAY_PORT" --disable-usage-stats --block
  ;;
ready | live)
  # A worker is well while it can reach its leader: whether the model answers is the leader's to say.
  if leads; then healthy; else leader_is_there; fi
  ;;
*)
  echo "kaito_multi_node.sh: serve, ready or live is expected, and not $1" >&2
  exit 2
  ;;
esac
