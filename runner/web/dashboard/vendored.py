"""Files of others in `static/`: where each comes from. A test checks that each is what its package has."""

from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Vendored:
    """`package` is its name on npm, `origin` the file in it. The licence's text is `static/licences/LICENCE_FILE`."""

    file: str
    package: str
    version: str
    origin: str
    licence: str
    licence_file: str
    sha256: str


VENDORED = (
    Vendored(
        file="htmx.min.js",
        package="htmx.org",
        version="2.0.11",
        origin="dist/htmx.min.js",
        licence="0BSD",
        licence_file="htmx.txt",
        sha256="d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717",
    ),
    # Keeps focus, scroll position and opened details where htmx replaces a part of a page.
    Vendored(
        file="idiomorph-ext.min.js",
        package="idiomorph",
        version="0.8.0",
        origin="dist/idiomorph-ext.min.js",
        licence="0BSD",
        licence_file="idiomorph.txt",
        sha256="5811b9a7eda14878b7dab4378bf60432e1bb6f11fcfb970cc26540642650181e",
    ),
    Vendored(
        file="inter.woff2",
        package="@fontsource-variable/inter",
        version="5.3.0",
        origin="files/inter-latin-wght-normal.woff2",
        licence="OFL-1.1",
        licence_file="inter.txt",
        sha256="3100e775e8616cd2611beecfa23a4263d7037586789b43f035236a2e6fbd4c62",
    ),
    Vendored(
        file="uplot.min.js",
        package="uplot",
        version="1.6.32",
        origin="dist/uPlot.iife.min.js",
        licence="MIT",
        licence_file="uplot.txt",
        sha256="19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    ),
    Vendored(
        file="uplot.min.css",
        package="uplot",
        version="1.6.32",
        origin="dist/uPlot.min.css",
        licence="MIT",
        licence_file="uplot.txt",
        sha256="df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    ),
    Vendored(
        file="viz.js",
        package="@viz-js/viz",
        version="3.31.0",
        origin="dist/viz-global.js",
        licence="MIT",
        licence_file="viz.txt",
        sha256="c9e0b310f9883910e01c66054b48b7ff4be3d8695141116635e72b0af152692e",
    ),
)
