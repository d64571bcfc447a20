// The user's own folder on the computer that runs the studio: paths are shown with `~` in its place, and the studio
// understands a `~` that is typed. crates/protocol/src/host_paths/user_home.rs does the same for the shell.

class UserHome {
  /** Null until the studio has told it, and where there is none. */
  path = $state<string | null>(null);

  /** A text with `~` in the place of the user's folder wherever a path in it begins there. */
  shorten(text: string): string {
    const home = this.path;
    if (!home || !text.includes(home)) return text;
    let shown = '';
    let rest = text;
    for (let at = rest.indexOf(home); at >= 0; at = rest.indexOf(home)) {
      shown += rest.slice(0, at);
      rest = rest.slice(at + home.length);
      const begins = !/[\p{L}\p{N}/\\._~-]$/u.test(shown);
      const ends = !/^[\p{L}\p{N}._-]/u.test(rest) || /^\.(\s|$)/.test(rest);
      shown += begins && ends ? '~' : home;
    }
    return shown + rest;
  }
}

export const userHome = new UserHome();
