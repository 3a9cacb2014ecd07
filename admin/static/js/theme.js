/* Classic script for the head, before any stylesheet: theme and print size stand before the first paint. */
(function () {
  function recalled(name, allowed) {
    try {
      var value = JSON.parse(localStorage.getItem("stream_jobs." + name));
      return allowed.indexOf(value) >= 0 ? value : null;
    } catch (refused) {
      return null;
    }
  }
  var root = document.documentElement;
  var theme = root.getAttribute("data-theme") || "auto";
  // A page that is always dark (wall, prompter) says so itself and is not asked.
  if (!root.hasAttribute("data-theme-fixed")) {
    theme = recalled("theme", ["auto", "light", "dark"]) || theme;
  }
  root.setAttribute("data-theme", theme);
  root.setAttribute("data-print", recalled("print", ["normal", "large"]) || "normal");
})();
