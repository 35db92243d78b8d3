"""Takes a picture of every page, light, dark and on a phone, for docs/screenshots: `make screenshots`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from browser import scene
from browser.console import Console
from browser.pages import VIEWS, show
from process.fleet import Fleet

PICTURES = Path(__file__).parents[2] / "docs" / "screenshots"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Fleet(Path(folder)) as fleet:
        paths = scene.begin(fleet)
        for view, look in VIEWS.items():
            with Console(fleet, Path(folder) / view, reduced_motion="reduce", timezone_id="UTC", **look) as console:
                for name, path in paths.items():
                    show(console, path)
                    console.page.screenshot(path=PICTURES / view / f"{name}.png", animations="disabled")
                    print(f"{view}/{name}.png")
                console.errors.clear()
        scene.end(fleet)


if __name__ == "__main__":
    main()
