// Under LANG=C.UTF-8 (containers, minimal installs) WebKitGTK reports navigator.language === 'C', which every
// `new Intl.X(navigator.language)` rejects with a RangeError; uPlot does one at load. Must be the first import.
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(Navigator.prototype, 'language', { get: () => 'en-US', configurable: true });
}
export {};
