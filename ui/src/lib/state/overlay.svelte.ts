// What lies over every screen when it is called for: the search for everything, and the list of keys.
class Overlay {
  shown = $state<'palette' | 'shortcuts' | null>(null);

  close = (): void => {
    this.shown = null;
  };
}

export const overlay = new Overlay();
