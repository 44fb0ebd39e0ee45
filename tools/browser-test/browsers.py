"""Two kinds of browser behind one small interface: Chromium by WebDriver, Firefox by WebDriver BiDi."""

import asyncio
import base64
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import websockets
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, NoSuchWindowException, WebDriverException
from selenium.webdriver import ActionChains
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.keys import Keys

# A browser that says nothing for this long is given up, in seconds.
PATIENCE = 30


class BrowserError(Exception):
    """The browser, or the script in it, failed."""


def stop(process, seconds=5):
    """Ends one process that we started, and its children with it (it leads a process group of its own)."""
    if process is None:
        return
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, signal_number)
        except ProcessLookupError:
            break
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        if not _group_lives(process.pid, seconds):
            break


def _group_lives(group, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(ChildProcessError):
            # In a process namespace of our own the children of what has ended are ours to take leave of.
            while os.waitpid(-group, os.WNOHANG)[0]:
                pass
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    return True


class Browser:
    """What the tests need of a browser."""

    name = "browser"

    def js(self, expression):
        """The value of an expression, awaited, as plain data."""
        raise NotImplementedError

    def click(self, element_id):
        """Clicks as a person would: the browser sees a user gesture."""
        raise NotImplementedError

    def wait(self, condition, seconds=PATIENCE, why=""):
        """Waits until the expression is true, and gives its value."""
        end = time.monotonic() + seconds
        while True:
            value = self.js(condition)
            if value:
                return value
            if time.monotonic() > end:
                raise BrowserError(f"{self.name}: not within {seconds} s: {why or condition}")
            time.sleep(0.05)


class Chromium(Browser):
    """Headless Chromium from Debian's packages, with a fake camera and microphone."""

    name = "Chromium"

    def __init__(self):
        options = Options()
        arguments = [
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--mute-audio", "--hide-scrollbars",
            "--use-fake-device-for-media-stream=fps=30", "--use-fake-ui-for-media-stream",
            "--window-size=1280,800",
            # A window that nobody looks at must not fall asleep.
            "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
            "--disable-backgrounding-occluded-windows",
            "--disable-component-update", "--no-first-run", "--disable-search-engine-choice-screen",
        ]
        for argument in arguments:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self._service = Service(shutil.which("chromedriver") or "/usr/bin/chromedriver", start_new_session=True)
        try:
            self.driver = webdriver.Chrome(service=self._service, options=options)
        except WebDriverException as error:
            raise BrowserError(f"Chromium did not start: {error.msg}") from error
        self.driver.set_script_timeout(PATIENCE)
        self.driver.set_page_load_timeout(PATIENCE)
        self.main = self.driver.current_window_handle

    def open(self, url):
        self.driver.get(url)

    def js(self, expression):
        try:
            answer = self.driver.execute_async_script(
                "const done = arguments[arguments.length - 1];"
                f"(async () => ({expression}))().then((value) => done([value]), (error) => done(String(error)));")
        except WebDriverException as error:
            raise BrowserError(f"Chromium: {error.msg}") from error
        if isinstance(answer, str):
            raise BrowserError(f"Chromium: {answer} in {expression}")
        return answer[0]

    def click(self, element_id):
        self.driver.find_element("id", element_id).click()

    def click_first(self, selector):
        self.driver.find_element("css selector", selector).click()

    def in_popup(self, selector):
        """Clicks in the window that the page has opened, which closes by itself."""
        self._to_popup()
        try:
            self._find("css selector", selector).click()
        except NoSuchWindowException:
            pass  # It was quicker to close than the driver to say that it had clicked.
        finally:
            self.driver.switch_to.window(self.main)

    def _to_popup(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            others = [handle for handle in self.driver.window_handles if handle != self.main]
            if others:
                self.driver.switch_to.window(others[0])
                return
            time.sleep(0.02)
        raise BrowserError("Chromium: no window was opened")

    def _find(self, how, what):
        """An element, once the page is there with its scripts."""
        end = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(NoSuchElementException):
                found = self.driver.find_element(how, what)
                if self.driver.execute_script("return document.readyState") == "complete":
                    return found
            if time.monotonic() > end:
                raise BrowserError(f"Chromium: no {what} in the window")
            time.sleep(0.02)

    def picture_popup(self, path):
        """A picture of the window that the page has opened; then it is closed."""
        self._to_popup()
        self._find("css selector", "[data-band]")
        self.driver.save_screenshot(str(path))
        self.driver.close()
        self.driver.switch_to.window(self.main)

    def scheme(self, name):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": name}]})

    @contextlib.contextmanager
    def script_before_page(self, source):
        """Runs a script of the test before any of the pages opened meanwhile."""
        made = self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
        try:
            yield
        finally:
            self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", made)

    def keys(self, name):
        """Presses a key, or a key with another held: `escape`, `alt+r`."""
        chain = ActionChains(self.driver)
        special = {"alt": Keys.ALT, "escape": Keys.ESCAPE, "tab": Keys.TAB}
        *held, last = [special.get(key, key) for key in name.split("+")]
        for key in held:
            chain.key_down(key)
        chain.send_keys(last)
        for key in held:
            chain.key_up(key)
        chain.perform()

    def tab_through(self, count):
        """What Tab reaches, by id, with whether its focus can be seen."""
        found = {}
        for _ in range(count):
            self.keys("tab")
            reached = self.js(
                "[document.activeElement.id, getComputedStyle(document.activeElement).outlineStyle !== 'none']")
            found.setdefault(*reached)
        found.pop("", None)
        return found

    def size(self, width, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def screenshot(self, path):
        self.driver.save_screenshot(str(path))

    def problems(self):
        """What the console said that is worse than a warning."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def close(self):
        try:
            self.driver.quit()
        except (WebDriverException, OSError):
            pass
        stop(self._service.process)


class Firefox(Browser):
    """Headless Firefox ESR, driven by WebDriver BiDi: Debian 12 has no geckodriver, Firefox needs none."""

    name = "Firefox"

    def __init__(self):
        self._profile = tempfile.mkdtemp(prefix="tidegate-firefox-")
        preferences = {
            "media.navigator.streams.fake": True,
            "media.navigator.permission.disabled": True,
            "media.autoplay.default": 0,
            "media.volume_scale": "0.0",
            "browser.shell.checkDefaultBrowser": False,
            "browser.aboutwelcome.enabled": False,
            "datareporting.policy.dataSubmissionEnabled": False,
            "toolkit.telemetry.enabled": False,
            "app.update.enabled": False,
            "network.captive-portal-service.enabled": False,
            "network.connectivity-service.enabled": False,
            "dom.disable_open_during_load": False,
            "browser.safebrowsing.update.enabled": False,
            "extensions.update.enabled": False,
            "services.settings.server": "",
        }
        with open(os.path.join(self._profile, "user.js"), "w", encoding="utf-8") as file:
            for key, value in preferences.items():
                file.write(f"user_pref({json.dumps(key)}, {json.dumps(value)});\n")
        self._process = None
        self._socket = None
        self._number = 0
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self):
        log = os.path.join(self._profile, "firefox.log")
        path = shutil.which("firefox-esr") or "/usr/bin/firefox-esr"
        with open(log, "wb") as output:
            self._process = subprocess.Popen(
                [path, "--headless", "--no-remote", "--profile", self._profile,
                 "--remote-debugging-port", "0", "about:blank"],
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                env=os.environ | {"HOME": self._profile, "MOZ_HEADLESS_WIDTH": "1280", "MOZ_HEADLESS_HEIGHT": "800"})
        end = time.monotonic() + 60
        while True:
            with open(log, encoding="utf-8", errors="replace") as file:
                found = re.search(r"WebDriver BiDi listening on (ws://\S+)", file.read())
            if found:
                break
            if time.monotonic() > end or self._process.poll() is not None:
                raise BrowserError("Firefox did not open its remote control")
            time.sleep(0.1)

        async def connect():
            return await websockets.connect(f"{found.group(1)}/session", max_size=None, ping_interval=None)
        self._socket = asyncio.run_coroutine_threadsafe(connect(), self._loop).result(PATIENCE)
        self._call("session.new", {"capabilities": {}})
        self._context = self._call("browsingContext.getTree", {})["contexts"][0]["context"]

    def _call(self, method, parameters, seconds=PATIENCE):
        self._number += 1
        number = self._number

        async def ask():
            await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
            while True:
                answer = json.loads(await self._socket.recv())
                if answer.get("id") == number:
                    return answer
        try:
            answer = asyncio.run_coroutine_threadsafe(ask(), self._loop).result(seconds)
        except (TimeoutError, websockets.exceptions.WebSocketException) as error:
            raise BrowserError(f"Firefox: no answer to {method}") from error
        if answer["type"] == "error":
            raise BrowserError(f"Firefox: {method}: {answer.get('message')}")
        return answer["result"]

    def open(self, url):
        self._call("browsingContext.navigate", {"context": self._context, "url": url, "wait": "complete"})

    def js(self, expression):
        return self._evaluate(expression, self._context)

    def _evaluate(self, expression, context):
        answer = self._call("script.evaluate", {
            "expression": f"(async () => JSON.stringify({{value: await ({expression})}}))()",
            "target": {"context": context}, "awaitPromise": True, "userActivation": True})
        if answer["type"] == "exception":
            raise BrowserError(f"Firefox: {answer['exceptionDetails']['text']} in {expression}")
        return json.loads(answer["result"]["value"]).get("value")

    def click(self, element_id):
        self.js(f"document.getElementById({json.dumps(element_id)}).click()")

    def in_popup(self, selector):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for context in self._call("browsingContext.getTree", {})["contexts"]:
                if context["context"] == self._context:
                    continue
                clicked = self._evaluate(
                    "document.readyState === 'complete' && ((found) => found !== null && (found.click(), true))"
                    f"(document.querySelector({json.dumps(selector)}))", context["context"])
                if clicked:
                    return
            time.sleep(0.05)
        raise BrowserError("Firefox: no window was opened")

    def screenshot(self, path):
        answer = self._call("browsingContext.captureScreenshot", {"context": self._context})
        with open(path, "wb") as file:
            file.write(base64.b64decode(answer["data"]))

    def close(self):
        if self._socket is not None:
            try:
                self._call("browser.close", {}, 5)
            except (BrowserError, RuntimeError):
                pass
        stop(self._process)
        self._loop.call_soon_threadsafe(self._loop.stop)
        shutil.rmtree(self._profile, ignore_errors=True)
