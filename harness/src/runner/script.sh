work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
differ=0

# says NUMBER THEN NOW
says() {
  if [ "$2" = "$3" ]; then echo "$1: $3"; else echo "$1: $3, and was $2"; differ=1; fi
}

# ask NUMBER STATUS DIGEST CURL-ARGUMENTS…
ask() {
  local number=$1 then=$2 digest=$3 now
  shift 3
  # shellcheck disable=SC2086
  now="$(curl ${CURL_OPTIONS:-} --silent --show-error --globoff --path-as-is --http1.1 --max-time 60 --header Expect: \
    --dump-header "$work/$number.head" --output "$work/$number.body" --write-out '%{http_code}' "$@")" || now=000
  touch "$work/$number.head" "$work/$number.body"
  if [ "$digest" != - ]; then
    then="$then sha256:$digest"
    now="$now sha256:$(sha256sum "$work/$number.body" | cut -c 1-16)"
  fi
  says "$number" "$then" "$now"
}

# raw NUMBER STATUS FILE URL: bytes as they are, on a connection of their own
raw() {
  local address="${4#*://}" now
  exec 3<>"/dev/tcp/${address%:*}/${address##*:}"
  cat "$3" >&3
  timeout 3 cat <&3 >"$work/$1.head" || true
  exec 3>&-
  touch "$work/$1.body"
  now="$(sed -n '1s/^HTTP\/[0-9.]* \([0-9]*\).*/\1/p' "$work/$1.head" | tr -d '\r')"
  says "$1" "$2" "${now:-000}"
}

# location NUMBER URL: where that answer said to go on
location() {
  local said
  said="$(sed -n 's/^[Ll]ocation: *//p' "$work/$1.head" | tr -d '\r' | tail -n 1)"
  case "$said" in
    *://*) printf '%s' "$said" ;;
    *) printf '%s%s' "$2" "$said" ;;
  esac
}

# finish NUMBER: shows the last answer
finish() {
  printf '\nthe last answer:\n'
  cat "$work/$1.head"
  head -c 2048 "$work/$1.body" | LC_ALL=C tr -c '[:print:]\n\t' .
  echo
  exit "$differ"
}
