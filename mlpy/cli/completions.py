"""`mlpy completions SHELL`: a completion script made from the table of verbs and their parsers."""

from __future__ import annotations

from mlpy.cli import DONE, terminal, verbs
from mlpy.cli.verbs import FAMILIES

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import Action, ArgumentParser, Namespace

SHELLS = ("bash", "zsh", "fish")


def define(parser: ArgumentParser) -> None:
    parser.add_argument("SHELL", choices=SHELLS, help="bash, zsh or fish")
    parser.epilog = 'Try it with: eval "$(mlpy completions bash)", or in fish: mlpy completions fish | source'


def execute(options: Namespace) -> int:
    terminal.write({"bash": bash, "zsh": zsh, "fish": fish}[options.SHELL]())
    return DONE


def actions(verb: str) -> list[Action]:
    """The options of a verb, or of a command of a family: `models list`."""
    name, _, command = verb.partition(" ")
    made = verbs.family(name).parser_of(command)[0] if command else verbs.parser(name)[0]
    return made._actions  # noqa: SLF001  argparse has no public way to list what it knows


def flags(verb: str) -> list[str]:
    return [flag for action in actions(verb) for flag in action.option_strings]


def choices(verb: str) -> list[str]:
    """The words that a verb's positional argument can be."""
    return [str(choice) for action in actions(verb) if not action.option_strings for choice in action.choices or ()]


def commands(family: str) -> dict[str, str]:
    """The commands of a family, and what they do."""
    return verbs.family(family).COMMANDS


def bash() -> str:
    cases = "\n".join(f"    {verb}) words={quote(' '.join(flags(verb) + choices(verb)))} ;;" for verb in verbs.VERBS)
    families = "\n".join(f"    {family})\n{bash_family(family)}\n      ;;" for family in FAMILIES)
    return f"""\
_mlpy() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} words own=
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    words={quote(" ".join((*verbs.ALL, "--help", "--version")))}
  else
    case ${{COMP_WORDS[1]}} in
{cases}
{families}
    esac
  fi
  [[ $current == -* || $COMP_CWORD -eq 1 || -n $own || ${{COMP_WORDS[1]}} =~ ^(completions|emit|sandbox)$ ]] && COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ -n $own ]] && return
  COMPREPLY+=($(compgen -f -X '!*.ml' -- "$current") $(compgen -d -- "$current"))
}}
complete -o filenames -F _mlpy mlpy
"""


def bash_family(family: str) -> str:
    """The words of a family: its commands, then the options of the one that is written."""
    cases = "\n".join(f"          {name}) words={quote(' '.join(flags(f'{family} {name}')))} ;;" for name in commands(family))
    return f"""\
      own=1
      if [[ $COMP_CWORD -eq 2 ]]; then
        words={quote(" ".join((*commands(family), "--help", "--json")))}
      else
        case ${{COMP_WORDS[2]}} in
{cases}
        esac
      fi"""


def zsh() -> str:
    listed = "\n".join(f"    {quote(f'{verb}:{does}')}" for verb, does in verbs.ALL.items())
    cases = "\n".join(f"    {verb}) _arguments {' '.join(zsh_flags(verb))} '*:program:_files -g \"*.ml(-.)\"' ;;" for verb in verbs.VERBS)
    families = "\n".join(f"    {family})\n{zsh_family(family)}\n      ;;" for family in FAMILIES)
    return f"""\
#compdef mlpy
_mlpy() {{
  local -a commands
  commands=(
{listed}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    _files -g '*.ml(-.)'
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
{cases}
{families}
  esac
}}
compdef _mlpy mlpy
"""


def zsh_family(family: str) -> str:
    """The commands of a family, then the options of the one that is written."""
    listed = "\n".join(f"        {quote(f'{name}:{does}')}" for name, does in commands(family).items())
    cases = "\n".join(f"          {name}) _arguments {' '.join(zsh_flags(f'{family} {name}'))} ;;" for name in commands(family))
    return f"""\
      commands=(
{listed}
      )
      if (( CURRENT == 2 )); then
        _describe 'command' commands
      else
        command=$words[2]
        shift words
        (( CURRENT-- ))
        case $command in
{cases}
        esac
      fi"""


def zsh_flags(verb: str) -> list[str]:
    """The options of a verb as `_arguments` wants them; words of a positional argument come first."""
    made = [f"'1:{verb}:({' '.join(choices(verb))})'"] if choices(verb) else []
    for action in actions(verb):
        help_text = (action.help or "").replace("[", "(").replace("]", ")").replace(":", ",")
        value = f":{str(action.metavar or action.dest).lower()}:" if action.nargs != 0 else ""
        made += [quote(f"{flag}[{help_text}]{value}") for flag in action.option_strings]
    return made


def fish() -> str:
    lines = ["complete -c mlpy -n __fish_use_subcommand -a " + f"{verb} -d {quote(does)}" for verb, does in verbs.ALL.items()]
    for verb in verbs.VERBS:
        condition = f"complete -c mlpy -n {quote(f'__fish_seen_subcommand_from {verb}')}"
        lines += [f"{condition} -a {choice}" for choice in choices(verb)] + fish_flags(verb, condition)
    for family in FAMILIES:
        seen = f"__fish_seen_subcommand_from {family}"
        names = " ".join(commands(family))
        begun = f"complete -c mlpy -f -n {quote(f'{seen}; and not __fish_seen_subcommand_from {names}')}"
        lines += [f"{begun} -a {name} -d {quote(does)}" for name, does in commands(family).items()]
        for name in commands(family):
            lines += fish_flags(f"{family} {name}", f"complete -c mlpy -n {quote(f'{seen}; and __fish_seen_subcommand_from {name}')}")
    return "\n".join(lines) + "\n"


def fish_flags(verb: str, condition: str) -> list[str]:
    """The options of a verb, a line each."""
    lines = []
    for action in actions(verb):
        names = " ".join(f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in action.option_strings)
        if names:
            lines.append(f"{condition} {names}{' -r' if action.nargs != 0 else ''} -d {quote(action.help or '')}")
    return lines


def quote(text: str) -> str:
    """A word for any of the three shells."""
    return "'" + text.replace("'", "'\\''") + "'"
