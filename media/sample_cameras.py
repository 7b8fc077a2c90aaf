"""The simulated cameras of the sample city: an RTSP server on the loopback interface whose pictures are drawn and encoded while somebody watches.

Runs on the system's Python (`/usr/bin/python3`), which alone has the bindings of GStreamer; `python -m media.sample_city` makes its files and
starts it. Each camera has the mounts `/<id>/sub` (640x360) and `/<id>/main` (1280x720), H.264, 25 pictures and one key picture a second. The
name and a clock are burnt in; a strip of black and white squares on the lower edge tells the milliseconds since 1970 to machines: 48 bits and
8 of check sum, so that a delay can be read off the picture at the far end.

    /usr/bin/python3 media/sample_cameras.py --port 8554 --folder .data/media/sample --most 24
"""

import argparse
import json
import random
import signal
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import gi
import numpy as np
from PIL import Image, ImageDraw, ImageFont

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - the versions must be said before

Plane = np.ndarray[Any, np.dtype[np.uint8]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

WIDTH, HEIGHT = 640, 360
FPS = 25
SCALES = {"sub": 1, "main": 2}
BITRATE_KBIT = {"sub": 900, "main": 2_500}
SQUARE = 8
"""Side of a square of the strip, in pixels of the small picture."""
BITS, CHECK_BITS = 48, 8
STRIP_X = WIDTH - 8 - (BITS + CHECK_BITS) * SQUARE
BLACK, WHITE = 16, 235
FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
CLIP_FPS = 12.5
PATIENCE_S = 3.0
"""An encoder that takes no picture for so long has ended; while it is made ready it refuses some."""
LAUNCH = (
    "( appsrc name=picture is-live=true format=time block=false max-buffers=2 max-bytes=0 max-time=0 leaky-type=downstream caps=video/x-raw,format=I420,width={width},height={height},framerate=25/1"
    " ! x264enc tune=zerolatency speed-preset=ultrafast threads=1 sliced-threads=false key-int-max=25 bitrate={bitrate}"
    " option-string=scenecut=0:repeat-headers=1 ! video/x-h264,profile=constrained-baseline,stream-format=byte-stream,alignment=au"
    " ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 aggregate-mode=zero-latency )"
)


def bits_of(ms: int) -> list[int]:
    """Return the squares of the strip, 1 for white: the instant, highest bit first, then the sum of its bytes."""
    check = sum(ms.to_bytes(BITS // 8, "big")) & 0xFF
    return [ms >> k & 1 for k in reversed(range(BITS))] + [check >> k & 1 for k in reversed(range(CHECK_BITS))]


class Lettering:
    """Text as masks: where it is white, and where its dark rim is. The clock's is made once a second for all cameras."""

    def __init__(self) -> None:
        self._fonts = {scale: ImageFont.truetype(str(FONT), 17 * scale) if FONT.exists() else ImageFont.load_default() for scale in (1, 2)}
        self._clock: dict[int, tuple[int, tuple[Mask, Mask]]] = {}

    def masks(self, text: str, scale: int) -> tuple[Mask, Mask]:
        """Return two masks of the text, as large as it is."""
        font = self._fonts[scale]
        right, bottom = font.getbbox(text)[2:]
        image = Image.new("L", (int(right) + 4 * scale, int(bottom) + 4 * scale), 0)
        ImageDraw.Draw(image).text((2 * scale, scale), text, font=font, fill=255)
        rim = image.copy()
        ImageDraw.Draw(rim).text((2 * scale, scale), text, font=font, fill=255, stroke_width=scale, stroke_fill=255)
        return np.asarray(image) > 110, np.asarray(rim) > 90

    def clock(self, second: int, scale: int) -> tuple[Mask, Mask]:
        """Return the masks of the local time of this second."""
        known = self._clock.get(scale)
        if known is None or known[0] != second:
            known = second, self.masks(time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(second + 8 * 3600)), scale)
            self._clock[scale] = known
        return known[1]


def write(y: Plane, masks: tuple[Mask, Mask], left: int, top: int) -> None:
    """Put lettering into the luma plane."""
    letters, rim = masks
    height, width = min(letters.shape[0], y.shape[0] - top), min(letters.shape[1], y.shape[1] - left)
    part = y[top : top + height, left : left + width]
    part[rim[:height, :width]] = BLACK
    part[letters[:height, :width]] = WHITE


class Drawn:
    """A street in perspective with houses, and traffic that moves: what of it, the camera's number decides."""

    def __init__(self, camera_id: int, kind: str, hour: int) -> None:
        self._draw = random.Random(camera_id)  # noqa: S311 - a picture, not a secret
        self._square = kind == "square"
        self._night = not 6 <= hour < 19
        self._y, self._u, self._v = planes(self._background())
        self._movers = [self._mover() for _ in range(self._draw.randint(5, 9))]

    def _background(self) -> Image.Image:
        draw, horizon = self._draw, 120
        sky, ground = ((18, 24, 44), (46, 48, 52)) if self._night else ((150, 182, 214), (118, 116, 108))
        image = Image.new("RGB", (WIDTH, HEIGHT), sky)
        pen = ImageDraw.Draw(image)
        pen.rectangle((0, horizon, WIDTH, HEIGHT), fill=ground)
        x = -20
        while x < WIDTH:
            width, top = draw.randint(50, 120), draw.randint(12, 90)
            shade = draw.randint(70, 170) // (3 if self._night else 1)
            pen.rectangle((x, top, x + width, horizon + 12), fill=(shade, shade - shade // 12, shade - shade // 8))
            for wx in range(x + 6, x + width - 8, 14):
                for wy in range(top + 8, horizon - 4, 16):
                    lit = draw.random() < (0.35 if self._night else 0.0)
                    pen.rectangle((wx, wy, wx + 7, wy + 9), fill=(228, 200, 120) if lit else (shade // 2, shade // 2 + 8, shade // 2 + 16))
            x += width + draw.randint(0, 14)
        tar = (34, 36, 40) if self._night else (78, 80, 84)
        if self._square:
            for row in range(horizon + 12, HEIGHT, 24):
                pen.line((0, row, WIDTH, row), fill=tuple(part - 12 for part in ground))
        else:
            pen.polygon([(270, horizon + 12), (370, horizon + 12), (620, HEIGHT), (20, HEIGHT)], fill=tar)
            for step in range(8):
                near, far = (step + 0.55) / 8, step / 8
                y1, y2 = horizon + 12 + (HEIGHT - horizon) * far**1.7, horizon + 12 + (HEIGHT - horizon) * near**1.7
                pen.polygon([(320 - 5 * far, y1), (320 + 5 * far, y1), (320 + 5 * near, y2), (320 - 5 * near, y2)], fill=(205, 205, 190))
        return image

    def _mover(self) -> tuple[float, float, float, bool, tuple[int, int, int]]:
        """Return lane, speed, phase, whether it walks, and colour (Y, U, V) of something that moves."""
        draw = self._draw
        walks = self._square or draw.random() < 0.35
        lane = draw.uniform(-1.0, 1.0) if self._square else draw.choice((-1.25, 1.25) if walks else (-0.5, 0.5))
        speed = draw.uniform(0.02, 0.05) if walks else draw.uniform(0.08, 0.16)
        return (
            lane,
            speed * (1 if lane > 0 else -1),
            draw.random(),
            walks,
            (draw.randint(50, 200), draw.randint(90, 170), draw.randint(90, 170)),
        )

    def frame(self, seconds: float) -> tuple[Plane, Plane, Plane]:
        """Return the planes of the picture at this time."""
        y, u, v = self._y.copy(), self._u.copy(), self._v.copy()
        where = sorted(((phase + speed * seconds) % 1.0, lane, walks, colour) for lane, speed, phase, walks, colour in self._movers)
        for along, lane, walks, (luma, blue, red) in where:
            depth = 0.06 + 0.94 * along**1.7
            x, foot = round(320 + lane * 190 * depth), round(134 + 226 * depth)
            half, tall = (max(2, round(9 * depth)), round(64 * depth)) if walks else (max(4, round(46 * depth)), round(58 * depth))
            box(y, x - half, foot - tall, x + half, foot, luma)
            box(u, (x - half) // 2, (foot - tall) // 2, (x + half) // 2, foot // 2, blue)
            box(v, (x - half) // 2, (foot - tall) // 2, (x + half) // 2, foot // 2, red)
            if walks:
                box(y, x - half // 2, foot - tall - half, x + half // 2, foot - tall, 150)
            else:
                box(y, x - half * 3 // 4, foot - tall + tall // 8, x + half * 3 // 4, foot - tall * 5 // 9, 40)
                box(y, x - half, foot - tall // 4, x - half * 2 // 3, foot - tall // 8, WHITE)
                box(y, x + half * 2 // 3, foot - tall // 4, x + half, foot - tall // 8, WHITE)
        return y, u, v


class Clip:
    """A real scene (media/clips) that runs in a circle; every second camera sees it mirrored, each from another moment on."""

    def __init__(self, path: Path, camera_id: int) -> None:
        size = WIDTH * HEIGHT * 3 // 2
        self._frames = np.memmap(path, np.uint8, "r").reshape(-1, size)
        self._from, self._mirrored = camera_id * 37, camera_id % 2 == 1

    def frame(self, seconds: float) -> tuple[Plane, Plane, Plane]:
        """Return the planes of the picture at this time."""
        whole = self._frames[(int(seconds * CLIP_FPS) + self._from) % len(self._frames)]
        luma, chroma = WIDTH * HEIGHT, WIDTH * HEIGHT // 4
        y = whole[:luma].reshape(HEIGHT, WIDTH)
        u, v = whole[luma : luma + chroma].reshape(HEIGHT // 2, -1), whole[luma + chroma :].reshape(HEIGHT // 2, -1)
        if self._mirrored:
            y, u, v = y[:, ::-1], u[:, ::-1], v[:, ::-1]
        return y.copy(), u.copy(), v.copy()


def box(plane: Plane, left: int, top: int, right: int, bottom: int, value: int) -> None:  # noqa: PLR0917 - as rectangles are written
    """Fill a rectangle, as far as it lies in the picture."""
    plane[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = value


def planes(image: Image.Image) -> tuple[Plane, Plane, Plane]:
    """Return a picture as Y, and U and V at half the size."""
    whole = np.asarray(image.convert("YCbCr"))
    return whole[:, :, 0].copy(), whole[::2, ::2, 1].copy(), whole[::2, ::2, 2].copy()


class Feed:
    """Pushes one camera's pictures into its encoder at an even pace, until nobody takes them."""

    def __init__(self, element: Any, scene: "Drawn | Clip", name: tuple[Mask, Mask], lettering: Lettering, scale: int) -> None:
        self._element, self._source = element, element.get_by_name("picture")
        self._scene, self._name, self._lettering, self._scale = scene, name, lettering, scale
        self._began = time.monotonic()
        self._number = 0
        self._taken_at = self._began
        self._last_ns = 0
        self.over: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Push the first picture as soon as the loop runs."""
        GLib.timeout_add(1, self._push)

    def _push(self) -> bool:
        now = time.monotonic()
        self._number = max(self._number, int((now - self._began) * FPS))
        clock, base_ns = self._source.get_clock(), self._source.get_base_time()
        if clock is None or base_ns == 0:
            # Not running yet: a picture stamped now would lie hours ahead, and everything behind it would wait for its time.
            if now - self._taken_at > PATIENCE_S:
                self.over()
                return False
            GLib.timeout_add(10, self._push)
            return False
        buffer = Gst.Buffer.new_wrapped(self._picture(time.time()))
        self._last_ns = max(clock.get_time() - base_ns, self._last_ns + 1_000_000)
        buffer.pts = buffer.dts = self._last_ns
        if self._source.emit("push-buffer", buffer) == Gst.FlowReturn.OK:
            self._taken_at = now
        elif now - self._taken_at > PATIENCE_S:
            self.over()
            return False
        self._number += 1
        GLib.timeout_add(max(1, round((self._began + self._number / FPS - time.monotonic()) * 1000)), self._push)
        return False

    def _picture(self, now: float) -> bytes:
        scale = self._scale
        y, u, v = self._scene.frame(now)
        if scale > 1:
            y, u, v = (plane.repeat(scale, 0).repeat(scale, 1) for plane in (y, u, v))
        write(y, self._lettering.clock(int(now), scale), 8 * scale, 6 * scale)
        write(y, self._name, 8 * scale, (HEIGHT - 44) * scale)
        side, ms = SQUARE * scale, int(now * 1000)
        strip = np.array(bits_of(ms), np.uint8) * (WHITE - BLACK) + BLACK
        left = STRIP_X * scale
        y[-side:, left : left + len(strip) * side] = strip.repeat(side)
        u[-side // 2 :, left // 2 : left // 2 + len(strip) * side // 2] = 128
        v[-side // 2 :, left // 2 : left // 2 + len(strip) * side // 2] = 128
        return y.tobytes() + u.tobytes() + v.tobytes()


class Cameras(GstRtspServer.RTSPMediaFactory):  # type: ignore[misc] # the bindings are not typed
    """Makes the pictures of whatever camera is asked for; one encoder serves everybody who watches the same mount."""

    def __init__(self, known: dict[str, tuple[str, str]], folder: Path, most: int) -> None:
        super().__init__()
        self.set_shared(True)
        self._known, self._folder, self._most = known, folder, most
        self._lettering = Lettering()
        self._feeds: set[Feed] = set()

    def do_create_element(self, url: Any) -> Any:
        """Return the pipeline of a mount; None, which the asker sees as unavailable, when too many run."""
        _, number, profile = url.abspath.split("/")[:3]
        if len(self._feeds) >= self._most:
            print(f"no further camera: {self._most} run", file=sys.stderr, flush=True)
            return None
        name, kind = self._known[number]
        scale = SCALES[profile]
        pipeline = LAUNCH.format(width=WIDTH * scale, height=HEIGHT * scale, bitrate=BITRATE_KBIT[profile])
        element = Gst.parse_launch(pipeline)
        feed = Feed(element, self._scene(int(number), kind), self._lettering.masks(name, scale), self._lettering, scale)
        self._feeds.add(feed)
        feed.over = lambda: self._feeds.discard(feed)
        feed.start()
        return element

    def _scene(self, camera_id: int, kind: str) -> "Drawn | Clip":
        clips = {"junction": "cars", "entrance": "people"}
        path = self._folder / f"{clips.get(kind, '')}.yuv"
        # a real scene: every fourth junction, every second entrance
        if kind in clips and camera_id // 2 % (4 if kind == "junction" else 2) == 0 and path.exists():
            return Clip(path, camera_id)
        return Drawn(camera_id, kind, (time.gmtime().tm_hour + 8) % 24)


class Mounts(GstRtspServer.RTSPMountPoints):  # type: ignore[misc] # as above
    """The addresses of all cameras, each entered when it is asked for the first time: entering a city's at once takes minutes."""

    def __init__(self, known: Collection[str], factory: Cameras) -> None:
        super().__init__()
        self._known, self._factory = known, factory
        self._entered: set[str] = set()

    def do_make_path(self, url: Any) -> str:
        """Return the path that is asked for; one of no camera leads nowhere."""
        path = str(url.abspath)
        mount = "/".join(path.split("/")[:3])
        if mount not in self._entered and self._is_known(mount):
            self._entered.add(mount)
            self.add_factory(mount, self._factory)
        return path

    def _is_known(self, mount: str) -> bool:
        _, number, profile = [*mount.split("/"), "", ""][:3]
        return number in self._known and profile in SCALES


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="simulated cameras")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="holds cameras.json and the scenes")
    parser.add_argument("--most", type=int, default=24, help="so many run at the same time")
    options = parser.parse_args()
    known: dict[str, tuple[str, str]] = {
        key: (one[0], one[1]) for key, one in json.loads((options.folder / "cameras.json").read_text()).items()
    }
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(options.port))
    server.set_mount_points(Mounts(known, Cameras(known, options.folder, options.most)))
    if server.attach(None) == 0:
        sys.exit(f"port {options.port} cannot be used")
    loop = GLib.MainLoop()
    # sessions that ended without saying so give their encoder back
    GLib.timeout_add_seconds(10, lambda: server.get_session_pool().cleanup() >= 0)
    for ending in (signal.SIGTERM, signal.SIGINT):
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, ending, loop.quit)
    print(f"{len(known)} simulated cameras at rtsp://127.0.0.1:{options.port}/", flush=True)
    loop.run()


if __name__ == "__main__":
    main()
