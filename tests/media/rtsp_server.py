"""Cameras of every kind for the tests, on the system's Python: rtsp_server.py PORT [guarded]. A mount is what its name says."""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

PICTURE = "videotestsrc is-live=true pattern={pattern} ! video/x-raw,width={width},height={height},framerate=15/1"
H264 = " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1"
H265 = " ! x265enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! h265parse ! rtph265pay name=pay0 pt=96 config-interval=-1"
MOUNTS = {
    "/plain": "( " + PICTURE.format(pattern="ball", width=320, height=180) + H264 + " )",
    "/large": "( " + PICTURE.format(pattern="ball", width=640, height=360) + H264 + " )",
    "/black": "( " + PICTURE.format(pattern="black", width=320, height=180) + H264 + " )",
    "/still": "( " + PICTURE.format(pattern="smpte", width=320, height=180) + H264 + " )",
    "/hevc": "( " + PICTURE.format(pattern="ball", width=320, height=180) + H265 + " )",
    "/audio": "( audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay0 pt=8 )",
    "/changing": "( videotestsrc is-live=true pattern=ball ! videoscale ! capsfilter name=size caps=video/x-raw,width=320,height=180,framerate=15/1"
    + H264
    + " )",
}


def grow(size: Gst.Element) -> bool:
    """Another size from now on, in the same stream."""
    size.set_property("caps", Gst.Caps.from_string("video/x-raw,width=640,height=360,framerate=15/1"))
    return False


def main() -> None:
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(sys.argv[1])
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "admin")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic("admin", "s3cret pass"), token)
    anybody = GstRtspServer.RTSPToken()
    anybody.set_string("media.factory.role", "anybody")
    if len(sys.argv) == 2:
        auth.set_default_token(anybody)
    server.set_auth(auth)
    for path, launch in MOUNTS.items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(launch)
        factory.set_shared(True)
        for role in ("admin", "anybody"):
            structure = Gst.Structure.new_empty(role)
            for right in ("media.factory.access", "media.factory.construct"):
                structure.set_value(right, True)
            factory.add_role_from_structure(structure)
        if path == "/changing":
            factory.connect("media-configure", lambda _, media: GLib.timeout_add(5_000, grow, media.get_element().get_by_name("size")))
        server.get_mount_points().add_factory(path, factory)
    server.attach(None)
    print("ready", flush=True)
    GLib.MainLoop().run()


main()
