/**
 * Sets the theme that the reader chose, before anything is painted. So this is no module: modules wait for the whole page.
 */
try {
  const theme = localStorage.getItem("giveway-theme")
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme
} catch {
  // a browser that keeps nothing for this page shows the system's theme
}
