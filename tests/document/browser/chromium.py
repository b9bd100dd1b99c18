"""A headless Chromium, driven over its own debugging pipe: no driver and no further package is needed.

Messages of the DevTools protocol are JSON, each ended by a zero byte; Chromium reads them from file
descriptor 3 and writes to 4.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--hide-scrollbars",
)
FLAGS += (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
PATIENCE = 60  # seconds for one answer


def program() -> str | None:
    """Return the Chromium of this machine, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


class Page:
    """One page. ``errors`` holds what went wrong on it: exceptions of scripts and refused loads."""

    def __init__(self, send: int, receive: int) -> None:
        self.pipes = send, receive
        self.buffer = b""
        self.number = 0
        self.session: str | None = None
        self.errors: list[str] = []
        self.events: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "DOM", "CSS"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """Send a command and return its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.pipes[0], json.dumps(message).encode() + b"\0")
        while (answer := self._message()).get("id") != self.number:
            self._note(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def _message(self) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while b"\0" not in self.buffer:
            if not select.select([self.pipes[1]], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"Chromium says nothing for {PATIENCE} s")
            piece = os.read(self.pipes[1], 1 << 20)
            if not piece:
                raise RuntimeError("Chromium has ended")
            self.buffer += piece
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def _note(self, event: dict[str, Any]) -> None:
        self.events.append(event.get("method", ""))
        if event.get("method") == "Runtime.exceptionThrown":
            self.errors.append(
                event["params"]["exceptionDetails"]["exception"].get("description", "exception")
            )
        if event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
            self.errors.append(event["params"]["entry"]["text"])

    def open(self, file: Path, scripts: bool = True) -> None:
        """Open a file, with its scripts or without, and wait until it and its fonts are there."""
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.events.clear()
        self.call("Page.navigate", url=file.resolve().as_uri())
        while "Page.loadEventFired" not in self.events:
            self._note(self._message())
        self.call("Emulation.setScriptExecutionDisabled", value=False)
        self.run("document.fonts.ready.then(() => true)")

    def run(self, script: str) -> Any:
        """Run a script in the page and return its value; a promise is waited for."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"].get("description"))
        return result["result"].get("value")

    def resize(self, width: int, height: int = 900) -> None:
        """Make the window this many pixels wide."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)

    def prefer(self, media: str = "screen", scheme: str = "light") -> None:
        """Emulate a medium and a colour scheme."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    def press(self, key: str, code: int) -> None:
        """Press and release a key."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def point(self, x: float, y: float) -> None:
        """Move the mouse to a place in the window."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def tap(self, x: float, y: float) -> None:
        """Touch a place in the window with a finger, and wait until the page has taken it for a click."""
        self.run("window.tapped = new Promise(done => addEventListener('click', done, {once: true})); 0")
        self.call("Emulation.setTouchEmulationEnabled", enabled=True)
        self.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        self.run("tapped.then(() => true)")
        self.call("Emulation.setTouchEmulationEnabled", enabled=False)

    def fonts(self, selector: str) -> dict[str, bool]:
        """Return the fonts that the own text of elements is set in, and whether the page carries them."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        found = {}
        for node in self.call("DOM.querySelectorAll", nodeId=root, selector=selector)["nodeIds"]:
            for font in self.call("CSS.getPlatformFontsForNode", nodeId=node)["fonts"]:
                found[font["familyName"]] = font["isCustomFont"]
        return found


@contextmanager
def chromium(folder: Path) -> Iterator[Page]:
    """Run Chromium with a fresh profile in a folder, and end it."""
    (their_input, ours), (mine, their_output) = os.pipe(), os.pipe()
    command = [str(program()), *FLAGS, f"--user-data-dir={folder}", "--remote-debugging-pipe"]

    def wire() -> None:  # Chromium looks for the pipe at 3 and 4
        os.dup2(their_input, 103)
        os.dup2(their_output, 104)
        os.dup2(103, 3)
        os.dup2(104, 4)

    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = subprocess.Popen(command, preexec_fn=wire, close_fds=False, start_new_session=True, **quiet)
    os.close(their_input)
    os.close(their_output)
    try:
        yield Page(ours, mine)
    finally:
        os.close(ours)  # Chromium ends when the pipe does
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
        os.close(mine)
