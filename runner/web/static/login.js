// A link of `driftline token link` has its code after the #, which browsers send to no server and no log.
const code = new URLSearchParams(location.hash.slice(1)).get("code");
if (code) {
  history.replaceState(null, "", location.pathname + location.search);
  document.getElementById("secret").value = code;
  document.getElementById("login").requestSubmit();
}
