// Before the first line is drawn: the reader's choice, or else what their device is set to.
(() => {
  const chosen = document.cookie.match(/(?:^|; )desk-theme=(light|dark)/);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    document.documentElement.dataset.bsTheme = chosen ? chosen[1] : dark.matches ? "dark" : "light";
  };
  show();
  dark.addEventListener("change", show);
})();
