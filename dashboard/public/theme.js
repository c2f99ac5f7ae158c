// Sets the theme before anything is painted. A file of its own, because the page runs no script that is inside it.
(function () {
  var theme = "system";
  try {
    theme = localStorage.getItem("runreel.theme") || "system";
  } catch {
    // Storage may be forbidden; then the system's theme it is.
  }
  var isDark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
})();
