# netmodelfs.bash: completion for bash; installed as /usr/share/bash-completion/completions/netmodelfs.

# What the program knows of itself: subcommands, options, the kinds and attributes of `schema`.
eval "$(netmodelfs --generate-completion-script bash)"

# `netmodelfs check PATH` and `plan PATH` are asked before a file is there, so the names that it could have are offered
# beside those of files.
_netmodelfs_or_path() {
  local word=${COMP_WORDS[COMP_CWORD]} directory=. prefix=''
  if [[ ${COMP_WORDS[1]-} != @(check|plan) ]] || [ "$COMP_CWORD" -lt 2 ] || [[ $word = -* ]]; then
    _netmodelfs "$@"
    return
  fi
  if [[ $word = */* ]]; then
    prefix=${word%/*}/
    directory=${prefix%/}
  fi
  # compgen takes no prefix with blanks or quotes apart, so what it answers is used line by line.
  mapfile -t COMPREPLY < <(
    compgen -f -- "$word"
    compgen -P "$prefix" -W "$(netmodelfs schema --in "${directory:-/}" 2>/dev/null)" -- "${word##*/}"
  )
}
complete -o filenames -F _netmodelfs_or_path netmodelfs
