// Before the first paint, so that the page does not flash in the other theme. Not inline: the policy allows no inline script.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem('headwater-theme');
  } catch {
    // storage is closed: the system's theme holds
  }
  var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
