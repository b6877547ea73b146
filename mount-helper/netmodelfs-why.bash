# netmodelfs-why.bash: after a command that a netmodelfs mount refused something, the prompt says why.
# For bash and zsh: source it in ~/.bashrc or ~/.zshrc.
#
# Each refusal is told once, and only those of this terminal session: the daemon knows whom it refused, so nothing is
# guessed from the command line. Nothing is asked after a command that succeeded, or where no netmodelfs is mounted.
# (What sudo was refused is not told if it runs commands in a session of their own: Defaults use_pty.)

# Up to where refusals are known: a time, and how many of that second. bash and zsh each have a clock of their own.
if [ -n "${ZSH_VERSION:-}" ]; then
  zmodload zsh/datetime
  TZ=UTC strftime -s __netmodelfs_mark '%Y-%m-%dT%H:%M:%SZ/0' "$EPOCHSECONDS"
else
  TZ=UTC printf -v __netmodelfs_mark '%(%Y-%m-%dT%H:%M:%SZ)T/0' -1
fi

__netmodelfs_why() {
  local status_of_command=$? type answer
  [ "$status_of_command" -ne 0 ] || return 0
  while read -r _ _ type _; do
    if [ "$type" = fuse.netmodelfs ]; then break; fi
    type=''
  done 2>/dev/null </proc/self/mounts
  # A daemon that hangs must not take the prompt with it.
  if [ -n "$type" ] && answer=$(timeout -k 1 2 netmodelfs why --after "$__netmodelfs_mark" 2>/dev/null); then
    __netmodelfs_mark=${answer%%$'\n'*}
    [ "$answer" = "$__netmodelfs_mark" ] || printf '%s\n' "${answer#*$'\n'}" >&2
  fi
  return "$status_of_command"
}

if [ -n "${ZSH_VERSION:-}" ]; then
  autoload -Uz add-zsh-hook
  add-zsh-hook precmd __netmodelfs_why
elif [[ "${PROMPT_COMMAND[*]:-}" != *__netmodelfs_why* ]]; then
  # First, to see the status of the command; it hands it on.
  PROMPT_COMMAND="__netmodelfs_why${PROMPT_COMMAND:+;$PROMPT_COMMAND}"
fi
