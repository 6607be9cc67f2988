// Runs before the first paint, so that a chosen theme never flashes the other one. "system" sets nothing.
{
  let theme = null;
  try {
    theme = localStorage.getItem('acclaim.theme');
  } catch {
    // storage may be forbidden: then the system decides
  }
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
}
